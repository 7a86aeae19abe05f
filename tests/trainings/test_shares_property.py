"""Attendance and verdicts out of the database against a model that walks the same marks in plain Python."""

from datetime import time
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.profiles import tries
from tests.trainings import running
from tests.trainings.test_passing_property import model
from trainings.delivery.results import standings
from trainings.models import Attendance, Component, Grading, Score, Withdrawal
from trainings.passing import Reached, Rule

#: Beginning, end, whether it is a lesson: two hours of the day that count, one that does not.
SESSIONS = (
    (time(8), time(9, 30), True),
    (time(10), time(12, 15), True),
    (time(13), time(14), False),
    (time(15), time(15, 50), True),
)
STATUSES = (None, "HADIR", "HADIR", "IZIN", "SAKIT", "TANPA_KETERANGAN")
PEOPLE = 3

person = st.fixed_dictionaries(
    {
        "marks": st.lists(st.sampled_from(STATUSES), min_size=len(SESSIONS), max_size=len(SESSIONS)),
        "scores": st.lists(st.none() | st.integers(0, 100), min_size=2, max_size=2),
        "remedials": st.lists(st.none() | st.integers(0, 100), min_size=2, max_size=2),
        "withdrew": st.booleans(),
    }
)


@pytest.fixture
def world(tree):
    training_class = running.running_class(tree.bdk)
    sessions = [
        running.lesson(
            training_class,
            starts=starts,
            ends=ends,
            **({} if lesson else {"subject": None, "title": "Pembukaan"}),
        )
        for starts, ends, lesson in SESSIONS
    ]
    seats = [running.seat(training_class, factories.employee(tree.madrasah)) for _n in range(PEOPLE)]
    components = [
        Component.objects.create(training_class=training_class, position=n, name=f"K{n}", weight=weight)
        for n, weight in enumerate((40, 60))
    ]
    grading = Grading.objects.create(training_class=training_class)
    return training_class, sessions, seats, components, grading


@tries(25)
@given(
    people=st.lists(person, min_size=PEOPLE, max_size=PEOPLE),
    rule=st.builds(Rule, st.booleans(), st.integers(0, 100), st.integers(0, 100)),
)
def test_standings_are_the_models(world, people, rule):
    training_class, sessions, seats, components, grading = world
    with transaction.atomic():
        Grading.objects.filter(pk=grading.pk).update(
            graded=rule.graded, pass_mark=rule.pass_mark, minimum_attendance=rule.minimum_attendance
        )
        Attendance.objects.bulk_create(
            Attendance(session=session, participation=seat, status=status, channel="roll")
            for seat, given_ in zip(seats, people, strict=True)
            for session, status in zip(sessions, given_["marks"], strict=True)
            if status
        )
        Score.objects.bulk_create(
            Score(component=component, participation=seat, score=score, remedial=remedial)
            for seat, given_ in zip(seats, people, strict=True)
            for component, score, remedial in zip(
                components, given_["scores"], given_["remedials"], strict=True
            )
            if score is not None
        )
        Withdrawal.objects.bulk_create(
            Withdrawal(participation=seat, day=training_class.first_day, reason="x")
            for seat, given_ in zip(seats, people, strict=True)
            if given_["withdrew"]
        )
        found = {one.participation.pk: one for one in standings(training_class)}
        page = standings(training_class, [seats[0].pk])
        transaction.set_rollback(True)
    held = 90 + 135 + 50
    assert [one.participation.pk for one in page] == [seats[0].pk]
    assert page[0].verdict == found[seats[0].pk].verdict
    for seat, given_ in zip(seats, people, strict=True):
        one = found[seat.pk]
        lengths = (90, 135, 0, 50)
        attended = sum(n for n, status in zip(lengths, given_["marks"], strict=True) if status == "HADIR")
        assert (one.attended, one.held) == (attended, held)
        assert one.percent == int(Fraction(100 * attended, held))
        assert one.excused == any(status in ("IZIN", "SAKIT") for status in given_["marks"])
        reached = [
            Reached(
                component.weight,
                None if score is None else Decimal(score),
                None if remedial is None or score is None else Decimal(remedial),
            )
            for component, score, remedial in zip(
                components, given_["scores"], given_["remedials"], strict=True
            )
        ]
        assert one.verdict.outcome == model(rule, attended, held, reached, given_["withdrew"])
