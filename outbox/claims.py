"""Which messages are whose: claimed with a lease, taken back from the dead, and how many send at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now

from outbox import reasons
from outbox.models import Message, Pace

State = Message.State

#: Messages claimed at a time.
BATCH = 20
#: First key of the advisory locks that limit the senders.
_LOCK = 0x6F7574


def lease() -> timedelta:
    """How long a claim holds: longer than one message can take on the slowest answering server."""
    usual = max(600, 30 * (settings.EMAIL_TIMEOUT or 20))
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS or usual)


def recover() -> int:
    """Take back the messages of workers that died; return how many."""
    with transaction.atomic():
        ids = list(
            Message.objects.abandoned().select_for_update(skip_locked=True).values_list("pk", flat=True)
        )
        lost = Message.objects.filter(pk__in=ids)
        lost.filter(attempts__gte=settings.OUTBOX_MAX_ATTEMPTS).update(
            state=State.FAILED, lease_until=None, last_error=reasons.GIVEN_UP
        )
        lost.filter(state=State.SENDING, begun_at__isnull=False).update(last_error=reasons.WORKER_LOST)
        lost.filter(state=State.SENDING).update(state=State.PENDING, lease_until=None)
    return len(ids)


def claim(number: int) -> list[Message]:
    """Make this process the one that sends the next `number` due messages."""
    with transaction.atomic():
        due = Message.objects.due().order_by("not_before").select_for_update(skip_locked=True, of=("self",))
        ids = list(due.values_list("pk", flat=True)[:number])
        mine = Message.objects.filter(pk__in=ids)
        mine.filter(state=State.PENDING).update(state=State.SENDING, lease_until=Now() + lease())
        return list(mine.order_by("not_before", "pk"))


def pace() -> Pace:
    """The row that all workers share."""
    return Pace.objects.get_or_create(pk=1)[0]


@contextmanager
def place_to_send() -> Iterator[bool]:
    """One of OUTBOX_SENDERS places; the database frees it if the process dies."""
    place = None
    with connection.cursor() as cursor:
        for number in range(max(1, settings.OUTBOX_SENDERS)):
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, number])
            if cursor.fetchone()[0]:
                place = number
                break
    try:
        yield place is not None
    finally:
        if place is not None:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, place])
            except DatabaseError:
                connection.close()  # which frees it as well
