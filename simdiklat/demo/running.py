"""Classes of the demo that visitors can run: one of this week, one that ended, a webinar to enrol in."""

from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils import timezone

from simdiklat.demo.people import DemoPerson
from trainings import questions
from trainings.models import (
    Attendance,
    Component,
    CurriculumVersion,
    Evaluated,
    EvaluationAnswer,
    Grading,
    Participation,
    Programme,
    Room,
    Score,
    Session,
    Subject,
    Trainer,
    TrainingClass,
)

if TYPE_CHECKING:
    from simdiklat.demo.classes import Planner

RUNNING_BATCH = "Angkatan Berjalan"
ENDED_BATCH = "Angkatan Selesai"
_SUBJECTS = (
    ("dasar", "Kebijakan dan regulasi", 4),
    ("inti", "Penyusunan rencana kerja", 10),
    ("inti", "Praktik dan studi kasus", 14),
    ("inti", "Pemanfaatan aplikasi", 8),
    ("penunjang", "Rencana tindak lanjut", 4),
)
#: Lessons of a day: beginning, end.
_LESSONS = ((time(8), time(10, 15)), (time(10, 30), time(12)), (time(13), time(15, 15)))
#: How marks fall, in turn: mostly present, some late, one ill, one excused.
_MARKS = ("HADIR",) * 8 + ("LATE",) + ("HADIR",) * 6 + ("SAKIT", "HADIR", "LATE", "IZIN", "HADIR")
_COMMENTS = (
    "Jadwal praktik perlu lebih panjang.",
    "Panitia tanggap dan ramah.",
    "Jaringan di aula kadang putus.",
)
_TRAINERS = ("Dr. Hasan Basri, M.Pd.", "Dra. Nurul Hidayah, M.Si.", "Ahmad Zaini, S.Kom., M.T.")


def make(planner: "Planner", people: Sequence[DemoPerson]) -> None:
    """Make the three classes, all of the organiser who has a sign-in."""
    today = planner.today
    taken = set(planner.made.records) | set(
        Participation.objects.taken().values_list("employee_id", flat=True)
    )
    able = [
        p for p in people
        if p.active and p.status == "PNS" and p.unit.province == "35" and p.id not in taken
        and not p.unit.code.startswith(("BDK", "LDK"))
    ]  # fmt: skip
    trainers = [Trainer.objects.create(name=name, institution="BDK Surabaya") for name in _TRAINERS]
    half = min(25, len(able) // 2)  # a small ministry shares what it has
    _this_week(planner, able[:half], trainers, today)
    _ended(planner, able[half : 2 * half], trainers, today)
    webinar = planner.plan(
        "BDK-SBY",
        "WEB-AI",
        in_days=12,
        seats=1000,
        areas=[("KW35", None), ("KW51", None)],
        batch="Gelombang I",
    )
    TrainingClass.objects.filter(pk=webinar.pk).update(self_enrolment=True)


def _this_week(planner: "Planner", people: list[DemoPerson], trainers: list[Trainer], today: date) -> None:
    """A class from this Monday to Friday (to Sunday at a weekend), with attendance up to now."""
    made = planner.plan(
        "BDK-SBY",
        "TEK-LAYANAN",
        in_days=-today.weekday(),
        seats=30,
        areas=[("KW35", None)],
        batch=RUNNING_BATCH,
    )
    made.last_day = max(made.first_day + timedelta(days=4), today)
    made.curriculum = _curriculum(made.programme, online=25)
    made.save(update_fields=["last_day", "curriculum"])
    seats = _seats(planner, made, people)
    _agenda(made, trainers, made.first_day + timedelta(days=4))
    # Something is open on every evening of a visit, with a virtual room.
    Session.objects.create(
        training_class=made, day=today, starts=time(16), ends=time(23, 45), mode="live",
        title="Konsultasi daring rencana tindak lanjut", trainer=trainers[0], meeting="address",
        meeting_address="https://rapat.contoh.invalid/konsultasi",
    )  # fmt: skip
    now = timezone.now()
    _marks(made.agenda.lessons().filter(ends_at__lt=now), seats)
    Grading.objects.create(training_class=made)
    _components(made)


def _ended(planner: "Planner", people: list[DemoPerson], trainers: list[Trainer], today: date) -> None:
    """A class of last week with all marks and most scores: the pass meeting, the lock and completion are left."""
    made = planner.plan(
        "BDK-SBY",
        "TEK-ARSIP",
        in_days=-today.weekday() - 7,
        seats=30,
        areas=[("KW35", None)],
        batch=ENDED_BATCH,
    )
    made.last_day = made.first_day + timedelta(days=4)
    made.curriculum = _curriculum(made.programme, online=None)
    made.save(update_fields=["last_day", "curriculum"])
    seats = _seats(planner, made, people)
    _agenda(made, trainers, made.last_day)
    # The last one never came, and said nothing.
    _marks(made.agenda.lessons(), seats[:-1])
    Grading.objects.create(training_class=made)
    components = _components(made)
    Score.objects.bulk_create(
        Score(
            component=component,
            participation=seat,
            score=Decimal(55 + (7 * place + 11 * turn) % 43),
            remedial=Decimal(75)
            if (55 + (7 * place + 11 * turn) % 43) < 70 and component.weight == 60
            else None,
        )
        for place, seat in enumerate(seats[:-1])
        for turn, component in enumerate(components)
    )
    _evaluations(made, trainers, seats[: 3 * len(seats) // 5])


def _evaluations(made: TrainingClass, trainers: list[Trainer], answered: list[Participation]) -> None:
    """What these participants think of the organiser and of each trainer."""
    Evaluated.objects.bulk_create(Evaluated(participation=seat) for seat in answered)
    asked: list[tuple[Trainer | None, list[str]]] = [
        (None, [code for code, _text in questions.ORGANISER]),
        *((trainer, [code for code, _text in questions.TRAINER]) for trainer in trainers),
    ]
    answers = []
    for place in range(len(answered)):
        for turn, (trainer, codes) in enumerate(asked):
            ratings = {code: 5 - (place * 3 + turn * 2 + n) % 7 // 3 for n, code in enumerate(codes)}
            answers.append(
                EvaluationAnswer(
                    training_class=made, about="trainer" if trainer else "organiser", trainer=trainer, ratings=ratings,
                    mean=Decimal(sum(ratings.values())) / len(ratings),
                    comment=_COMMENTS[place % len(_COMMENTS)] if turn == 0 and place % 4 == 0 else "",
                )
            )  # fmt: skip
    EvaluationAnswer.objects.bulk_create(answers)


def _curriculum(programme: Programme, online: int | None) -> CurriculumVersion:
    version = CurriculumVersion.objects.create(
        programme=programme, number=1, online_percent=online, tolerance=10
    )
    for position, (group, name, jp) in enumerate(_SUBJECTS, start=1):
        Subject.objects.create(version=version, position=position, group=group, name=name, jp=jp)
    CurriculumVersion.objects.filter(pk=version.pk).update(published_at=timezone.now())
    return version


def _seats(planner: "Planner", made: TrainingClass, people: list[DemoPerson]) -> list[Participation]:
    return Participation.objects.bulk_create(planner.seat(made, person) for person in people)


def _agenda(made: TrainingClass, trainers: list[Trainer], last: date) -> None:
    """Eight JP a day on five days; the lessons of the last two afternoons are online."""
    room, _new = Room.objects.get_or_create(unit_id=made.organiser_id, name="Aula Utama")
    subjects = Subject.objects.filter(version=made.curriculum_id)
    queue = [subject for subject in subjects for _jp in range(subject.jp)]
    sessions: list[Session] = []
    day = made.first_day
    while day <= last:
        for starts, ends in _LESSONS:
            jp = (ends.hour * 60 + ends.minute - starts.hour * 60 - starts.minute) // 45
            own, queue = queue[:jp], queue[jp:]
            at = starts
            while own:
                subject = own[0]
                length = 45 * own.count(subject)
                minutes = at.hour * 60 + at.minute + length
                until = time(minutes // 60, minutes % 60)
                online = (last - day).days < 2 and starts >= time(12)
                sessions.append(
                    Session(
                        training_class=made, day=day, starts=at, ends=until, subject=subject,
                        trainer=trainers[subject.position % len(trainers)], mode="live" if online else "classroom",
                        room=None if online else room, meeting="address" if online else "",
                        meeting_address=f"https://rapat.contoh.invalid/{made.pk}" if online else "",
                    )
                )  # fmt: skip
                own = own[own.count(subject) :]
                at = until
        day += timedelta(days=1)
    Session.objects.bulk_create(sessions)


def _marks(sessions: Iterable[Session], seats: list[Participation]) -> None:
    marks = []
    for turn, session in enumerate(sessions):
        for place, seat in enumerate(seats):
            mark = _MARKS[(place + 3 * turn) % len(_MARKS)]
            late = 5 + (place + turn) % 20 if mark == "LATE" else 0
            present = mark in ("HADIR", "LATE")
            marks.append(
                Attendance(
                    session=session, participation=seat, status="HADIR" if present else mark, late_minutes=late,
                    at=session.starts_at + timedelta(minutes=late) if present and session.starts_at else None,
                    channel="qr" if present else "roll",
                )
            )  # fmt: skip
    Attendance.objects.bulk_create(marks, batch_size=2000)


def _components(made: TrainingClass) -> list[Component]:
    return Component.objects.bulk_create(
        Component(training_class=made, position=position, name=name, kind=kind, weight=weight)
        for position, (name, kind, weight) in enumerate(
            (("Tes awal", "pre_test", 0), ("Tes akhir", "post_test", 40), ("Tugas dan praktik", "score", 60)),
            1,
        )
    )
