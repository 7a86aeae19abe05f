"""Stopping an issue, messages that did not arrive, classes moved and cancelled: as pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from invitations import actions
from invitations.models import Invitation
from invitations.views.sending import sending_of
from outbox import delivery, reasons
from outbox.models import DeadAddress, Message
from simdiklat.integrity import problems
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def selection(cast, tree, settings, tmp_path):
    """Two invited: Sari of the madrasah and one person of Surabaya; a reserve of one."""
    settings.EVIDENCE_DIR = tmp_path
    for number in range(2):
        person = factories.employee(tree.surabaya, name=f"Orang {number}")
        factories.history(person, timezone.localdate() - timedelta(days=2000 - number))
    made = factories.training_class(factories.programme(), tree.bdk, [tree.east], seats=2, reserve=1)
    started = actions.start_selection(training_class=made, by=cast.central, in_background=False)
    actions.run_selection(started.pk)
    actions.approve(selection=started, by=cast.central, in_background=False)
    actions.issue(started.pk)
    started.refresh_from_db()
    return started


def part(client, selection) -> str:
    address = reverse("invitations:sending", args=[selection.pk])
    return client.get(address, headers={"HX-Request": "true"}).content.decode()


# --- Stopping -------------------------------------------------------------------------------------


def test_the_countdown_is_shown_and_asked_for_again_while_messages_wait(client, cast, selection, settings):
    client.force_login(cast.organiser)
    now = sending_of(selection, cast.organiser)
    assert (now.total, now.waiting, now.sent) == (2, 2, 0)
    assert 0 < now.seconds <= settings.ISSUE_DELAY_SECONDS
    shown = client.get(reverse("invitations:class", args=[selection.training_class_id])).content.decode()
    ranked = client.get(reverse("invitations:selection", args=[selection.pk])).content.decode()
    stop = reverse("invitations:stop", args=[selection.pk])
    for body in (shown, ranked, part(client, selection)):
        assert "every 2s" in body and 'role="timer"' in body and stop in body
    Message.objects.update(state="sent", sent_at=timezone.now())
    body = part(client, selection)
    assert "every 2s" not in body and 'role="timer"' not in body and stop not in body


def test_an_issue_is_stopped_with_a_reason_and_sent_after_all(client, cast, selection, settings):
    client.force_login(cast.organiser)
    address = reverse("invitations:stop", args=[selection.pk])
    client.post(address, {"reason": ""})
    assert sending_of(selection, cast.organiser).waiting == 2
    client.post(address, {"reason": "Salah kelas"})
    now = sending_of(selection, cast.organiser)
    assert (now.waiting, now.stopped, now.why_stopped) == (0, 2, "Salah kelas")
    assert set(Invitation.objects.values_list("state", flat=True)) == {"issued"}
    assert problems() == {}
    assert Event.objects.get(verb="outbox.stop").data["cancelled"] == 2
    body = part(client, selection)
    assert "Salah kelas" in body and reverse("invitations:resume", args=[selection.pk]) in body
    # A second stop finds nothing to stop and says so.
    assert client.post(address, {"reason": "lagi"}).context["form"].non_field_errors()

    client.post(reverse("invitations:resume", args=[selection.pk]))
    now = sending_of(selection, cast.organiser)
    assert (now.waiting, now.stopped) == (2, 0)
    assert 0 < now.seconds <= settings.ISSUE_DELAY_SECONDS
    assert Event.objects.get(verb="outbox.resume").data["messages"] == 2
    Message.objects.update(not_before=timezone.now())
    assert delivery.deliver_due().sent == 2


def test_whoever_was_withdrawn_meanwhile_gets_nothing_after_all(cast, selection):
    actions.stop_sending(selection=selection, by=cast.organiser, reason="x")
    sari = Invitation.objects.get(employee=cast.employee)
    actions.withdraw(invitation=sari, by=cast.organiser, reason="salah orang")
    actions.resume_sending(selection=selection, by=cast.organiser)
    Message.objects.update(not_before=timezone.now())
    delivery.deliver_due()
    assert set(Message.objects.filter(about_id=sari.pk).values_list("state", flat=True)) == {"cancelled"}
    assert Message.objects.filter(state="sent").exclude(about_id=sari.pk).count() == 2
    # What was no longer true is not called back into the queue by another resume.
    assert list(Message.objects.filter(about_id=sari.pk).stopped()) == []


def test_whoever_accepted_in_the_portal_hears_of_the_withdrawal(cast, selection):
    actions.stop_sending(selection=selection, by=cast.organiser, reason="x")
    sari = Invitation.objects.get(employee=cast.employee)
    actions.answer(invitation=sari, answer="accept", by=cast.employee_user)
    actions.withdraw(invitation=sari, by=cast.organiser, reason="salah orang")
    Message.objects.update(not_before=timezone.now())
    delivery.deliver_due()
    assert Message.objects.get(about_id=sari.pk, kind="invitation_withdrawn").state == "sent"


@pytest.mark.parametrize(
    ("who", "sending", "stop"),
    [("organiser", 200, 200), ("central", 200, 200), ("operator", 200, 403), ("auditor", 200, 403),
     ("neighbour", 404, 403), ("employee_user", 403, 403)],
)  # fmt: skip
def test_who_sees_and_stops_the_sending(client, cast, selection, who, sending, stop):
    client.force_login(getattr(cast, who))
    assert client.get(reverse("invitations:sending", args=[selection.pk])).status_code == sending
    for name in ("stop", "resume"):
        assert client.get(reverse(f"invitations:{name}", args=[selection.pk])).status_code == stop
    if who == "operator":
        assert reverse("invitations:stop", args=[selection.pk]) not in part(client, selection)


# --- Not delivered --------------------------------------------------------------------------------


@pytest.fixture
def refused(selection, cast):
    """Sari's address was refused for good."""
    message = Message.objects.get(about_id=Invitation.objects.get(employee=cast.employee).pk)
    answer = "550 5.1.1 Mailbox unavailable"
    Message.objects.filter(pk=message.pk).update(
        state="failed", last_error=reasons.ADDRESS_REFUSED, smtp_answer=answer
    )
    DeadAddress.objects.create(address=message.to_address.lower(), smtp_answer=answer)
    message.refresh_from_db()
    return message


def test_the_unit_reads_what_the_server_said_and_mends_the_address(client, cast, refused):
    client.force_login(cast.operator)
    assert client.get("/").context["undelivered"] == 1
    body = client.get(reverse("invitations:undelivered")).content.decode()
    assert "550 5.1.1 Mailbox unavailable" in body
    address = reverse("invitations:mend", args=[refused.pk])
    assert address in body
    client.post(address, {"address": "bukan alamat"})
    refused.refresh_from_db()
    assert refused.state == "failed"
    client.post(address, {"address": "sari.baru@contoh.invalid"})
    refused.refresh_from_db()
    cast.employee.refresh_from_db()
    assert (refused.state, refused.to_address) == ("pending", "sari.baru@contoh.invalid")
    assert cast.employee.email == "sari.baru@contoh.invalid"
    assert Event.objects.filter(verb="employee.address_changed", actor_id=cast.operator.pk).count() == 1
    assert client.get("/").context["undelivered"] == 0


def test_an_address_that_is_right_after_all_is_tried_again(client, cast, refused):
    client.force_login(cast.operator)
    client.post(reverse("invitations:mend", args=[refused.pk]), {"address": refused.to_address})
    refused.refresh_from_db()
    assert refused.state == "pending"
    assert list(DeadAddress.objects.current()) == []
    assert not Event.objects.filter(verb="employee.address_changed").exists()


@pytest.mark.parametrize(
    ("who", "listed", "mend"),
    [("operator", 1, 200), ("central", 1, 200), ("organiser", 1, 403), ("auditor", 1, 403),
     ("neighbour", 0, 404), ("leader", None, 403), ("employee_user", None, 403)],
)  # fmt: skip
def test_who_sees_and_mends_what_did_not_arrive(client, cast, refused, who, listed, mend):
    client.force_login(getattr(cast, who))
    response = client.get(reverse("invitations:undelivered"))
    if listed is None:
        assert response.status_code == 403
    else:
        assert len(response.context["table"].rows) == listed
    assert client.get(reverse("invitations:mend", args=[refused.pk])).status_code == mend


def test_the_list_of_the_undelivered_costs_the_same_at_one_row_and_at_three(
    client, cast, tree, refused, django_assert_num_queries
):
    client.force_login(cast.operator)
    address = reverse("invitations:undelivered")
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        assert client.get(address).content.decode().count("<tr><td") == 1
    for number in range(2):
        Message.objects.create(
            key=f"x:{number}", kind="invitation", to_name=f"X{number}", state="no_address",
            unit_path=tree.madrasah.path, context={"class_name": "K"},
        )  # fmt: skip
    with django_assert_num_queries(len(one)):
        assert client.get(address).content.decode().count("<tr><td") == 3


# --- Moved and cancelled --------------------------------------------------------------------------


def moved(training_class, **more):
    week = timedelta(days=7)
    return {
        "first_day": training_class.first_day + week, "last_day": training_class.last_day + week,
        "confirm_by": training_class.confirm_by + week, "place": "Malang", "reason": "Gedung diperbaiki",
        **more,
    }  # fmt: skip


def test_moving_shows_the_message_before_anybody_gets_it(client, cast, selection):
    training_class = selection.training_class
    client.force_login(cast.organiser)
    address = reverse("invitations:move_class", args=[training_class.pk])
    assert client.get(address).context["told"] == 2
    preview = client.post(address, moved(training_class, go="preview"))
    sample = preview.context["sample"]
    assert "Malang" in sample.text and "Gedung diperbaiki" in sample.text
    training_class.refresh_from_db()
    assert (training_class.place, training_class.revision) == ("", 0)
    assert not Message.objects.filter(kind="class_changed").exists()
    client.post(address, moved(training_class, go="send"))
    training_class.refresh_from_db()
    assert (training_class.place, training_class.revision) == ("Malang", 1)
    told = Message.objects.filter(kind="class_changed")
    assert told.count() == 2
    same = told.get(about_id=training_class.invitations.order_by("rank").first().pk).context
    assert same["place"] in sample.text and same["why"] in sample.text


def test_a_refused_move_says_why_and_changes_nothing(client, cast, selection):
    training_class = selection.training_class
    client.force_login(cast.organiser)
    values = moved(training_class, last_day=training_class.first_day, go="send")
    response = client.post(reverse("invitations:move_class", args=[training_class.pk]), values)
    assert response.context["form"].non_field_errors()
    training_class.refresh_from_db()
    assert training_class.revision == 0


def test_cancelling_says_how_many_are_told_and_tells_them(client, cast, selection):
    client.force_login(cast.organiser)
    address = reverse("invitations:cancel_class", args=[selection.training_class_id])
    page = client.get(address)
    assert page.context["told"] == 2 and page.context["sample"].subject
    client.post(address, {"reason": " "})
    selection.training_class.refresh_from_db()
    assert selection.training_class.state == "scheduled"
    client.post(address, {"reason": "Anggaran dipotong"})
    selection.training_class.refresh_from_db()
    assert (selection.training_class.state, selection.training_class.seats_taken) == ("cancelled", 0)
    assert Message.objects.filter(kind="class_cancelled").count() == 2
    assert problems() == {}


def test_above_a_hundred_the_number_of_the_told_is_typed(client, cast, selection, monkeypatch):
    from invitations import forms

    monkeypatch.setattr(forms, "TYPED_ABOVE", 1)
    client.force_login(cast.organiser)
    address = reverse("invitations:cancel_class", args=[selection.training_class_id])
    for typed in ({}, {"typed": "3"}):
        assert "typed" in client.post(address, {"reason": "x", **typed}).context["form"].errors
    move = reverse("invitations:move_class", args=[selection.training_class_id])
    values = moved(selection.training_class)
    assert client.post(move, values | {"go": "preview"}).context["sample"] is not None
    assert "typed" in client.post(move, values | {"go": "send"}).context["form"].errors
    selection.training_class.refresh_from_db()
    assert (selection.training_class.state, selection.training_class.revision) == ("scheduled", 0)
    client.post(address, {"reason": "x", "typed": "2"})
    selection.training_class.refresh_from_db()
    assert selection.training_class.state == "cancelled"


@pytest.mark.parametrize("name", ["move_class", "cancel_class", "what_if"])
@pytest.mark.parametrize(
    ("who", "status"), [("organiser", 200), ("operator", 403), ("auditor", 403), ("employee_user", 403)]
)
def test_who_changes_a_class(client, cast, selection, name, who, status):
    client.force_login(getattr(cast, who))
    address = reverse(f"invitations:{name}", args=[selection.training_class_id])
    assert client.get(address).status_code == status


def test_mending_says_that_there_was_no_address(client, cast, refused):
    type(refused).objects.filter(pk=refused.pk).update(state="no_address", last_error="", to_address="")
    client.force_login(cast.central)
    client.cookies["django_language"] = "en"
    assert (
        "The person has no e-mail address."
        in client.get(reverse("invitations:mend", args=[refused.pk])).content.decode()
    )
