"""From the issue to the mail: what was decided is what arrives, and only while it is still true."""

import email
import email.policy
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from invitations import actions, lists, mails
from invitations.explain import reason_text
from invitations.models import Invitation
from outbox.delivery import deliver_due
from outbox.models import Message
from tests import factories
from trainings.models import TrainingClass

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(cast, tree, settings, tmp_path) -> Invitation:
    """One issued invitation of the cast's employee, its message due now."""
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    settings.EVIDENCE_DIR.mkdir()
    settings.EMAIL_BACKEND = "outbox.filebackend.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.ISSUE_DELAY_SECONDS = 0
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.surabaya], seats=1, place="Kampus BDK"
    )
    selection = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(selection.pk)
    selection.refresh_from_db()
    actions.approve(selection=selection, by=cast.central)
    actions.issue(selection.pk)
    return Invitation.objects.get()


def arrived(settings) -> list[email.message.EmailMessage]:
    folder = Path(settings.EMAIL_FILE_PATH)
    return [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in (folder.iterdir() if folder.exists() else ())
    ]


def test_an_issued_invitation_arrives_with_reason_link_and_calendar(issued, cast, settings):
    def status() -> str:
        (line,) = lists.rows(issued.training_class)
        return line.answer

    assert status() == "Menunggu konfirmasi"
    assert deliver_due().sent == 1
    (mail,) = arrived(settings)
    text = " ".join(mail.get_body(("plain",)).get_content().split())
    assert mail["To"] == cast.employee.email
    assert f"Yth. Bapak/Ibu {cast.employee.full_name}" in text
    assert " ".join(reason_text(issued.reason).split()) in text
    assert settings.PORTAL_URL + Message.objects.get().context["url_path"] in text
    (file,) = mail.iter_attachments()
    assert file.get_param("method") == "REQUEST"
    assert f"UID:invitation-{issued.pk}@" in file.get_content()
    assert status() == "Terkirim"


@pytest.mark.parametrize("change", ["declined", "withdrawn", "late", "begun", "cancelled"])
def test_an_offer_that_no_longer_stands_is_not_sent(issued, settings, change):
    yesterday = timezone.localdate() - timedelta(days=1)
    if change == "declined":
        Invitation.objects.update(state="declined", decline_reason="SAKIT")
    elif change == "withdrawn":
        Invitation.objects.update(state="withdrawn")
    elif change == "late":
        Invitation.objects.update(answer_by=yesterday)
    elif change == "begun":
        TrainingClass.objects.update(first_day=yesterday)
    else:
        TrainingClass.objects.update(state="cancelled")
    assert deliver_due().cancelled == 1
    assert Message.objects.get().state == "cancelled"
    assert arrived(settings) == []


def test_a_withdrawal_takes_the_event_out_of_the_calendar(issued):
    context = {**Message.objects.get().context, "sequence": 1}
    message = Message(
        kind="invitation_withdrawn", context=context, to_address="a@contoh.invalid", to_name="A",
        created_at=timezone.now(),
    )  # fmt: skip
    (file,) = mails.calendar_attachment(message)
    assert file.parameters == {"method": "CANCEL"}
    assert b"METHOD:CANCEL" in file.content
    assert f"UID:invitation-{issued.pk}@".encode() in file.content


@pytest.mark.parametrize("kind", mails.CANCEL_KINDS)
def test_a_withdrawal_is_told_to_whoever_knew_of_the_invitation(issued, kind):
    assert not mails.still_wanted(kind, {}, issued.pk)  # stopped within the minute: nothing to take back
    Invitation.objects.update(seen_at=timezone.now())
    assert mails.still_wanted(kind, {}, issued.pk)
    Invitation.objects.update(seen_at=None)
    assert deliver_due().sent == 1
    assert mails.still_wanted(kind, {}, issued.pk)


def test_withdrawn_in_the_portal_the_person_hears_why_and_the_event_goes(issued, cast, settings):
    assert deliver_due().sent == 1
    actions.withdraw(invitation=issued, by=cast.central, reason="Kelas digabung")
    assert deliver_due().sent == 1
    (mail,) = (mail for mail in arrived(settings) if "dibatalkan" in mail["Subject"])
    assert "Alasan: Kelas digabung" in mail.get_body(("plain",)).get_content()
    (file,) = mail.iter_attachments()
    assert file.get_param("method") == "CANCEL"


def test_news_of_a_changed_class_reach_who_holds_a_seat(issued):
    assert mails.still_wanted("class_changed", {}, issued.pk)
    Invitation.objects.update(state="declined", decline_reason="SAKIT")
    assert not mails.still_wanted("class_changed", {}, issued.pk)
    assert not mails.still_wanted("class_changed", {}, None)
