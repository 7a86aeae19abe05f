"""Attendance by the committee: the roll, corrections, absences, a meeting's attendance file."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import Refusal
from trainings.actions.guards import lock_class, refuse_when_locked
from trainings.delivery import meetingfiles
from trainings.models import Attendance, AttendanceChange, MeetingFile, Participation, Session
from trainings.trail import record

Status = Attendance.Status
#: Late by more minutes than this is a slip of the pen.
MOST_LATE = 600


@dataclass(frozen=True)
class Entry:
    """A line of the roll."""

    status: str
    late_minutes: int = 0


def _locked_session(session: Session, by: Any) -> Session:
    training_class = lock_class(session.training_class, by)
    refuse_when_locked(training_class)
    session.training_class = training_class
    return session


@transaction.atomic
def save_roll(*, session: Session, by: Any, entries: Mapping[int, Entry]) -> int:
    """Mark those of the roll who have no mark yet, by participation; returns how many.

    A mark that is there stays: a change of it is a correction with a reason. Refusal: the session has not
    begun, results locked, somebody of another class, minutes late without being present.
    """
    session = _locked_session(session, by)
    if session.starts_at is not None and session.starts_at > timezone.now():
        raise Refusal(_("This session has not begun; its roll opens with it."), code="early")
    own = set(
        Participation.objects.confirmed()
        .filter(training_class=session.training_class_id, pk__in=entries)
        .values_list("pk", flat=True)
    )
    if own != set(entries):
        raise Refusal(_("Somebody on this roll has no confirmed seat in the class."), code="stranger")
    for entry in entries.values():
        _check(entry)
    marked = set(session.marks.filter(participation__in=own).values_list("participation_id", flat=True))
    made = Attendance.objects.bulk_create(
        (
            Attendance(
                session=session, participation_id=seat, status=entry.status, late_minutes=entry.late_minutes,
                channel=Attendance.Channel.ROLL, recorded_by=by,
            )
            for seat, entry in entries.items()
            if seat not in marked
        ),
        batch_size=2000,
        ignore_conflicts=True,
    )  # fmt: skip
    record("attendance.roll", session.training_class, by, {"session": session.pk, "marks": len(made)})
    return len(made)


@transaction.atomic
def correct(*, attendance: Attendance, by: Any, status: str, late_minutes: int, reason: str) -> Attendance:
    """Change a mark with a reason; the change is appended. Refusal: locked, no reason, nothing new."""
    session = _locked_session(attendance.session, by)
    attendance = Attendance.objects.select_for_update().get(pk=attendance.pk)
    _check(Entry(status, late_minutes))
    if not reason.strip():
        raise Refusal(_("Say why the mark is corrected."), code="reason")
    if (attendance.status, attendance.late_minutes) == (status, late_minutes):
        raise Refusal(_("That is the mark as it is."), code="same")
    AttendanceChange.objects.create(
        attendance=attendance, before_status=attendance.status, before_late=attendance.late_minutes,
        status=status, late_minutes=late_minutes, reason=reason.strip(), by=by,
    )  # fmt: skip
    record(
        "attendance.corrected", session.training_class, by,
        {"attendance": attendance.pk, "from": attendance.status, "to": status, "reason": reason[:300]},
    )  # fmt: skip
    attendance.status, attendance.late_minutes = status, late_minutes
    attendance.save(update_fields=["status", "late_minutes"])
    return attendance


@transaction.atomic
def mark_the_absent(*, session: Session, by: Any) -> int:
    """Mark everybody without a mark absent without notice, once the session is over; returns how many."""
    session = _locked_session(session, by)
    if session.ends_at is None or session.ends_at > timezone.now():
        raise Refusal(_("Only after its end is somebody absent from a session."), code="early")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO trainings_attendance (session_id, participation_id, status, channel, recorded_by_id)
            SELECT %s, id, 'TANPA_KETERANGAN', 'roll', %s FROM trainings_participation
            WHERE training_class_id = %s AND state = 'confirmed'
            ON CONFLICT (session_id, participation_id) DO NOTHING
            """,
            [session.pk, by.pk, session.training_class_id],
        )
        number = cursor.rowcount
    record("attendance.absent", session.training_class, by, {"session": session.pk, "marks": number})
    return number


@transaction.atomic
def read_meeting_file(*, session: Session, by: Any, name: str, content: bytes) -> MeetingFile:
    """Read an attendance file and match its people to the class; nobody is marked before the review."""
    session = _locked_session(session, by)
    rows = meetingfiles.read(content)
    if not rows:
        raise Refusal(_("There is nobody in this file."), code="file")
    seats = Participation.objects.confirmed().filter(training_class=session.training_class_id)
    people = [
        meetingfiles.Person(pk, full, tuple(filter(None, (email, user_email))))
        for pk, full, email, user_email in seats.values_list(
            "pk", "employee__name", "employee__email", "employee__user__email"
        )
    ]
    matched = meetingfiles.match(rows, people)
    made = MeetingFile.objects.create(
        training_class=session.training_class, session=session, name=name[-200:],
        sha256=hashlib.sha256(content).hexdigest(), rows=[row.as_json() for row in matched], by=by,
    )  # fmt: skip
    record(
        "attendance.file_read", session.training_class, by, {"file": made.pk, "sha256": made.sha256, "rows": len(rows)}
    )  # fmt: skip
    return made


@transaction.atomic
def apply_meeting_file(
    *, file: MeetingFile, by: Any, minimum_percent: int, chosen: Mapping[int, int | None]
) -> tuple[int, int]:
    """Mark those present who were there long enough; returns how many were marked, and how many too short.

    `chosen`: by row number, the participation a reviewer set instead of the match (None: nobody). Marks that
    are there stay. Refusal: applied before, one participant in two rows, or somebody of another class.
    """
    session = _locked_session(file.session, by)
    file = MeetingFile.objects.select_for_update().get(pk=file.pk)
    if file.applied_at is not None:
        raise Refusal(_("This file is applied already."), code="applied")
    needed = session.minutes * minimum_percent
    seats: dict[int, int] = {}
    for row in file.rows:
        seat = chosen.get(row["number"], row["participation"])
        row["participation"] = seat
        if seat is None:
            continue
        if seat in seats:
            raise Refusal(_("One participant is matched to two rows. Correct the match."), code="doubled")
        seats[seat] = row["minutes"]
    own = Participation.objects.confirmed().filter(training_class=session.training_class_id, pk__in=seats)
    if own.count() != len(seats):
        raise Refusal(_("Somebody matched has no confirmed seat in the class."), code="stranger")
    stayed = [seat for seat, minutes in seats.items() if minutes * 100 >= needed]
    before = session.marks.count()
    Attendance.objects.bulk_create(
        (
            Attendance(
                session=session, participation_id=seat, status=Status.HADIR, recorded_by=by,
                channel=Attendance.Channel.MEETING,
            )
            for seat in stayed
        ),
        batch_size=2000,
        ignore_conflicts=True,
    )  # fmt: skip
    number = session.marks.count() - before
    file.applied_at = timezone.now()
    file.save(update_fields=["applied_at", "rows"])
    record("attendance.file_applied", session.training_class, by, {"file": file.pk, "marks": number})
    return number, len(seats) - len(stayed)


def _check(entry: Entry) -> None:
    if entry.status not in Status.values:
        raise Refusal(_("Choose one of the four marks."), code="status")
    if entry.late_minutes and entry.status != Status.HADIR:
        raise Refusal(_("Only somebody who is present can be late."), code="late_minutes")
    if not 0 <= entry.late_minutes <= MOST_LATE:
        raise Refusal(_("So many minutes late cannot be right."), code="late_minutes")
