"""What the database refuses, whoever asks: a seat too many, two classes at once, two seats in one."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests import factories
from trainings.models import Participation, TrainingClass

pytestmark = pytest.mark.django_db


@pytest.fixture
def training_class(tree):
    return factories.training_class(factories.programme(), tree.bdk, seats=2)


def seat(training_class, person, **fields):
    values = {"state": "confirmed", "source": "manual", **fields}
    return Participation.objects.create(
        training_class=training_class, employee=person,
        first_day=training_class.first_day, last_day=training_class.last_day, **values,
    )  # fmt: skip


def refused(work, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        work()


def test_seats_are_counted_and_never_exceeded(training_class, tree):
    people = [factories.employee(tree.surabaya) for _ in range(3)]
    first = seat(training_class, people[0])
    seat(training_class, people[1], state="held")
    training_class.refresh_from_db()
    assert training_class.seats_taken == 2
    refused(lambda: seat(training_class, people[2]), "trainings_seats_not_exceeded")
    first.state = "released"
    first.save()
    seat(training_class, people[2])
    training_class.refresh_from_db()
    assert training_class.seats_taken == 2
    fewer = TrainingClass.objects.filter(pk=training_class.pk)
    refused(lambda: fewer.update(seats=1), "trainings_seats_not_exceeded")


def test_nobody_sits_in_two_overlapping_classes(training_class, tree):
    person = factories.employee(tree.surabaya)
    seat(training_class, person)
    programme = training_class.programme
    touching = factories.training_class(programme, tree.bdk, first_day=training_class.last_day)
    after = factories.training_class(
        programme, tree.bdk, first_day=training_class.last_day + timedelta(days=1)
    )
    refused(lambda: seat(touching, person), "trainings_no_overlapping_seats")
    seat(after, person)
    # Moved onto each other, the two are refused as well; the seat's dates follow the class.
    moved = TrainingClass.objects.filter(pk=after.pk)
    refused(lambda: moved.update(first_day=training_class.first_day), "trainings_no_overlapping_seats")
    moved.update(last_day=after.last_day + timedelta(days=3))
    assert after.participations.get().last_day == after.last_day + timedelta(days=3)


def test_one_person_has_one_seat_in_a_class(training_class, tree):
    person = factories.employee(tree.surabaya)
    seat(training_class, person, state="released")
    seat(training_class, person)
    refused(lambda: seat(training_class, person), "trainings_(one_seat_per_person|no_overlapping_seats)")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [({"seats": 0}, "trainings_class_has_seats"), ({"last_day": "2000-01-01"}, "trainings_class_dates")],
)
def test_a_class_that_cannot_be(training_class, changes, constraint):
    refused(lambda: TrainingClass.objects.filter(pk=training_class.pk).update(**changes), constraint)
