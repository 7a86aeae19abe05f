"""The main job in one process: rank, propose, approve, issue, answer, promote."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from audit.errors import Refusal
from invitations import actions, tasks
from invitations.models import Invitation
from invitations.verify import verify
from jobs.models import Job
from outbox.models import Message
from simdiklat.integrity import problems
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(cast, tree):
    """Four people of Surabaya who wait ever shorter."""
    today = timezone.localdate()
    made = []
    for i in range(4):
        person = factories.employee(tree.surabaya, name=f"Orang {i}", service_start=date(2009, 1, 1))
        factories.history(person, today - timedelta(days=2000 - 100 * i))
        made.append(person)
    return made


def proposed(cast, tree, **fields):
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.surabaya], **{"seats": 2, "reserve": 2, **fields}
    )
    selection = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(selection.pk)
    selection.refresh_from_db()
    return selection


def test_the_longest_waiting_are_selected_and_the_rest_waits(cast, tree, people):
    selection = proposed(cast, tree)
    outcome = {c.employee.name: (c.rank, c.outcome) for c in selection.candidates.select_related("employee")}
    # Sari (MAN1, below Surabaya) was never trained: first.
    assert outcome == {
        "Sari Wulandari": (1, "selected"),
        "Orang 0": (2, "selected"),
        "Orang 1": (3, "reserve"),
        "Orang 2": (4, "reserve"),
        "Orang 3": (5, "waiting"),
    }
    assert selection.excluded == {"area": 1}
    assert verify(selection).differences == []


def test_issue_answer_decline_promotes_the_first_reserve(cast, tree, people):
    selection = proposed(cast, tree)
    actions.approve(selection=selection, by=cast.central)
    assert actions.issue(selection.pk) == {"selection": selection.pk, "issued": 2, "reserve": 2}
    assert actions.issue(selection.pk) == {"selection": selection.pk, "issued": 2, "reserve": 2}
    assert Message.objects.count() == 2
    first = Invitation.objects.get(employee=cast.employee)
    assert first.reason["rank"] == 1

    done = actions.answer(invitation=first, answer="decline", by=cast.employee_user, reason="sakit")
    assert (done.state, done.promoted.employee) == ("declined", people[1])
    again = actions.answer(invitation=first, answer="decline", by=cast.employee_user, reason="sakit")
    assert (again.changed, again.promoted) == (False, None)
    with pytest.raises(Refusal):
        actions.answer(invitation=first, answer="accept", by=cast.employee_user)
    selection.training_class.refresh_from_db()
    assert selection.training_class.seats_taken == 2
    assert problems() == {}


def test_approval_marks_who_fails_a_gate_and_offers_the_seat_on(cast, tree, people):
    selection = proposed(cast, tree)
    factories.history(cast.employee, timezone.localdate(), selection.training_class.programme)
    actions.approve(selection=selection, by=cast.central)
    assert actions.issue(selection.pk)["issued"] == 2
    assert set(Invitation.objects.values_list("employee__name", flat=True)) == {"Orang 0", "Orang 1"}
    assert list(selection.marks.values_list("employee__name", "code")) == [("Sari Wulandari", "passed")]


def test_a_rerun_voids_in_public_and_draws_a_new_seed(cast, tree, people):
    selection = proposed(cast, tree)
    again = actions.start_selection(
        training_class=selection.training_class, by=cast.central, reason="data diperbaiki"
    )
    selection.refresh_from_db()
    assert selection.state == "void"
    assert again.seed_id != selection.seed_id
    assert again.number == 2


def test_nobody_eligible_is_not_an_error(cast, tree):
    selection = proposed(cast, tree, seats=5)
    assert selection.pool_size == 1
    empty = factories.training_class(
        factories.programme("T2", target_statuses=["CPNS"]), tree.bdk, [tree.surabaya]
    )
    ranked = actions.start_selection(training_class=empty, by=cast.central)
    assert actions.run_selection(ranked.pk)["pool"] == 0
    ranked.refresh_from_db()
    assert (ranked.state, ranked.excluded) == ("proposed", {"area": 1, "status": 5 - 4})


def test_issuing_that_failed_is_tried_again_by_approving_again(cast, tree, people):
    selection = proposed(cast, tree)
    approved = actions.approve(selection=selection, by=cast.central)
    with pytest.raises(Refusal):
        actions.approve(selection=selection, by=cast.central)
    Job.objects.filter(pk=approved.job_id).update(state="failed")
    again = actions.approve(selection=selection, by=cast.central)
    assert again.job_id != approved.job_id
    tasks.issue(again.job_id)
    assert Invitation.objects.count() == 2


def by_hand(training_class, person):
    training_class.participations.create(
        employee=person, state="confirmed", source="manual",
        first_day=training_class.first_day, last_day=training_class.last_day,
    )  # fmt: skip


def test_a_seat_by_hand_in_the_class_keeps_a_person_out_of_its_pool(cast, tree, people):
    training_class = factories.training_class(factories.programme(), tree.bdk, [tree.surabaya], seats=2)
    by_hand(training_class, cast.employee)
    selection = actions.start_selection(training_class=training_class, by=cast.central)
    summary = actions.run_selection(selection.pk)
    assert (summary["selected"], summary["excluded"]["committed"]) == (1, 1)


def test_a_seat_taken_by_hand_before_the_issue_displaces_the_last(cast, tree, people):
    selection = proposed(cast, tree)
    by_hand(selection.training_class, people[3])
    actions.approve(selection=selection, by=cast.central)
    assert actions.issue(selection.pk) == {"selection": selection.pk, "issued": 1, "reserve": 3}
    assert list(selection.marks.values_list("employee__name", "kind")) == [("Orang 0", "displaced")]
    # The chosen one herself taking a seat by hand fails the gate; her seat is no longer hers to pass on.
    first = Invitation.objects.get()
    promoted = actions.answer(invitation=first, answer="decline", by=None, reason="CUTI").promoted
    assert promoted.employee.name == "Orang 0"
    assert problems() == {}
