"""Many clients at once on real connections: no seat too many, none lost, nobody in two classes."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit.errors import Refusal
from invitations import actions
from invitations.delivery import issuing, seats
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


def test_who_accepts_waits_for_nobody_else_of_the_class(cast, tree):
    """Somebody holds the class's lock (a seat is being given on); an acceptance goes through beside it."""
    for i in range(4):
        factories.employee(tree.surabaya, name=f"Orang {i}")
    training_class = issued(cast, tree, factories.programme(), seats=3, reserve=1)
    first, second = training_class.invitations.order_by("rank")[:2]

    def accept_at_once() -> object:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            return actions.answer(invitation=first, answer="accept", by=None).state

    with transaction.atomic():
        seats.lock_class(training_class.pk)
        assert at_once(accept_at_once) == ["accepted"]
        # Two for the same invitation do wait for each other, and for whoever closes it.
        seats.lock_invitation(second.pk)

        def accept_the_locked() -> object:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
                return actions.answer(invitation=second, answer="accept", by=None)

        (result,) = at_once(accept_the_locked)
        assert "lock timeout" in str(result)
    training_class.refresh_from_db()
    assert training_class.seats_taken == 3
    assert problems() == {}


def test_a_class_is_moved_and_cancelled_while_its_people_accept(cast, tree):
    for i in range(16):
        factories.employee(tree.surabaya, name=f"Orang {i:02d}")
    training_class = issued(cast, tree, factories.programme(), seats=12, reserve=0)
    invitations = list(training_class.invitations.order_by("rank"))
    later = timedelta(days=7)

    def move() -> int:
        return actions.reschedule(
            training_class=training_class, by=cast.central, reason="Gedung dipakai", place="Kampus",
            first_day=training_class.first_day + later, last_day=training_class.last_day + later,
            confirm_by=training_class.confirm_by + later,
        )  # fmt: skip

    def accept(invitation: Invitation) -> object:
        return actions.answer(invitation=invitation, answer="accept", by=None)

    results = at_once(move, *[lambda i=i: accept(i) for i in invitations[:6]])
    refused_or_done(results)
    results = at_once(
        lambda: actions.cancel_class(training_class=training_class, by=cast.central, reason="Bencana"),
        *[lambda i=i: accept(i) for i in invitations[6:]],
    )
    refused_or_done(results)
    assert set(training_class.invitations.values_list("state", flat=True)) == {"withdrawn"}
    training_class.refresh_from_db()
    assert training_class.seats_taken == 0
    assert problems() == {}
