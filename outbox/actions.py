"""What people do to messages: stop them in time, have them tried again, mend an address.

No refusals here: each action says in its result what it could and could not do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.validators import validate_email
from django.db import transaction
from django.db.models.functions import Now

from outbox import trail
from outbox.models import DeadAddress, Message


@dataclass(frozen=True)
class Stopped:
    """How many messages were stopped, and how many had left or were leaving."""

    cancelled: int
    too_late: int


def stop(*, about_type: str, about_ids: Iterable[int], by: Any, reason: str) -> Stopped:
    """Cancel the messages about these objects that are not yet on the wire; return the counts.

    A message that a worker has begun to hand over cannot be called back and counts as too late.
    """
    about = Message.objects.about(about_type, list(about_ids))
    with transaction.atomic():
        # In the order of the key, so that two people who stop the same issue do not wait in a circle.
        ids = list(about.stoppable().select_for_update().order_by("pk").values_list("pk", flat=True))
        paths = set(about.filter(pk__in=ids).values_list("unit_path", flat=True))
        cancelled = Message.objects.filter(pk__in=ids).update(
            state=Message.State.CANCELLED, lease_until=None, last_error=reason
        )
        too_late = about.filter(state__in=(Message.State.SENDING, Message.State.SENT)).count()
        trail.record(
            "outbox.stop",
            by=by,
            object_type=about_type,
            unit_path=_common_path(paths),
            data={"reason": reason, "cancelled": cancelled, "too_late": too_late},
        )
    return Stopped(cancelled=cancelled, too_late=too_late)


def resume(*, about_type: str, about_ids: Iterable[int], by: Any, delay_seconds: int = 0) -> int:
    """Send after all what was stopped about these objects; return how many messages wait again.

    They leave after `delay_seconds`, in which they can be stopped again. Messages that were no longer true
    stay cancelled; what has become untrue meanwhile is noticed when its time comes.
    """
    with transaction.atomic():
        stopped = Message.objects.about(about_type, list(about_ids)).stopped()
        ids = list(stopped.select_for_update().order_by("pk").values_list("pk", flat=True))
        again = Message.objects.filter(pk__in=ids)
        paths = set(again.values_list("unit_path", flat=True))
        again.exclude(to_address="").update(
            state=Message.State.PENDING,
            not_before=Now() + timedelta(seconds=delay_seconds),
            begun_at=None,
            last_error="",
        )
        again.filter(to_address="").update(state=Message.State.NO_ADDRESS, last_error="")
        trail.record(
            "outbox.resume",
            by=by,
            object_type=about_type,
            unit_path=_common_path(paths),
            data={"messages": len(ids)},
        )
    return len(ids)


def retry(*, message: Message, by: Any, address: str = "") -> bool:
    """Send a failed message again, to a new address if one is given; whether it is waiting now.

    False when the message is not failed (any more): somebody else was quicker. Trying the same address
    again says that it is in order, so it no longer counts as dead. A new address that is not an address
    raises ValidationError.
    """
    if address:
        validate_email(address)
    with transaction.atomic():
        failed = (
            Message.objects.select_for_update()
            .filter(pk=message.pk, state__in=(Message.State.FAILED, Message.State.NO_ADDRESS))
            .first()
        )
        target = address or (failed.to_address if failed else "")
        if failed is None or not target:
            return False
        Message.objects.filter(pk=failed.pk).update(
            state=Message.State.PENDING,
            to_address=target,
            not_before=Now(),
            attempts=0,
            begun_at=None,
            lease_until=None,
        )
        mended = DeadAddress.objects.current().of(target).update(mended_at=Now())
        trail.record(
            "outbox.retry",
            by=by,
            object_type="message",
            object_id=failed.pk,
            unit_path=failed.unit_path,
            data={"key": failed.key, "new_address": bool(address), "mended": bool(mended)},
        )
    return True


def give_up(*, message: Message, by: Any, reason: str) -> bool:
    """Cancel a message that did not arrive and is not sent again; whether it still was one."""
    undelivered = Message.objects.undelivered().filter(pk=message.pk)
    with transaction.atomic():
        given_up = bool(
            undelivered.update(state=Message.State.CANCELLED, lease_until=None, last_error=reason)
        )
        if given_up:
            trail.record(
                "outbox.give_up", by=by, object_type="message", object_id=message.pk,
                unit_path=message.unit_path, data={"key": message.key},
            )  # fmt: skip
    return given_up


def mend_address(*, address: str, by: Any) -> bool:
    """Let messages go to a refused address again; whether it was one. Failed messages are retried apart."""
    with transaction.atomic():
        dead = DeadAddress.objects.current().of(address).select_for_update().first()
        if dead is None:
            return False
        DeadAddress.objects.filter(pk=dead.pk).update(mended_at=Now())
        trail.record("outbox.mend_address", by=by, object_type="dead_address", object_id=dead.pk)
    return True


def _common_path(paths: set[str]) -> str:
    """The deepest unit path above all of these; empty when there is none."""
    parts = [path.strip("/").split("/") for path in paths if path.strip("/")]
    shared: list[str] = []
    for step in zip(*parts, strict=False):
        if len(set(step)) > 1:
            break
        shared.append(step[0])
    return f"/{'/'.join(shared)}/" if shared else ""
