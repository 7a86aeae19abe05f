"""Many clients at once on real connections: no seat too many, none lost, nobody in two classes."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.errors import Refusal
from invitations import actions
from invitations.delivery import issuing
from invitations.models import Invitation
from jobs.models import Job
from outbox.models import Message
from simdiklat.integrity import problems
from tests import factories
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def issued(cast, tree, programme, **fields):
    training_class = factories.training_class(programme, tree.bdk, [tree.surabaya], **fields)
    selection = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.central)
    actions.issue(selection.pk)
    return training_class


def refused_or_done(results):
    unexpected = [r for r in results if isinstance(r, Exception) and not isinstance(r, Refusal)]
    assert unexpected == []


def test_thirty_clients_answer_at_once(cast, tree):
    for i in range(60):
        factories.employee(tree.surabaya, name=f"Orang {i:02d}")
    training_class = issued(cast, tree, factories.programme(), seats=20, reserve=25)
    invitations = list(training_class.invitations.order_by("rank"))
    # Ten accept, ten decline, and ten of them are answered a second time by somebody else at the same moment.
    works = [
        lambda i=i, answer=answer: actions.answer(
            invitation=i, answer=answer, by=None, reason="DINAS" if answer == "decline" else ""
        )
        for i, answer in [
            *((i, "accept") for i in invitations[:10]),
            *((i, "decline") for i in invitations[10:]),
            *((i, "decline") for i in invitations[5:15]),
        ]
    ]
    results = at_once(*works)
    refused_or_done(results)

    states = Counter(training_class.invitations.values_list("state", flat=True))
    training_class.refresh_from_db()
    assert training_class.seats_taken == 20 == states["issued"] + states["accepted"]
    # 5–9 end declined whichever came first (an accepted one may be declined); 10–19 are declined once.
    assert states["declined"] == 15
    assert training_class.invitations.count() == 20 + 15
    promoted = training_class.invitations.exclude(replaces=None)
    assert promoted.count() == 15 == promoted.values("replaces").distinct().count()
    assert Message.objects.count() == 35
    assert problems() == {}


def test_the_sweeper_and_an_answer_meet(cast, tree, monkeypatch):
    for i in range(6):
        factories.employee(tree.surabaya, name=f"Orang {i}")
    training_class = issued(
        cast, tree, factories.programme(), seats=3, reserve=3, confirm_by=timezone.localdate()
    )
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda *_args: tomorrow)
    late = [
        lambda i=i: actions.answer(invitation=i, answer="accept", by=None)
        for i in training_class.invitations.all()
    ]
    results = at_once(issuing.expire_due, issuing.expire_due, *late)
    refused_or_done(results)
    states = Counter(training_class.invitations.values_list("state", flat=True))
    assert states == {"expired": 3, "issued": 3}
    assert problems() == {}


def test_two_classes_want_the_same_people(cast, tree):
    for i in range(12):
        factories.employee(tree.surabaya, name=f"Orang {i:02d}")
    classes = []
    for code in ("A", "B"):
        training_class = factories.training_class(
            factories.programme(code), tree.bdk, [tree.surabaya], seats=6, reserve=6
        )
        selection = actions.start_selection(training_class=training_class, by=cast.central)
        actions.run_selection(selection.pk)
        actions.approve(selection=selection, by=cast.central)
        classes.append((training_class, selection))
    results = at_once(*[lambda s=s: actions.issue(s.pk) for _c, s in classes])
    refused_or_done(results)
    # The same six head both lists; nobody may be in both, and every seat is filled from the reserves.
    for training_class, _selection in classes:
        training_class.refresh_from_db()
        assert training_class.seats_taken == 6
    people = list(Invitation.objects.live().values_list("employee", flat=True))
    assert len(people) == len(set(people)) == 12
    assert problems() == {}


def test_a_selection_issued_by_two_workers_is_issued_once(cast, tree):
    for i in range(5):
        factories.employee(tree.surabaya, name=f"Orang {i}")
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.surabaya], seats=4, reserve=2
    )
    selection = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.central)
    results = at_once(*[lambda: actions.issue(selection.pk)] * 4)
    assert results == [{"selection": selection.pk, "issued": 4, "reserve": 2}] * 4
    assert Message.objects.count() == 4


def test_two_planners_start_at_once_and_one_selection_is_pending(cast, tree):
    training_class = factories.training_class(factories.programme(), tree.bdk, [tree.surabaya])
    results = at_once(*[lambda: actions.start_selection(training_class=training_class, by=cast.central)] * 4)
    refused_or_done(results)
    assert sum(isinstance(r, Refusal) for r in results) == 3
    assert training_class.selections.count() == 1
    assert Job.objects.count() == 1
