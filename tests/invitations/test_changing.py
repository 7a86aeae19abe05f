"""A class moved or cancelled, and reminders: everyone concerned hears once."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.errors import Refusal
from invitations import actions
from invitations.delivery import reminders
from invitations.models import Invitation
from outbox.models import Message
from simdiklat.integrity import problems
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(cast, tree, settings, tmp_path):
    """A class of three seats: Sari accepted, one declined and was replaced, two await."""
    settings.EVIDENCE_DIR = tmp_path
    for i in range(5):
        person = factories.employee(tree.surabaya, name=f"Orang {i}")
        factories.history(person, timezone.localdate() - timedelta(days=2000 - i))
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.surabaya], seats=3, reserve=2, place="Surabaya"
    )
    selection = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.central)
    actions.issue(selection.pk)
    first, second, _third = training_class.invitations.order_by("rank")
    actions.answer(invitation=first, answer="accept", by=cast.employee_user)
    actions.answer(invitation=second, answer="decline", by=None, reason="CUTI")
    training_class.refresh_from_db()
    return training_class


def move(training_class, by, **changes):
    values = {
        "first_day": training_class.first_day + timedelta(days=7),
        "last_day": training_class.last_day + timedelta(days=7),
        "confirm_by": training_class.confirm_by + timedelta(days=7),
        "place": "Malang",
        "reason": "gedung diperbaiki",
    }
    return actions.reschedule(training_class=training_class, by=by, **{**values, **changes})


def test_a_moved_class_is_told_once_to_everyone_with_a_seat(issued, cast):
    before = issued.first_day
    assert move(issued, cast.central) == 3
    told = Message.objects.filter(kind="class_changed")
    assert told.count() == 3 == told.values("about_id").distinct().count()
    context = told.first().context
    assert (context["sequence"], context["why"], context["place"]) == (1, "gedung diperbaiki", "Malang")
    assert context["before"]["first_day"] == before.isoformat()
    issued.refresh_from_db()
    awaiting = Invitation.objects.awaiting_reply()
    assert set(awaiting.values_list("answer_by", flat=True)) == {issued.confirm_by}
    # Moved again, everybody hears of that once more, with the next sequence.
    assert move(issued, cast.central, place="Kediri") == 3
    assert Counter(Message.objects.filter(kind="class_changed").values_list("context__sequence", flat=True)) == {
        1: 3, 2: 3,
    }  # fmt: skip
    assert problems() == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": " "}, "reason"),
        ({"first_day": timezone.localdate()}, "dates"),
        ({"last_day": timezone.localdate() + timedelta(days=1)}, "dates"),
        ({"confirm_by": timezone.localdate() + timedelta(days=90)}, "dates"),
    ],
)
def test_a_move_that_cannot_be_is_refused_and_nobody_hears(issued, cast, changes, code):
    with pytest.raises(Refusal) as refusal:
        move(issued, cast.central, **changes)
    assert refusal.value.code == code
    assert Message.objects.filter(kind="class_changed").count() == 0


def test_a_move_onto_another_class_of_a_participant_names_them(issued, cast, tree):
    other = factories.training_class(
        factories.programme("LAIN"), tree.bdk, first_day=issued.first_day + timedelta(days=7)
    )
    other.participations.create(employee=cast.employee, state="confirmed", source="manual",
                                first_day=other.first_day, last_day=other.last_day)  # fmt: skip
    with pytest.raises(Refusal) as refusal:
        move(issued, cast.central)
    assert "Sari Wulandari" in refusal.value.user_message
    issued.refresh_from_db()
    assert (issued.place, issued.revision) == ("Surabaya", 0)


def test_a_cancelled_class_releases_everybody_and_tells_them_once(issued, cast):
    assert actions.cancel_class(training_class=issued, by=cast.central, reason="anggaran dipotong") == 3
    issued.refresh_from_db()
    assert (issued.state, issued.seats_taken) == ("cancelled", 0)
    assert Counter(Invitation.objects.values_list("state", flat=True)) == {"withdrawn": 3, "declined": 1}
    assert Message.objects.filter(kind="class_cancelled").count() == 3
    with pytest.raises(Refusal):
        actions.cancel_class(training_class=issued, by=cast.central, reason="lagi")
    assert Message.objects.filter(kind="class_cancelled").count() == 3
    assert problems() == {}


def test_only_the_organisers_planner_moves_or_cancels(issued, cast):
    for by in (cast.neighbour, cast.operator, cast.auditor):
        with pytest.raises(Refusal) as refusal:
            move(issued, by)
        assert refusal.value.code == "permission"
        with pytest.raises(Refusal):
            actions.cancel_class(training_class=issued, by=by, reason="x")
    issued.refresh_from_db()
    assert (issued.state, issued.revision) == ("scheduled", 0)


def test_reminders_come_from_what_was_sent_and_once_each(issued):
    three_before = issued.confirm_by - timedelta(days=3)
    assert reminders.remind_due(three_before) == 0  # nothing has left the outbox yet
    long_ago = timezone.now() - timedelta(days=5)
    Message.objects.update(state="sent", sent_at=long_ago)
    assert reminders.remind_due(three_before - timedelta(days=1)) == 0
    assert reminders.remind_due(three_before) == 2  # the two who have not answered
    assert reminders.remind_due(three_before) == 0
    assert reminders.remind_due(issued.confirm_by - timedelta(days=1)) == 2
    reminded = Message.objects.filter(kind="invitation_reminder")
    assert reminded.count() == 4
    assert set(reminded.values_list("about_id", flat=True)) == set(
        Invitation.objects.awaiting_reply().values_list("pk", flat=True)
    )


def test_a_moved_class_reminds_of_its_new_last_day(issued, cast):
    long_ago = timezone.now() - timedelta(days=5)
    Message.objects.update(state="sent", sent_at=long_ago)
    assert reminders.remind_due(issued.confirm_by - timedelta(days=3)) == 2
    move(issued, cast.central)
    Message.objects.update(state="sent", sent_at=long_ago)
    issued.refresh_from_db()
    for days in (3, 1):
        assert reminders.remind_due(issued.confirm_by - timedelta(days=days)) == 2
        assert reminders.remind_due(issued.confirm_by - timedelta(days=days)) == 0


def test_nobody_is_reminded_right_after_a_message(issued):
    Message.objects.update(state="sent", sent_at=timezone.now() - timedelta(hours=3))
    assert reminders.remind_due(issued.confirm_by - timedelta(days=3)) == 0
