"""The signed link: one purpose, no sign-in, nothing more than it must show."""

from datetime import date, timedelta

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from audit.errors import Refusal
from invitations import actions, links
from invitations.models import Invitation
from outbox.models import Message
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(cast, tree, settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path
    # Began later than the employee, so that no lottery decides who is invited.
    factories.employee(tree.surabaya, name="Cadangan Satu", service_start=date(2015, 3, 1))
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.surabaya], seats=1, reserve=1
    )
    selection = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.central)
    actions.issue(selection.pk)
    return Invitation.objects.get()


def test_after_the_class_nothing_is_answered_or_withdrawn_any_more(client, invitation, cast, monkeypatch):
    actions.answer(invitation=invitation, answer="accept", by=None)
    training_class = invitation.training_class
    after = training_class.last_day + timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda *_args: after)
    path = links.path_for(invitation.pk)
    assert 'value="decline"' not in client.get(path).content.decode()
    client.post(path, {"answer": "decline", "reason": "SAKIT"})
    for change in (
        lambda: actions.answer(invitation=invitation, answer="decline", by=None, reason="SAKIT"),
        lambda: actions.withdraw(invitation=invitation, by=cast.central, reason="salah undang"),
    ):
        with pytest.raises(Refusal) as refusal:
            change()
        assert refusal.value.code == "ended"
    invitation.refresh_from_db()
    assert invitation.state == "accepted"
    assert not actions.answer(invitation=invitation, answer="accept", by=None).changed
    # On its last day the class is not over.
    monkeypatch.setattr(timezone, "localdate", lambda *_args: training_class.last_day)
    assert 'value="decline"' in client.get(path).content.decode()


def test_the_mail_carries_a_link_that_accepts_without_signing_in(client, invitation):
    path = Message.objects.get().context["url_path"]
    page = client.get(path)
    assert page.status_code == 200
    assert invitation.employee.name in page.content.decode()
    assert invitation.employee.nip not in page.content.decode()
    invitation.refresh_from_db()
    assert invitation.state == "issued"  # reading answers nothing
    assert client.post(path, {"answer": "accept"}).status_code == 302
    invitation.refresh_from_db()
    assert (invitation.state, invitation.channel, invitation.answered_by) == ("accepted", "link", None)


def test_declining_needs_a_reason_and_calls_up_the_next(client, invitation):
    path = links.path_for(invitation.pk)
    assert client.post(path, {"answer": "decline"}).status_code == 200
    invitation.refresh_from_db()
    assert invitation.state == "issued"
    assert client.post(path, {"answer": "decline", "reason": "SAKIT"}).status_code == 302
    assert list(Invitation.objects.order_by("pk").values_list("state", flat=True)) == ["declined", "issued"]
    # Replayed, the link changes nothing more and never reopens a closed invitation.
    client.post(path, {"answer": "decline", "reason": "SAKIT"})
    client.post(path, {"answer": "accept"})
    assert list(Invitation.objects.order_by("pk").values_list("state", flat=True)) == ["declined", "issued"]


def test_after_the_last_day_the_offer_expires_on_reading(client, invitation, monkeypatch):
    path = reverse("invitations:answer_link", args=[links.token_for(invitation.pk)])
    assert "Saya bersedia" in client.get(path).content.decode()
    monkeypatch.setattr(timezone, "localdate", lambda *_a: invitation.answer_by + timedelta(days=1))
    assert "Saya bersedia" not in client.get(path).content.decode()
    # It expired on reading; two days before the class nobody is called up any more. Answering changes nothing.
    client.post(path, {"answer": "accept"})
    assert list(Invitation.objects.values_list("state", flat=True)) == ["expired"]


@pytest.mark.parametrize("kind", ["forged", "other purpose", "old", "garbage"])
def test_a_link_that_is_not_ours_is_not_found(client, invitation, kind, monkeypatch):
    token = {
        "forged": signing.TimestampSigner(salt="x").sign_object(invitation.pk),
        "other purpose": signing.TimestampSigner(salt="accounts.activate").sign_object(invitation.pk),
        "old": links.token_for(invitation.pk),
        "garbage": "abc:def",
    }[kind]
    if kind == "old":
        monkeypatch.setattr(links, "LIFETIME", timedelta(seconds=-1))
    assert client.get(reverse("invitations:answer_link", args=[token])).status_code == 404


def test_others_read_the_mail_without_the_link(client, invitation, cast, settings):
    settings.EMAIL_BACKEND = "outbox.filebackend.EmailBackend"
    message = Message.objects.get()
    token = message.context["url_path"].split("/")[2]
    client.force_login(cast.operator)
    theirs = client.get(reverse("mail", args=[message.pk])).content.decode()
    assert invitation.employee.name in theirs
    assert token not in theirs
    client.force_login(cast.employee_user)
    own = client.get(reverse("outbox:detail", args=[message.pk])).content.decode()
    assert token in own
