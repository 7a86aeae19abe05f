"""Evaluation: once, anonymous, shown from five; three months later by a link; trends."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from audit.addresses import without_keys
from audit.errors import Refusal
from audit.models import Event
from outbox.delivery import deliver_due
from outbox.models import Message
from tests import factories
from tests.trainings import running
from trainings import actions, completion, questions
from trainings.delivery import evaluating
from trainings.models import (
    Completion,
    Evaluated,
    EvaluationAnswer,
    FollowUp,
    Participation,
    Trainer,
)

GOOD = {code: 4 for code, _words in questions.ORGANISER}
TRAINED = {code: 5 for code, _words in questions.TRAINER}


@pytest.fixture
def taught(tree):
    training_class = running.running_class(tree.bdk)
    training_class.areas.create(unit=tree.east)
    running.lesson(training_class, trainer=Trainer.objects.create(name="Ahmad Hidayat"))
    return training_class


def participant(training_class, tree):
    person = factories.employee(tree.madrasah)
    person.user = get_user_model().objects.create_user(person.nip, person.email, "x")
    person.save()
    return running.seat(training_class, person)


def answer(seat, comment=""):
    actions.evaluate(
        participation=seat, by=seat.employee.user, organiser=(GOOD, comment),
        trainers={Trainer.objects.get().pk: (TRAINED, "")},
    )  # fmt: skip


def test_answers_lead_to_nobody_and_are_shown_from_five_on(client, taught, cast, tree):
    client.force_login(cast.organiser)
    address = reverse("trainings:evaluation", args=[taught.pk])
    events = Event.objects.count()
    for number in range(1, 6):
        answer(participant(taught, tree), comment=f"Komentar {number}")
        body = client.get(address).content.decode()
        assert ("Komentar 1" in body) == (number >= 5)
        assert ("4,00" in body) == (number >= 5)
    assert Event.objects.count() == events
    # No column of an answer points to a person, a seat, a user, or says when.
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM trainings_evaluationanswer LIMIT 1")
        columns = {column.name for column in cursor.description}
        cursor.execute("SELECT * FROM trainings_evaluated LIMIT 1")
        marks = {column.name for column in cursor.description}
    assert columns == {"id", "training_class_id", "about", "trainer_id", "ratings", "mean", "comment"}
    assert marks == {"participation_id"}
    trainer = reverse("trainings:trainer", args=[Trainer.objects.get().pk])
    assert "5,00" in client.get(trainer).content.decode()
    assert [
        point.number
        for point in evaluating.trend(EvaluationAnswer.objects.about_organiser(), type(taught).objects.all())
    ] == [5]


def test_one_answers_once_ones_own_class_while_it_is_open(client, taught, tree, cast):
    seat = participant(taught, tree)
    client.force_login(seat.employee.user)
    address = reverse("trainings:evaluate", args=[seat.pk])
    trainer = Trainer.objects.get().pk
    data = {f"o-{code}": 4 for code in GOOD} | {f"t{trainer}-{code}": 5 for code in TRAINED}
    missing = client.post(address, {**data, "o-materi": ""})
    assert missing.status_code == 200
    assert not Evaluated.objects.exists()
    for _turn in range(2):
        assert client.post(address, data).status_code == 302
    assert (Evaluated.objects.count(), EvaluationAnswer.objects.count()) == (1, 2)
    client.force_login(cast.employee_user)
    assert client.get(address).status_code == 404
    with pytest.raises(Refusal):
        actions.evaluate(participation=seat, by=cast.employee_user, organiser=(GOOD, ""), trainers={})
    late = running.running_class(tree.bdk, first_day=timezone.localdate() - timedelta(days=60))
    other = participant(late, tree)
    with pytest.raises(Refusal):
        actions.evaluate(participation=other, by=other.employee.user, organiser=(GOOD, ""), trainers={})
    stranger = participant(taught, tree)
    with pytest.raises(Refusal):
        actions.evaluate(
            participation=stranger,
            by=stranger.employee.user,
            organiser=(GOOD, ""),
            trainers={9999: (TRAINED, "")},
        )
    with pytest.raises(Refusal):
        actions.evaluate(
            participation=stranger,
            by=stranger.employee.user,
            organiser=({**GOOD, "materi": 6}, ""),
            trainers={},
        )
    assert Evaluated.objects.count() == 1


def completed(tree, cast, monkeypatch, days: int):
    """A class that ended so many days ago with one who passed and one who did not come, completed."""
    monkeypatch.setattr(completion, "_completed", [])
    training_class = running.running_class(
        tree.bdk, first_day=timezone.localdate() - timedelta(days=days + 1)
    )
    session = running.lesson(training_class)
    running.graded(training_class, graded=False)
    running.mark(session, running.seat(training_class, cast.employee))
    running.seat(training_class, factories.employee(tree.madrasah))
    actions.lock_results(training_class=training_class, by=cast.organiser)
    actions.complete(training_class=training_class, by=cast.organiser)
    return training_class


def test_three_months_later_participant_and_superior_are_asked_once(client, tree, cast, monkeypatch):
    head = factories.employee(tree.surabaya, name="Kepala Kantor", position_kind="ADMINISTRATOR")
    factories.employee(tree.surabaya, name="Ada Kasubbag", position_kind="PENGAWAS")
    completed(tree, cast, monkeypatch, 100)
    completed(tree, cast, monkeypatch, 20)
    assert Completion.objects.count() == 2
    assert evaluating.ask_due() == 2
    assert evaluating.ask_due() == 0
    asked = {m.kind: m for m in Message.objects.filter(about_type="follow_up")}
    assert asked["follow_up_participant"].to_address == cast.employee.email
    assert asked["follow_up_superior"].to_name == head.full_name
    deliver_due()
    asked["follow_up_superior"].refresh_from_db()
    assert asked["follow_up_superior"].state == "sent"
    assert "Sari" in asked["follow_up_superior"].body
    path = asked["follow_up_superior"].context["url_path"]
    assert path not in without_keys(asked["follow_up_superior"].body)
    # The link works without signing in, takes one answer, and nothing but that one question.
    body = client.get(path).content.decode()
    assert "Sari" in body
    assert client.post(path, {"penerapan": 5}).status_code == 200
    full = {code: 5 for code, _words in questions.FOLLOW_UP}
    assert client.post(path, full).status_code == 302
    client.post(path, dict.fromkeys(full, 1))
    follow_up = FollowUp.objects.get(role="superior")
    assert follow_up.ratings == full
    assert client.get(path[:-3] + "xx/").status_code == 404
    with pytest.raises(Refusal):
        actions.answer_follow_up(follow_up=follow_up, by=None, ratings=full, comment="")


def test_nobody_is_the_own_superior_and_without_a_head_nobody_is_asked(tree):
    head = factories.employee(tree.surabaya, position_kind="ADMINISTRATOR")
    teacher = factories.employee(tree.madrasah)
    without = factories.employee(tree.semarang)
    mute = factories.employee(tree.semarang, position_kind="JPT", email="")
    assert evaluating.superiors_of([head, teacher, without, mute]) == {teacher.pk: head}
    assert Participation.objects.count() == 0
