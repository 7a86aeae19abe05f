"""The plan of a year: holidays, clashes, the next batch, the file that can be imported again."""

from datetime import date, time, timedelta

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from employees.importing.engine import run_import
from tests import factories
from trainings.importing.classes import ClassImporter
from trainings.models import CurriculumVersion, Room, Session, Subject, Trainer, TrainingClass
from trainings.yearplan import (
    as_csv,
    clashes,
    holidays_between,
    next_batch,
    next_batch_name,
    roman,
)


@given(st.integers(min_value=1, max_value=398))
def test_the_next_batch_has_the_next_roman_number(number):
    assert (
        next_batch_name(f"Angkatan {roman(number)} Tahun 2026") == f"Angkatan {roman(number + 1)} Tahun 2026"
    )


def test_other_names_of_batches():
    assert roman(14) == "XIV"
    assert next_batch_name("Gelombang 3/2026") == "Gelombang 4/2026"
    assert next_batch_name("Angkatan Perdana") == "Angkatan Perdana"
    assert next_batch_name("") == ""


def test_the_next_batch_keeps_days_of_the_week_and_time_to_answer(tree):
    first = timezone.localdate() + timedelta(days=60)
    original = factories.training_class(
        factories.programme(), tree.bdk, [tree.east, tree.central_java], first_day=first,
        last_day=first + timedelta(days=9), batch="Angkatan II", allocation="MANUAL", area_seats=[20, 10], seats=30,
    )  # fmt: skip
    plan = next_batch(original)
    assert plan.batch == "Angkatan III"
    assert plan.code == ""
    assert plan.first_day > original.last_day
    assert plan.first_day.weekday() == first.weekday()
    assert plan.last_day - plan.first_day == timedelta(days=9)
    assert plan.first_day - plan.confirm_by == original.first_day - original.confirm_by
    assert [(unit.code, seats) for unit, seats in plan.areas] == [("KW33", 10), ("KW35", 20)]


def test_the_next_batch_of_a_past_class_lies_ahead(tree):
    today = timezone.localdate()
    first = today - timedelta(days=400)
    original = factories.training_class(
        factories.programme(), tree.bdk, first_day=first, batch=f"Angkatan I Tahun {first.year}"
    )
    plan = next_batch(original)
    assert today + timedelta(days=28) <= plan.first_day <= today + timedelta(days=35)
    assert plan.first_day.weekday() == first.weekday()
    assert plan.batch == f"Angkatan II Tahun {plan.first_day.year}"


def test_a_batch_that_is_planned_already_is_passed_over_with_its_weeks(tree):
    first = timezone.localdate() + timedelta(days=60)
    programme = factories.programme()
    days = {"first_day": first, "last_day": first + timedelta(days=4)}
    original = factories.training_class(programme, tree.bdk, batch="Angkatan I", **days)
    factories.training_class(programme, tree.bdk, batch="Angkatan II", **days)
    factories.training_class(programme, tree.bdk, batch="Angkatan III", state="cancelled", **days)
    factories.training_class(programme, tree.pusdiklat, batch="Angkatan III", **days)
    plan = next_batch(original)
    assert (plan.batch, plan.first_day) == ("Angkatan III", first + timedelta(weeks=2))


def test_a_name_without_a_number_is_not_looked_for_for_ever(tree):
    original = factories.training_class(factories.programme(), tree.bdk, batch="Angkatan Perdana")
    assert next_batch(original).batch == "Angkatan Perdana"


def test_holidays_are_named_in_both_languages():
    with translation.override("id"):
        assert holidays_between(date(2026, 8, 1), date(2026, 8, 31))[date(2026, 8, 17)].startswith(
            "Hari Kemerdekaan"
        )
    with translation.override("en"):
        assert "Independence" in holidays_between(date(2026, 8, 17), date(2026, 8, 17))[date(2026, 8, 17)]
    assert holidays_between(date(2026, 8, 18), date(2026, 8, 19)) == {}


def test_classes_that_want_the_same_people_clash(tree):
    programme, other = factories.programme("A-1"), factories.programme("B-1")
    first = timezone.localdate() + timedelta(days=30)

    def made(programme, areas, shift=0, **fields):
        return factories.training_class(
            programme, tree.bdk, areas, first_day=first + timedelta(days=shift), **fields
        )

    one = made(programme, [tree.east])
    two = made(programme, [tree.east], 4)  # begins on the last day of the first
    made(programme, [tree.east], 20)
    made(programme, [tree.central_java])
    made(other, [tree.east])
    made(programme, [tree.east], state="cancelled")
    found = clashes(TrainingClass.objects.prefetch_related("areas"))
    assert [(c.one, c.other) for c in found] == [(one, two)]


@pytest.fixture
def two_classes(tree):
    """Two classes of different programmes on the same days, and a third later."""
    first = timezone.localdate() + timedelta(days=30)
    return [
        factories.training_class(
            factories.programme(f"P-{i}"), tree.bdk, [tree.east], first_day=first + timedelta(days=shift)
        )
        for i, shift in enumerate((0, 0, 1))
    ]


def session(training_class, day, hour, **fields):
    version, _ = CurriculumVersion.objects.get_or_create(programme=training_class.programme, number=1)
    subject, _ = Subject.objects.get_or_create(version=version, position=1, group="inti", name="Isi", jp=2)
    return Session.objects.create(
        training_class=training_class, day=day, starts=time(hour), ends=time(hour + 1), subject=subject,
        mode="classroom", **fields,
    )  # fmt: skip


def test_trainers_and_rooms_of_two_classes_on_one_day_clash(two_classes, tree):
    one, two, three = two_classes
    trainer = Trainer.objects.create(name="Dewi Lestari")
    room = Room.objects.create(unit=tree.bdk, name="Aula")
    day = one.first_day + timedelta(days=1)
    session(one, day, 8, trainer=trainer, room=room)
    session(two, day, 10, trainer=trainer)
    session(three, day, 13, room=room)
    session(three, day + timedelta(days=1), 8, trainer=trainer)  # another day than the others
    found = [
        (c.one, c.other, c.words.split()[0]) for c in clashes(TrainingClass.objects.prefetch_related("areas"))
    ]
    assert found == [(one, two, "Dewi"), (one, three, "Aula")]


def test_the_exported_plan_can_be_imported_and_changes_nothing(tree, tmp_path):
    factories.training_class(
        factories.programme("A-1"), tree.bdk, [tree.east, tree.central_java], allocation="MANUAL",
        area_seats=[20, 10], seats=30, code="K-1", batch="Angkatan I", place="Surabaya", reserve=5, unit_cap=2,
    )  # fmt: skip
    factories.training_class(factories.programme("B-1"), tree.bdk, [tree.east], code="K-2", allocation="RATA")
    factories.training_class(factories.programme("C-1"), tree.pusdiklat, code="K-3")
    factories.training_class(factories.programme("D-1"), tree.bdk, code="K-4", state="cancelled")
    file = tmp_path / "kelas.csv"
    file.write_text("".join(as_csv(TrainingClass.objects.all())), encoding="utf-8")
    summary = run_import(ClassImporter, str(file), by=None, dry_run=True, errors_path=None)
    assert summary.counts() == {"read": 3, "created": 0, "updated": 0, "unchanged": 3, "rejected": 0}
