"""Delivery: claim, send, mark. At least once, and never knowingly twice.

A message is claimed with a lease in one short transaction, begun in a second one just before the server
hears of it, and marked in a third. A worker that is killed leaves claimed messages behind; when their
lease is over they are taken again. Only one that was begun can arrive twice, with the same Message-ID.
docs/adr/0002-outbox.md says why it is built this way.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from outbox import claims, reasons, rendering
from outbox.claims import BATCH, claim, lease, pace, recover
from outbox.models import DeadAddress, Message, Pace
from outbox.transport import Failure, PutOff, Refused, ServerIll, open_line

logger = logging.getLogger(__name__)

State = Message.State
R = TypeVar("R")

#: Pause after the 1st, 2nd, … attempt that was put off, in minutes; the last one repeats.
RETRY_MINUTES = (1, 5, 15, 60, 240)
#: Pause of the whole outbox after a server that is ill, in seconds; the last one repeats.
PAUSE_SECONDS = (30, 60, 120, 300, 900)
#: Broken lines in a row after which the server counts as ill.
BROKEN_LINES = 3
#: Seconds for which what was asked about a whole batch holds: longer, on a slow server, it is asked anew.
FRESH_SECONDS = 2.0


# In one statement, and without waiting for the disk: should the database's host fall, such a message is
# sent anyway, whether it was begun or only claimed. That one was *sent* is always waited for.
_BEGIN = """
UPDATE outbox_message SET begun_at = now(), lease_until = now() + make_interval(secs => %s), attempts = attempts + 1
WHERE id = %s AND state = %s AND lease_until = %s AND set_config('synchronous_commit', 'off', true) = 'off'
RETURNING begun_at, lease_until, attempts
"""

# What was sent is marked and the next one begun, in one statement and with one commit: between two messages
# the database is asked once. First the mark, then the next row, which is not waited for, so that nobody who
# stops both can be waited for in a circle.
_MARK_AND_BEGIN = """
WITH marked AS (
    UPDATE outbox_message SET state = 'sent', sent_at = now(), lease_until = NULL, last_error = '',
        smtp_answer = %(answer)s, subject = %(subject)s, body = %(body)s
    -- Also when the lease was over meanwhile and nobody else has begun: never knowingly twice.
    WHERE id = %(sent)s AND begun_at = %(begun_at)s AND state IN ('sending', 'pending')
    RETURNING id
), begun AS (
    UPDATE outbox_message SET begun_at = now(), attempts = attempts + 1,
        lease_until = now() + make_interval(secs => %(lease)s)
    WHERE id = (
        SELECT id FROM outbox_message WHERE id = %(next)s AND (SELECT count(*) FROM marked) >= 0
            AND state = 'sending' AND lease_until = %(claimed_until)s FOR UPDATE SKIP LOCKED
    )
    RETURNING begun_at, lease_until, attempts
)
SELECT (SELECT count(*) FROM marked), begun.* FROM (SELECT 1) one LEFT JOIN begun ON true
"""


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
    with claims.place_to_send() as allowed:
        if not allowed:
            return Delivered(busy=True)
        return _Run(limit, seconds).go()


def _row(sql: str, values: Any) -> Any:
    """The one row that a statement gives; None without one."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()


def _still_wanted(messages: list[Message]) -> dict[int, bool | None]:
    """Which of these messages of one kind are still wanted, by key; None: it could not be found out."""
    try:
        wanted = rendering.still_wanted_of(messages)
        return {message.pk: message.pk in wanted for message in messages}
    except Exception:
        if len(messages) > 1:  # which of them it is: one by one
            return {pk: known for one in messages for pk, known in _still_wanted([one]).items()}
        logger.exception("Whether message %s is still wanted could not be found out", messages[0].key)
        return {messages[0].pk: None}


def _surely(update: Callable[[], R]) -> R:
    """Do an update, on a new connection when the database ended ours: what was sent must be marked so."""
    try:
        return update()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return update()


class _Run:
    """One run of `deliver_due` over one line."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.left = limit
        self.ends = time.monotonic() + seconds
        self.done = Delivered()
        self.broken_lines = 0
        self.line = open_line()
        #: Claimed and not begun, in their order; and what is known of them since `asked_at`.
        self.waiting: deque[Message] = deque()
        self.wanted: dict[int, bool | None] = {}
        self.dead: dict[str, str] = {}
        self.asked_at = 0.0

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
        claimed_until = batch[0].lease_until
        self.waiting = deque(batch)
        self._ask()
        begun: Message | None = None
        try:
            while begun or (self.waiting and self._may_go_on() and self._slot()):
                message = begun or self.waiting.popleft()
                if begun or (not self._settled_without_sending(message) and self._begin(message)):
                    begun = self._deliver(message)
        finally:
            # What was claimed and not begun goes back at once instead of waiting for the lease.
            if self.waiting:
                theirs = Message.objects.filter(
                    pk__in=[message.pk for message in self.waiting],
                    state=State.SENDING,
                    lease_until=claimed_until,
                )
                _surely(lambda: theirs.update(state=State.PENDING, lease_until=None))

    def _may_go_on(self) -> bool:
        return not self.done.paused and time.monotonic() < self.ends

    def _ask(self, *more: Message) -> None:
        """Find out about all who wait (and `more`) at once: still wanted, and which addresses are dead."""
        messages = [*more, *self.waiting]
        self.wanted = {}
        for kind in {message.kind for message in messages}:
            self.wanted |= _still_wanted([message for message in messages if message.kind == kind])
        addresses = {message.to_address.strip().lower() for message in messages}
        dead = DeadAddress.objects.current().filter(address__in=addresses)
        self.dead = dict(dead.values_list("address", "smtp_answer"))
        self.asked_at = time.monotonic()

    def _fresh(self) -> bool:
        return time.monotonic() - self.asked_at < FRESH_SECONDS

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

    def _deliver(self, message: Message) -> Message | None:
        """Send one begun message and mark it; returns the next one where it was begun with the mark."""
        try:
            mail = rendering.as_mail(message, rendered := rendering.preview(message, for_sending=True))
        except Exception:  # a template or a hook is wrong: the others must not wait for its repair
            logger.exception("Message %s could not be written", message.key)
            self._put_off(message, reasons.NOT_WRITTEN, "")
            return None
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
            return self._sent(message, rendered, answer)
        return None

    def _settled_without_sending(self, message: Message) -> bool:
        """Whether the message ends here: nobody wants it any more, or there is nowhere to send it."""
        if not self._fresh():
            self._ask(message)
        if self.wanted[message.pk] is None:  # nobody knows
            if self._begin(message):  # counts as an attempt
                self._put_off(message, reasons.NOT_WRITTEN, "")
            return True
        obstacle = self._obstacle(message)
        if obstacle is None:
            return False
        state, values = obstacle
        marked = self._mark(message, state, **values)
        if state == State.CANCELLED:
            self.done.cancelled += marked
        else:
            self.done.failed += marked
        return True

    def _obstacle(self, message: Message) -> tuple[str, dict[str, str]] | None:
        """State and words with which a message ends instead of being sent; None: nothing is in its way."""
        if not self.wanted[message.pk]:
            return State.CANCELLED, {"last_error": reasons.NOT_WANTED}
        address = message.to_address.strip()
        if not address:
            return State.NO_ADDRESS, {"last_error": reasons.NO_ADDRESS}
        try:
            validate_email(address)
            address.encode("ascii")
        except (ValidationError, UnicodeError):
            return State.FAILED, {"last_error": reasons.ADDRESS_INVALID}
        refused = self.dead.get(address.lower())
        if refused is None:
            return None
        return State.FAILED, {"last_error": reasons.ADDRESS_DEAD, "smtp_answer": refused}

    def _follower(self) -> Message | None:
        """The next message, where it can be begun at once: nothing is in its way and no slot to wait for."""
        if not (self.waiting and self._may_go_on() and self._fresh()) or settings.OUTBOX_PER_MINUTE:
            return None
        following = self.waiting[0]
        return following if self._obstacle(following) is None else None

    @staticmethod
    def _begin(message: Message) -> bool:
        """Note that the server is about to hear of it; False when it was stopped or is no longer ours."""
        begun = _row(_BEGIN, [lease().total_seconds(), message.pk, State.SENDING, message.lease_until])
        if begun is not None:
            message.begun_at, message.lease_until, message.attempts = begun
        return begun is not None

    @staticmethod
    def _mark(message: Message, state: str, **values: Any) -> int:
        """End this claim; 0 when the message is no longer ours (stopped, or the lease was over)."""
        values.setdefault("lease_until", None)
        mine = Message.objects.filter(pk=message.pk, state=State.SENDING, lease_until=message.lease_until)
        return mine.update(state=state, **values)

    def _sent(self, message: Message, rendered: rendering.Rendered, answer: str) -> Message | None:
        """Mark it, and begin the next where that is possible; returns the one begun."""
        kept = rendering.preview(message) if rendering.has_secrets(message.kind) else rendered
        following = self._follower()
        values = {
            "sent": message.pk,
            "begun_at": message.begun_at,
            "answer": answer,
            "subject": kept.subject,
            "body": kept.text,
            "next": following.pk if following else None,
            "claimed_until": following.lease_until if following else None,
            "lease": lease().total_seconds(),
        }
        marked, *begun = _surely(lambda: _row(_MARK_AND_BEGIN, values))
        if not marked:
            logger.error("Message %s was sent, but its row was taken over meanwhile", message.key)
        self.done.sent += 1
        self.broken_lines = 0
        if self.done.sent == 1:
            Pace.objects.filter(pk=1, pauses__gt=0).update(pauses=0, paused_until=None, pause_reason="")
        if following is None or begun[0] is None:
            return None  # stopped meanwhile, or just being stopped: it is looked at again in its turn
        following.begun_at, following.lease_until, following.attempts = begun
        return self.waiting.popleft()

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
                self.dead[message.to_address.strip().lower()] = failure.answer
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
