"""What the mails say, in both languages, and what they never let through."""

import email
import email.policy

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage

from outbox import rendering
from outbox.delivery import deliver_due
from outbox.filebackend import EmailBackend, file_name
from outbox.models import Message
from tests.outbox.conftest import CONTEXT, make

KINDS = [
    "invitation", "invitation_promoted", "invitation_reminder",
    "invitation_withdrawn", "class_changed", "class_cancelled", "certificate_issued",
]  # fmt: skip


def message(kind: str, language: str = "id", **context) -> Message:
    return Message(
        key="invitation:17:issued", kind=kind, language=language, context={**CONTEXT, **context},
        to_name="Sari Wulandari", to_address="sari@contoh.invalid",
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("language", "dates"),
    [("id", "28 Desember 2026 – 2 Januari 2027"), ("en", "28 December 2026 – 2 January 2027")],
)
def test_every_kind_says_who_what_when_where(kind, language, dates):
    said = rendering.preview(message(kind, language))
    assert CONTEXT["class_name"] in said.subject
    for text in (said.text, said.html):
        for part in (CONTEXT["name"], CONTEXT["programme"], dates, CONTEXT["place"], CONTEXT["organiser"]):
            assert part in text
        assert "{{" not in text and "{%" not in text
    assert f'<html lang="{language}">' in said.html


@pytest.mark.parametrize("kind", ["invitation", "invitation_promoted"])
def test_an_invitation_carries_reason_link_and_last_day(kind, settings):
    settings.PORTAL_URL = "https://simdiklat.contoh.invalid"
    said = rendering.preview(message(kind))
    for text in (said.text, said.html):
        assert CONTEXT["reason_text"] in text
        assert "https://simdiklat.contoh.invalid/undangan/17/" in text
        assert "Minggu, 20 Desember 2026" in text


def test_a_change_says_what_was_before_and_why():
    before = {"first_day": "2026-12-07", "last_day": "2026-12-11", "place": "Malang"}
    said = rendering.preview(message("class_changed", before=before, why="Banjir"))
    assert "Sebelumnya: 7–11 Desember 2026, Malang" in said.text
    assert "Alasan: Banjir" in said.text


def test_names_are_escaped_in_html_and_left_alone_in_text():
    said = rendering.preview(message("invitation", name="Siti <b>O'Neil</b> & Co"))
    assert "Siti <b>O'Neil</b> & Co" in said.text
    assert "<b>O" not in said.html
    assert "Siti &lt;b&gt;O&#x27;Neil&lt;/b&gt; &amp; Co" in said.html


def test_a_language_without_texts_falls_back_to_indonesian():
    assert "Dengan hormat" in rendering.preview(message("invitation", "fr")).text


def test_message_ids_are_stable_and_never_shared():
    keys = ["invitation:17:issued", "invitation:1:7issued", "invitation.17.issued", "a b", "<x>@y", "ü"]
    ids = [rendering.message_id(key) for key in keys]
    assert ids[0] == "<invitation.17.issued@kemenag.invalid>"
    assert len(set(ids)) == len(keys)
    assert ids == [rendering.message_id(key) for key in keys]


def test_previewing_sends_and_changes_nothing(db):
    made = make()
    rendering.preview(made)
    made.refresh_from_db()
    assert (made.state, made.subject, made.attempts) == ("pending", "", 0)
    assert django_mail.outbox == []


def test_the_calendar_travels_with_the_invitation(db, server):
    from invitations import mails

    made = make(kind="invitation", context={**CONTEXT, "uid": "invitation-17", "sequence": 0})
    rendering.register("invitation", attachments=mails.calendar_attachment)
    try:
        assert deliver_due().sent == 1
    finally:
        mails.register()
    ((_to, sent),) = server.arrived
    (file,) = sent.iter_attachments()
    assert file.get_content_type() == "text/calendar"
    assert file.get_param("method") == "REQUEST"
    assert file.get_filename() == "undangan.ics"
    assert "UID:invitation-17@kemenag.invalid" in file.get_content()
    assert f"mailto:{made.to_address}" in file.get_content().replace("\r\n ", "").replace("\n ", "")


def test_an_offer_that_no_longer_stands_is_cancelled_when_its_time_comes(db, server):
    made = make(kind="invitation", about_type="invitation", about_id=987654)
    assert deliver_due().cancelled == 1
    made.refresh_from_db()
    assert made.state == "cancelled"
    assert server.arrived == []


# --- Mail as files -----------------------------------------------------------------------------------


def test_a_repetition_overwrites_its_file(db, settings, tmp_path):
    settings.EMAIL_BACKEND = "outbox.filebackend.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    made = make(key="invitation:17:issued")
    assert deliver_due().sent == 1
    Message.objects.filter(pk=made.pk).update(state="pending")
    assert deliver_due().sent == 1
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == "invitation.17.issued@kemenag.invalid.eml"
    read = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert read["To"] == made.to_address
    assert CONTEXT["name"] in read.get_body(("plain",)).get_content()


def test_a_folder_that_cannot_be_written_pauses_and_keeps_the_message(db, settings, tmp_path):
    (tmp_path / "mail").write_text("a file where the folder should be")
    settings.EMAIL_BACKEND = "outbox.filebackend.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    made = make()
    assert deliver_due().paused
    made.refresh_from_db()
    assert (made.state, made.attempts) == ("pending", 0)


def test_a_mail_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    good = EmailMessage("a", "b", to=["a@contoh.invalid"], headers={"Message-ID": "<a@x>"})

    def broken(*_args):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        EmailBackend(file_path=str(tmp_path)).send_messages([good])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "identity", ["<../../etc/passwd@x>", "</a@x>", "<.hidden@x>", "<" + "a" * 300 + "@x>"]
)
def test_a_message_id_cannot_leave_the_folder(identity):
    name = file_name(identity)
    assert "/" not in name and not name.startswith(".")
    assert len(name) < 255
