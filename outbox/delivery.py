"""Delivery: claim, send, mark. At least once, and never knowingly twice.

A message is claimed with a lease in one short transaction, begun in a second one just before the server
hears of it, and marked in a third. A worker that is killed leaves claimed messages behind; when their
lease is over they are taken again. Only one that was begun can arrive twice, with the same Message-ID.
docs/adr/0002-outbox.md says why it is built this way.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from outbox import reasons, rendering
from outbox.models import DeadAddress, Message, Pace
from outbox.transport import Failure, PutOff, Refused, ServerIll, open_line

logger = logging.getLogger(__name__)

State = Message.State

#: Messages claimed at a time.
BATCH = 20
#: Pause after the 1st, 2nd, … attempt that was put off, in minutes; the last one repeats.
RETRY_MINUTES = (1, 5, 15, 60, 240)
#: Pause of the whole outbox after a server that is ill, in seconds; the last one repeats.
PAUSE_SECONDS = (30, 60, 120, 300, 900)
#: Broken lines in a row after which the server counts as ill.
BROKEN_LINES = 3
#: First key of the advisory locks that limit the senders.
_LOCK = 0x6F7574


def lease() -> timedelta:
    """How long a claim holds: longer than one message can take on the slowest answering server."""
    usual = max(600, 30 * (settings.EMAIL_TIMEOUT or 20))
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS or usual)


@dataclass
class Delivered:
    """What one run did."""

    sent: int = 0
    put_off: int = 0
    failed: int = 0
    cancelled: int = 0
    #: Enough others were delivering already; this run did nothing.
    busy: bool = False
    #: Why nothing is sent at the moment; empty when it is.
    paused: str = ""


def deliver_due(limit: int = 1000, *, seconds: float = 20) -> Delivered:
    """Send what is due, at most `limit` messages and for about `seconds`; return what was done.

    Any number of these may run at once: OUTBOX_SENDERS of them work, the others return immediately, so
    that overlapping beats do not pile up.
    """
    with _sender() as allowed:
        if not allowed:
            return Delivered(busy=True)
        return _Run(limit, seconds).go()


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


def _surely(update: Callable[[], int]) -> int:
    """Do an update, on a new connection when the database ended ours: what was sent must be marked so."""
    try:
        return update()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return update()


@contextmanager
def _sender() -> Iterator[bool]:
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


class _Run:
    """One run of `deliver_due` over one line."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.left = limit
        self.ends = time.monotonic() + seconds
        self.done = Delivered()
        self.broken_lines = 0
        self.line = open_line()

    def go(self) -> Delivered:
        recover()
        try:
            while self.left > 0 and self._open() and (batch := claim(min(BATCH, self.left))):
                self.left -= len(batch)
                self._work(batch)
        finally:
            self.line.close()
        return self.done

    def _open(self) -> bool:
        """Whether to go on: there is time and nobody has paused the outbox."""
        if self.done.paused or time.monotonic() >= self.ends:
            return False
        resting = Pace.objects.filter(paused_until__gt=Now()).values_list("pause_reason", flat=True).first()
        if resting is not None:
            self.done.paused = resting or "paused"
        return resting is None

    def _work(self, batch: list[Message]) -> None:
        untouched = {message.pk for message in batch}
        claimed_until = batch[0].lease_until
        try:
            for message in batch:
                if self.done.paused or time.monotonic() >= self.ends or not self._slot():
                    return
                untouched.discard(message.pk)
                self._deliver(message)
        finally:
            # What was claimed and not begun goes back at once instead of waiting for the lease.
            if untouched:
                theirs = Message.objects.filter(
                    pk__in=untouched, state=State.SENDING, lease_until=claimed_until
                )
                _surely(lambda: theirs.update(state=State.PENDING, lease_until=None))

    def _slot(self) -> bool:
        """Wait for the next slot of the rate limit; False when it lies beyond the end of this run."""
        if not settings.OUTBOX_PER_MINUTE:
            return True
        pace()
        step = 60 / settings.OUTBOX_PER_MINUTE
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE outbox_pace SET next_slot_at = greatest(next_slot_at, clock_timestamp())
                    + make_interval(secs => %(step)s)
                WHERE id = 1 AND next_slot_at <= clock_timestamp() + make_interval(secs => %(left)s)
                RETURNING extract(epoch FROM next_slot_at - make_interval(secs => %(step)s) - clock_timestamp())
                """,
                {"step": step, "left": max(0.0, self.ends - time.monotonic())},
            )
            row = cursor.fetchone()
        if row is None:
            return False
        time.sleep(max(0.0, float(row[0])))
        return True

    def _deliver(self, message: Message) -> None:
        """Send one claimed message and mark it."""
        if self._settled_without_sending(message) or not self._begin(message):
            return
        try:
            mail = rendering.as_mail(message, rendered := rendering.preview(message, for_sending=True))
        except Exception:  # a template or a hook is wrong: the others must not wait for its repair
            logger.exception("Message %s could not be written", message.key)
            self._put_off(message, reasons.NOT_WRITTEN, "")
            return
        try:
            answer = self.line.send(mail)
        except ServerIll as failure:
            self._pause(failure.answer)
            self._mark(
                message, State.PENDING, begun_at=None, attempts=F("attempts") - 1, smtp_answer=failure.answer
            )
        except PutOff as failure:
            self._put_off(message, reasons.PUT_OFF, failure.answer)
            self.broken_lines = self.broken_lines + 1 if failure.line_lost else 0
            if self.broken_lines >= BROKEN_LINES:
                self._pause(failure.answer)
        except Refused as failure:
            self._refused(message, failure)
        except Exception:  # a mistake of ours in this one message must not stop the ones behind it
            logger.exception("Message %s could not be handed over", message.key)
            self.line.close()
            self.line = open_line()
            self._put_off(message, reasons.NOT_WRITTEN, "")
        else:
            self._sent(message, rendered, answer)

    def _settled_without_sending(self, message: Message) -> bool:
        """Whether the message ends here: nobody wants it any more, or there is nowhere to send it."""
        try:
            wanted = rendering.still_wanted(message)
        except Exception:
            logger.exception("Whether message %s is still wanted could not be found out", message.key)
            if self._begin(message):  # counts as an attempt
                self._put_off(message, reasons.NOT_WRITTEN, "")
            return True
        if not wanted:
            self.done.cancelled += self._mark(message, State.CANCELLED, last_error=reasons.NOT_WANTED)
            return True
        address = message.to_address.strip()
        if not address:
            self.done.failed += self._mark(message, State.NO_ADDRESS, last_error=reasons.NO_ADDRESS)
            return True
        try:
            validate_email(address)
            address.encode("ascii")
        except (ValidationError, UnicodeError):
            self.done.failed += self._mark(message, State.FAILED, last_error=reasons.ADDRESS_INVALID)
            return True
        dead = DeadAddress.objects.current().of(address).first()
        if dead is not None:
            self.done.failed += self._mark(
                message, State.FAILED, last_error=reasons.ADDRESS_DEAD, smtp_answer=dead.smtp_answer
            )
        return dead is not None

    @staticmethod
    def _begin(message: Message) -> bool:
        """Note that the server is about to hear of it; False when it was stopped or is no longer ours."""
        begun = Message.objects.filter(
            pk=message.pk, state=State.SENDING, lease_until=message.lease_until
        ).update(begun_at=Now(), lease_until=Now() + lease(), attempts=F("attempts") + 1)
        if begun:
            message.refresh_from_db()
        return bool(begun)

    @staticmethod
    def _mark(message: Message, state: str, **values: Any) -> int:
        """End this claim; 0 when the message is no longer ours (stopped, or the lease was over)."""
        values.setdefault("lease_until", None)
        mine = Message.objects.filter(pk=message.pk, state=State.SENDING, lease_until=message.lease_until)
        return mine.update(state=state, **values)

    def _sent(self, message: Message, rendered: rendering.Rendered, answer: str) -> None:
        kept = rendering.preview(message) if rendering.has_secrets(message.kind) else rendered
        # Also when the lease was over meanwhile and nobody else has begun: never knowingly twice.
        ours = Message.objects.filter(
            Q(state=State.SENDING) | Q(state=State.PENDING), pk=message.pk, begun_at=message.begun_at
        )
        marked = _surely(
            lambda: ours.update(
                state=State.SENT,
                sent_at=Now(),
                lease_until=None,
                last_error="",
                smtp_answer=answer,
                subject=kept.subject,
                body=kept.text,
            )
        )
        if not marked:
            logger.error("Message %s was sent, but its row was taken over meanwhile", message.key)
        self.done.sent += 1
        self.broken_lines = 0
        if self.done.sent == 1:
            Pace.objects.filter(pk=1, pauses__gt=0).update(pauses=0, paused_until=None, pause_reason="")

    def _put_off(self, message: Message, reason: str, answer: str) -> None:
        """Again later, after a growing pause, or given up."""
        tried = max(1, message.attempts)
        if tried >= settings.OUTBOX_MAX_ATTEMPTS:
            self.done.failed += self._mark(
                message, State.FAILED, begun_at=None, last_error=reasons.GIVEN_UP, smtp_answer=answer
            )
            return
        minutes = RETRY_MINUTES[min(tried, len(RETRY_MINUTES)) - 1]
        self.done.put_off += self._mark(
            message,
            State.PENDING,
            begun_at=None,
            not_before=Now() + timedelta(minutes=minutes),
            last_error=reason,
            smtp_answer=answer,
        )

    def _refused(self, message: Message, failure: Refused) -> None:
        """Failed for good; a dead address is remembered for the messages to come."""
        reason = reasons.ADDRESS_REFUSED if failure.dead else reasons.REFUSED
        self.broken_lines = 0
        with transaction.atomic():
            if failure.dead:
                DeadAddress.objects.update_or_create(
                    address=message.to_address.strip().lower(),
                    defaults={"smtp_answer": failure.answer, "mended_at": None, "since": Now()},
                )
            self.done.failed += self._mark(
                message, State.FAILED, begun_at=None, last_error=reason, smtp_answer=failure.answer
            )

    def _pause(self, answer: str) -> None:
        """Let everybody rest: the server is ill, not the messages. Two workers make one pause of it."""
        self.done.paused = answer or "paused"
        logger.warning("The outbox pauses: %s", answer)
        resting = pace()
        seconds = PAUSE_SECONDS[min(resting.pauses, len(PAUSE_SECONDS) - 1)]
        Pace.objects.filter(Q(paused_until=None) | Q(paused_until__lt=Now()), pk=1).update(
            paused_until=Now() + timedelta(seconds=seconds), pause_reason=answer, pauses=F("pauses") + 1
        )


__all__ = ["Delivered", "Failure", "claim", "deliver_due", "lease", "pace", "recover"]
