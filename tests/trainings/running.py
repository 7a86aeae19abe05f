"""Builders of a running class: seats, agenda, marks, scores."""

from datetime import date, time, timedelta
from typing import Any

from django.utils import timezone

from employees.models import Employee
from tests import factories
from trainings.models import (
    Attendance,
    Component,
    CurriculumVersion,
    Grading,
    Participation,
    Programme,
    Score,
    Session,
    Subject,
    TrainingClass,
)


def curriculum(programme: Programme, *subjects: tuple[str, int], **fields: Any) -> CurriculumVersion:
    """A published version; subjects as (name, JP)."""
    number = programme.curricula.count() + 1
    made = CurriculumVersion.objects.create(programme=programme, number=number, **fields)
    for position, (name, jp) in enumerate(subjects, start=1):
        Subject.objects.create(version=made, position=position, group="inti", name=name, jp=jp)
    CurriculumVersion.objects.filter(pk=made.pk).update(published_at=timezone.now())
    made.refresh_from_db()
    return made


def running_class(organiser: Any, **fields: Any) -> TrainingClass:
    """A class of two days with a curriculum of one subject; it ended yesterday unless told otherwise."""
    programme = fields.pop("programme", None) or factories.programme(code=f"R{TrainingClass.objects.count()}")
    first = fields.pop("first_day", timezone.localdate() - timedelta(days=2))
    made = factories.training_class(
        programme, organiser, first_day=first, last_day=fields.pop("last_day", first + timedelta(days=1)),
        seats=fields.pop("seats", 30), **fields,
    )  # fmt: skip
    version = curriculum(programme, ("Arsip dinamis", 8))
    made.curriculum = version
    made.save(update_fields=["curriculum"])
    return made


def lesson(
    training_class: TrainingClass,
    day: date | None = None,
    starts: time = time(8),
    ends: time = time(9, 30),
    **fields: Any,
) -> Session:
    """A session of the class's one subject, on its first day at 08:00 to 09:30 unless told otherwise."""
    fields.setdefault("mode", "classroom")
    if "subject" not in fields:
        fields["subject"] = training_class.curriculum.subjects.first()
    made = Session.objects.create(
        training_class=training_class, day=day or training_class.first_day, starts=starts, ends=ends, **fields
    )
    made.refresh_from_db()
    return made


def seat(training_class: TrainingClass, employee: Employee, **fields: Any) -> Participation:
    return Participation.objects.create(
        training_class=training_class, employee=employee, state=fields.pop("state", "confirmed"),
        source=fields.pop("source", "manual"), **fields,
    )  # fmt: skip


def mark(session: Session, participation: Participation, status: str = "HADIR", **fields: Any) -> Attendance:
    return Attendance.objects.create(
        session=session, participation=participation, status=status, channel="roll", **fields
    )


def graded(training_class: TrainingClass, **fields: Any) -> Component:
    """Scores decide, one component with all the weight; returns it."""
    Grading.objects.update_or_create(
        training_class=training_class,
        defaults={"meeting_day": training_class.last_day, "minutes": "Semua dibahas.", **fields},
    )
    return Component.objects.create(training_class=training_class, position=1, name="Ujian", weight=100)


def score(
    component: Component, participation: Participation, value: int, remedial: int | None = None
) -> Score:
    return Score.objects.create(
        component=component, participation=participation, score=value, remedial=remedial
    )
