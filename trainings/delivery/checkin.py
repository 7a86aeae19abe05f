"""Checking in: one mark per session and participant, however often and from wherever it is sent.

Nothing here is audited event by event: the mark and the scan are the record, and five thousand people who
check in within ten minutes must not queue for one chain.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trainings import passes
from trainings.models import Attendance, Participation, Scan, Session

#: Minutes before a session begins from which one can check in.
OPENS_MINUTES = 60
#: A scan kept on a device is taken for so long.
KEPT_HOURS = 24
#: Older than this, a scan counts as sent later.
OFFLINE_SECONDS = 120


class Answer(models.TextChoices):
    """What became of a check-in."""

    OK = "ok", gettext_lazy("You are marked present.")
    ALREADY = "already", gettext_lazy("This person is marked present already.")
    MARKED = (
        "marked",
        gettext_lazy("Another mark is recorded for this session. Ask the committee to correct it."),
    )
    FORGED = "forged", gettext_lazy("This is not a code of this portal.")
    STALE = "stale", gettext_lazy("This code is no longer valid. Scan the one that is on the screen now.")
    OTHER_CLASS = "other_class", gettext_lazy("This code belongs to another class or session.")
    STRANGER = "stranger", gettext_lazy("No confirmed seat in this class belongs to this person.")
    EARLY = "early", gettext_lazy("Check-in opens an hour before the session begins.")
    OVER = "over", gettext_lazy("This session is over. Ask the committee to put it right by hand.")
    CLOCK = (
        "clock",
        gettext_lazy(
            "The time of this scan cannot be right, or it is more than a day old. Ask the committee to put it right by hand."
        ),
    )
    CLOSED = "closed", gettext_lazy("The results of this class are locked; attendance stays as it is.")  # fmt: skip


@dataclass(frozen=True)
class CheckedIn:
    """The answer to a check-in, with the person where one was found."""

    answer: Answer
    session_id: int | None = None
    participation_id: int | None = None
    at: datetime | None = None
    late_minutes: int = 0

    @property
    def accepted(self) -> bool:
        """Whether the person is present now, by this or an earlier check-in."""
        return self.answer in (Answer.OK, Answer.ALREADY)

    @property
    def message(self) -> str:
        if self.answer == Answer.OK and self.late_minutes:
            return _("You are marked present, %(minutes)d minutes late.") % {"minutes": self.late_minutes}
        return str(self.answer.label)


def by_room_code(code: str, *, employee_id: int, seen_at: datetime | None = None) -> CheckedIn:
    """Check a signed-in participant in by the room's QR.

    `seen_at` is when the server saw the code before it asked the person to sign in; now by default.
    """
    found = passes.read_room_code(code)
    if found is None:
        return CheckedIn(Answer.FORGED)
    if not found.fresh(seen_at or timezone.now()):
        return CheckedIn(Answer.STALE, found.session_id)
    return mark(found.session_id, employee_id=employee_id, at=found.shown_at, channel=Attendance.Channel.QR)


def mark(
    session_id: int,
    *,
    at: datetime,
    channel: str,
    employee_id: int | None = None,
    participation_id: int | None = None,
    by_id: int | None = None,
    offline: bool = False,
) -> CheckedIn:
    """Mark one participant present at this moment, once; the number of statements is two.

    The moment must lie within the session, or at most an hour before it.
    """
    seat = _seat(session_id, employee_id, participation_id)
    if seat is None:
        return CheckedIn(Answer.STRANGER, session_id)
    participation, starts_at, ends_at = seat
    if starts_at is not None and at < starts_at - timedelta(minutes=OPENS_MINUTES):
        return CheckedIn(Answer.EARLY, session_id, participation)
    if ends_at is not None and at > ends_at:
        return CheckedIn(Answer.OVER, session_id, participation)
    late = max(0, int((at - starts_at).total_seconds() // 60)) if starts_at else 0
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO trainings_attendance
                    (session_id, participation_id, status, late_minutes, at, channel, offline, recorded_by_id)
                VALUES (%s, %s, 'HADIR', %s, %s, %s, %s, %s)
                ON CONFLICT (session_id, participation_id) DO NOTHING RETURNING id
                """,
                [session_id, participation, late, at, channel, offline, by_id],
            )
            fresh = cursor.fetchone() is not None
    except IntegrityError as error:
        if "results of this class are locked" not in str(error):
            raise
        return CheckedIn(Answer.CLOSED, session_id, participation)
    if fresh:
        return CheckedIn(Answer.OK, session_id, participation, at, late)
    known = Attendance.objects.get(session_id=session_id, participation_id=participation)
    present = known.status == Attendance.Status.HADIR
    return CheckedIn(Answer.ALREADY if present else Answer.MARKED, session_id, participation, known.at)


def _seat(
    session_id: int, employee_id: int | None, participation_id: int | None
) -> tuple[int, datetime | None, datetime | None] | None:
    """The confirmed seat in the session's class, with the session's moments; None for a stranger."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.id, s.starts_at, s.ends_at FROM trainings_session s
            JOIN trainings_participation p ON p.training_class_id = s.training_class_id AND p.state = 'confirmed'
            WHERE s.id = %s AND s.active AND (p.employee_id = %s OR p.id = %s)
            """,
            [session_id, employee_id, participation_id],
        )
        return cursor.fetchone()


@dataclass(frozen=True)
class Sent:
    """A scan as a device sends it: its own id, the code, and how long ago it was scanned, in seconds."""

    client_id: UUID
    code: str
    age: float


def take_room_scan(sent: Sent, *, employee_id: int, by_id: int) -> CheckedIn:
    """Take a scan of the room's QR that a participant's device kept. The same scan again: the same answer.

    The code itself tells when it was on the screen, so the device only has to agree with it.
    """

    def answer() -> CheckedIn:
        scanned_at = _scanned_at(sent)
        found = passes.read_room_code(sent.code)
        if found is None:
            return CheckedIn(Answer.FORGED)
        if scanned_at is None:
            return CheckedIn(Answer.CLOCK, found.session_id)
        if not found.fresh(scanned_at):
            return CheckedIn(Answer.STALE, found.session_id)
        return mark(
            found.session_id, employee_id=employee_id, at=found.shown_at, channel=Attendance.Channel.QR,
            offline=sent.age > OFFLINE_SECONDS,
        )  # fmt: skip

    return _once(sent, answer, by_id)


def take_person_scan(sent: Sent, *, session: Session, by_id: int) -> CheckedIn:
    """Take a scan of a personal code (or a typed NIP) that a committee's device made in this session."""

    def answer() -> CheckedIn:
        participation = person_of(sent.code, session)
        if participation is None:
            known = passes.read_person_code(sent.code)
            return CheckedIn(Answer.OTHER_CLASS if known else Answer.FORGED, session.pk)
        scanned_at = _scanned_at(sent)
        if scanned_at is None:
            return CheckedIn(Answer.CLOCK, session.pk, participation)
        return mark(
            session.pk, participation_id=participation, at=scanned_at, channel=Attendance.Channel.SCAN,
            by_id=by_id, offline=sent.age > OFFLINE_SECONDS,
        )  # fmt: skip

    return _once(sent, answer, by_id)


def person_of(code: str, session: Session) -> int | None:
    """The seat in the session's class that a personal code or a typed NIP or ID names; None for others."""
    seats = Participation.objects.confirmed().filter(training_class=session.training_class_id)
    signed = passes.read_person_code(code)
    if signed is not None:
        return seats.filter(pk=signed).values_list("pk", flat=True).first()
    typed = code.strip().replace(" ", "").replace(".", "")
    if not typed:
        return None
    return (
        seats.filter(models.Q(employee__nip=typed) | models.Q(employee__external_id=code.strip()))
        .values_list("pk", flat=True)
        .first()
    )


def _scanned_at(sent: Sent) -> datetime | None:
    """When it was scanned by the server's clock; None when the age is impossible or beyond the limit."""
    if not 0 <= sent.age <= KEPT_HOURS * 3600:
        return None
    return timezone.now() - timedelta(seconds=sent.age)


def _once(sent: Sent, answer: Any, by_id: int) -> CheckedIn:
    """Answer a scan and keep the answer; a scan that was answered before gets the same answer."""
    known = Scan.objects.filter(pk=sent.client_id).first()
    if known is None:
        try:
            with transaction.atomic():
                found = answer()
                Scan.objects.create(
                    client_id=sent.client_id,
                    session_id=_existing(found.session_id),
                    participation_id=found.participation_id,
                    scanned_at=found.at,
                    accepted=found.accepted,
                    answer=found.answer,
                    by_id=by_id,
                )
                return found
        except IntegrityError as error:
            if "trainings_scan_pkey" not in str(error):
                raise
            known = Scan.objects.get(pk=sent.client_id)
    return CheckedIn(Answer(known.answer), known.session_id, known.participation_id, known.scanned_at)


def _existing(session_id: int | None) -> int | None:
    """The session's key if there is such a session: a signed code can outlive a session that was removed."""
    if session_id is None:
        return None
    return Session.objects.filter(pk=session_id).values_list("pk", flat=True).first()
