"""The agenda of a class: its curriculum, its sessions, and the draft of a whole agenda from the curriculum."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from audit.deadlocks import retrying
from audit.errors import Refusal
from trainings.actions.guards import lock_class, refuse_when_locked
from trainings.hours import MINUTES_PER_JP, MOST_JP_A_DAY, jp_of
from trainings.models import CurriculumVersion, Participation, Room, Session, Subject, Trainer, TrainingClass
from trainings.times import hours_text
from trainings.trail import record

Mode = Session.Mode


@dataclass(frozen=True)
class SessionPlan:
    """A session as it should be. Times are the organiser's local time; self-paced has `minutes` instead."""

    day: date
    mode: str
    starts: time | None = None
    ends: time | None = None
    minutes: int = 0
    subject: Subject | None = None
    title: str = ""
    trainer: Trainer | None = None
    room: str = ""
    meeting: str = ""
    meeting_address: str = ""


@dataclass(frozen=True)
class DayPlan:
    """How the days of a drafted agenda are filled."""

    starts: time = time(8, 0)
    ends: time = time(16, 30)
    pause_starts: time = time(12, 0)
    pause_ends: time = time(13, 0)
    weekends: bool = False


@transaction.atomic
def take_curriculum(
    *, training_class: TrainingClass, by: Any, version: CurriculumVersion | None
) -> TrainingClass:
    """Let the class follow a published version of its programme's curriculum; returns the class.

    Refusal: not published, of another programme, or sessions with subjects of another version exist.
    """
    training_class = lock_class(training_class, by)
    refuse_when_locked(training_class)
    if version is not None and (
        version.programme_id != training_class.programme_id or version.published_at is None
    ):
        raise Refusal(_("Choose a published version of this class's programme."), code="version")
    if training_class.agenda.lessons().exclude(subject__version=version).exists():
        raise Refusal(
            _("The agenda has lessons of another version. Remove them before you change the curriculum."),
            code="version",
        )
    training_class.curriculum = version
    training_class.save(update_fields=["curriculum"])
    record("class.curriculum", training_class, by, {"version": version.number if version else None})
    return training_class


@retrying
@transaction.atomic
def save_session(
    *, training_class: TrainingClass, by: Any, plan: SessionPlan, session: Session | None = None
) -> Session:
    """Store a session of the agenda, new or changed; returns it.

    Refusal with a sentence that says what to do: times reversed, a day outside the class, more lessons than
    a day holds, a subject of another curriculum, a clash of the class, the trainer, the room or the meeting.
    """
    training_class = lock_class(training_class, by)
    refuse_when_locked(training_class)
    if session is not None and session.marks.exists() and _moved(session, plan):
        raise Refusal(
            _("Attendance of this session is recorded; its day and times stay as they are."), code="marks"
        )
    _check_plan(training_class, plan, session)
    made = session is None
    session = _write(training_class, plan, session or Session(training_class=training_class))
    _check_day(training_class, session.day)
    record(
        "session.planned" if made else "session.changed", training_class, by,
        {"session": session.pk, "day": session.day.isoformat(), "name": session.name},
    )  # fmt: skip
    return session


@transaction.atomic
def remove_session(*, session: Session, by: Any) -> None:
    """Take a session out of the agenda. Refusal when attendance of it is recorded, or results are locked."""
    training_class = lock_class(session.training_class, by)
    refuse_when_locked(training_class)
    if session.marks.exists() or session.scans.exists() or session.meeting_files.exists():
        raise Refusal(_("Attendance of this session is recorded; it stays in the agenda."), code="marks")
    record("session.removed", training_class, by, {"session": session.pk, "name": session.name})
    session.delete()


@retrying
@transaction.atomic
def draft_agenda(*, training_class: TrainingClass, by: Any, days: DayPlan) -> int:
    """Lay the subjects of the curriculum into the class's days one after another; returns the sessions made.

    Refusal: no curriculum, an agenda that is begun, or days too short for the hours (with both numbers).
    """
    training_class = lock_class(training_class, by)
    refuse_when_locked(training_class)
    version = training_class.curriculum
    if version is None:
        raise Refusal(_("Choose the curriculum first."), code="version")
    if training_class.agenda.exists():
        raise Refusal(_("The agenda is begun already. Add what is missing by hand."), code="agenda")
    if not days.starts < days.pause_starts <= days.pause_ends < days.ends:
        raise Refusal(_("The day must begin before its pause and end after it."), code="times")
    subjects = list(version.subjects.all())
    needed = sum(subject.jp for subject in subjects)
    blocks = list(_blocks(training_class, days))
    room = sum(_whole_jp(block) for block in blocks)
    if room < needed:
        raise Refusal(
            _("The curriculum has %(needed)d JP, but these days hold only %(room)d. Lengthen the days or the class.")
            % {"needed": needed, "room": room},
            code="days",
        )  # fmt: skip
    mode = Mode.CLASSROOM if training_class.programme.method in ("KLASIKAL", "BLENDED") else Mode.LIVE
    made = 0
    queue = [(subject, subject.jp) for subject in subjects]
    for day, starts, ends in blocks:
        at = datetime.combine(day, starts)
        until = datetime.combine(day, ends)
        while queue and (free := int((until - at).total_seconds() // 60) // MINUTES_PER_JP) > 0:
            subject, left = queue[0]
            jp = min(left, free)
            end = at + timedelta(minutes=jp * MINUTES_PER_JP)
            plan = SessionPlan(day=day, mode=mode, starts=at.time(), ends=end.time(), subject=subject)
            _write(training_class, plan, Session(training_class=training_class))
            made, at = made + 1, end
            queue[0] = (subject, left - jp)
            if left == jp:
                queue.pop(0)
    record("class.agenda_drafted", training_class, by, {"sessions": made, "jp": needed})
    return made


def _blocks(training_class: TrainingClass, days: DayPlan) -> Iterator[tuple[date, time, time]]:
    """The stretches of lessons: before and after the pause of each day."""
    day = training_class.first_day
    while day <= training_class.last_day:
        if days.weekends or day.weekday() < 5:
            yield day, days.starts, days.pause_starts
            yield day, days.pause_ends, days.ends
        day += timedelta(days=1)


def _whole_jp(block: tuple[date, time, time]) -> int:
    day, starts, ends = block
    length = datetime.combine(day, ends) - datetime.combine(day, starts)
    return int(length.total_seconds() // 60) // MINUTES_PER_JP


def _moved(session: Session, plan: SessionPlan) -> bool:
    return (session.day, session.starts, session.ends) != (plan.day, plan.starts, plan.ends)


def _check_plan(training_class: TrainingClass, plan: SessionPlan, session: Session | None) -> None:
    if plan.subject is None and not plan.title.strip():
        raise Refusal(_("Choose a subject, or give the activity a title."), code="subject")
    if plan.subject is not None and plan.subject.version_id != training_class.curriculum_id:
        raise Refusal(_("Choose a subject of the curriculum that the class follows."), code="subject")
    if not training_class.first_day <= plan.day <= training_class.last_day:
        raise Refusal(_("The day lies outside the class's dates."), code="day")
    if plan.mode == Mode.SELF_PACED:
        if not 0 < plan.minutes <= 60 * 24:
            raise Refusal(_("Give a self-paced session its hours (JP)."), code="jp")
    elif plan.starts is None or plan.ends is None:
        raise Refusal(_("Give the session its beginning and its end."), code="starts")
    elif plan.ends <= plan.starts:
        raise Refusal(
            _("The session ends before it begins. A session lies within one day."), code="ends"
        )  # fmt: skip
    if plan.meeting == Session.Meeting.ADDRESS and not plan.meeting_address:
        raise Refusal(_("Give the address of the meeting."), code="meeting_address")
    teacher = plan.trainer.employee_id if plan.trainer else None
    seats = Participation.objects.taken().filter(first_day__lte=plan.day, last_day__gte=plan.day)
    if teacher and seats.filter(employee=teacher).exists():
        raise Refusal(
            _("This trainer has a seat in a class on that day. Choose another trainer or day."),
            code="trainer",
        )


def _write(training_class: TrainingClass, plan: SessionPlan, session: Session) -> Session:
    room = None
    if plan.room.strip() and plan.mode == Mode.CLASSROOM:
        room, _made = Room.objects.get_or_create(
            unit_id=training_class.organiser_id, name=plan.room.strip()[:100]
        )
    online = plan.mode == Mode.LIVE
    session.day, session.mode = plan.day, plan.mode
    session.starts, session.ends, session.minutes = plan.starts, plan.ends, plan.minutes
    session.subject, session.title, session.trainer, session.room = (
        plan.subject,
        plan.title.strip(),
        plan.trainer,
        room,
    )
    session.meeting = plan.meeting if online else ""
    session.meeting_address = plan.meeting_address if online and plan.meeting == "address" else ""
    try:
        with transaction.atomic():
            session.save()
    except IntegrityError as error:
        raise Refusal(clash_sentence(error, session), code="clash") from error
    session.refresh_from_db()
    return session


def _check_day(training_class: TrainingClass, day: date) -> None:
    timed = training_class.agenda.lessons().filter(day=day).exclude(mode=Mode.SELF_PACED)
    minutes = timed.aggregate(sum=Sum("minutes"))["sum"] or 0
    if minutes > MOST_JP_A_DAY * MINUTES_PER_JP:
        raise Refusal(
            _("This day would have %(jp)s JP; a day holds at most %(most)d. Move a session to another day.")
            % {"jp": jp_of(minutes), "most": MOST_JP_A_DAY},
            code="day",
        )


def clash_sentence(error: IntegrityError, session: Session) -> str:
    """What the database refused, as a sentence that names the session in the way; other errors are raised."""
    text = str(error)
    others = (
        Session.objects.filter(active=True, day=session.day, starts__lt=session.ends, ends__gt=session.starts)
        .exclude(pk=session.pk)
        .select_related("subject", "training_class__programme", "training_class__organiser")
    )
    if "trainings_session_class_clash" in text:
        other = others.filter(training_class=session.training_class_id).first()
        return _("At this time the class has “%(name)s” (%(times)s). Choose another time.") % _words(other)
    if "trainings_session_trainer_clash" in text:
        other = others.filter(trainer=session.trainer_id).first()
        return _(
            "At this time the trainer gives “%(name)s” in %(class)s. Choose another time or trainer."
        ) % (_words(other))
    if "trainings_session_room_clash" in text:
        other = others.filter(room=session.room_id).first()
        return _("At this time the room is taken by “%(name)s” of %(class)s. Choose another room.") % (
            _words(other)
        )
    if "trainings_session_meeting_clash" in text:
        other = others.filter(meeting_address=session.meeting_address).first()
        return _("At this time “%(name)s” of %(class)s uses the same meeting. Choose another address.") % (
            _words(other)
        )
    raise error


def _words(other: Session | None) -> dict[str, str]:
    """Name, times and class of the session in the way; a dash where another time zone hides it."""
    if other is None:
        return {"name": "–", "times": "–", "class": "–"}
    return {
        "name": other.name,
        "times": hours_text(other),
        "class": str(other.training_class),
    }
