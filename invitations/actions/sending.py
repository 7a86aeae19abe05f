"""The minute in which an issue can be stopped, and what becomes of messages that were stopped."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit.errors import Refusal
from invitations.actions.selecting import check_planner
from invitations.delivery import seats
from invitations.models import Selection
from outbox import actions as outbox
from outbox.models import Message


def _ids(selection: Selection) -> list[int]:
    return list(selection.invitations.values_list("pk", flat=True))


@transaction.atomic
def stop_sending(*, selection: Selection, by: Any, reason: str) -> outbox.Stopped:
    """Call back the messages of an issue that have not left yet. The invitations themselves stand.

    Returns how many were stopped and how many had left. Refusal: no reason, not a planner of this class,
    or nothing waits any more.
    """
    training_class = seats.lock_class(selection.training_class_id)
    check_planner(training_class, by)
    if not reason.strip():
        raise Refusal(_("Say why the sending is stopped."), code="reason")
    ids = _ids(selection)
    if not Message.objects.about("invitation", ids).stoppable().exists():
        raise Refusal(_("No message waits any more: all of them have left."), code="late")
    return outbox.stop(about_type="invitation", about_ids=ids, by=by, reason=reason.strip()[:500])


@transaction.atomic
def resume_sending(*, selection: Selection, by: Any) -> int:
    """Send after all what was stopped, after the same delay as an issue; returns how many wait again.

    Whoever answered or was withdrawn meanwhile gets nothing: that is looked at when the time comes.
    """
    training_class = seats.lock_class(selection.training_class_id)
    check_planner(training_class, by)
    ids = _ids(selection)
    if not Message.objects.about("invitation", ids).stopped().exists():
        raise Refusal(_("No stopped message is left."), code="none")
    return outbox.resume(
        about_type="invitation", about_ids=ids, by=by, delay_seconds=settings.ISSUE_DELAY_SECONDS
    )
