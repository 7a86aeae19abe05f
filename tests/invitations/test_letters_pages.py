"""The pages of letters: who opens which, the form of the texts, the public page behind the QR."""

import re
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from accounts.models import RoleGrant
from audit.models import Event
from invitations import actions, tasks
from invitations.letters import making, rendering
from invitations.letters.texts import Texts
from invitations.models import Letter, LetterTemplate
from jobs.models import Job
from tests import factories
from tests.invitations.test_letters import folders, issue, issued  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def letters(cast, issued):  # noqa: F811
    """Semarang's letter and Surabaya's, in this order."""
    return making.make(training_class=issued, by=cast.organiser).letters


def get(client, user, name, *args, **query):
    client.force_login(user)
    return client.get(reverse(f"invitations:{name}", args=args), query)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("central", (200, 200)),
        ("organiser", (200, 200)),  # of its own class, wherever the letter goes
        ("auditor", (200, 200)),
        ("operator", (404, 200)),
        ("neighbour", (200, 404)),
        ("leader", (403, 403)),
        ("admin", (403, 403)),
        ("employee_user", (403, 403)),
    ],
)
def test_a_letter_opens_for_its_office_and_its_organiser(cast, client, letters, who, expected):
    user = getattr(cast, who)
    assert tuple(get(client, user, "letter_pdf", letter.pk).status_code for letter in letters) == expected


def test_a_regency_does_not_open_the_letter_of_its_kanwil(cast, tree, client, letters):
    """The letter names people of other regencies too; the list of names is what the regency downloads."""
    RoleGrant.objects.filter(user=cast.operator).update(unit=tree.surabaya)
    assert get(client, cast.operator, "letter_pdf", letters[1].pk).status_code == 404


def test_another_organiser_opens_nothing(cast, tree, client, letters):
    other = factories.unit("BDK-SMG", tree.root, "BDK", name="BDK Semarang")
    RoleGrant.objects.filter(user=cast.organiser).update(unit=other)
    for name, pk in [
        ("letter_pdf", letters[0].pk), ("letter_withdraw", letters[0].pk),
        ("letters_make", letters[0].training_class_id), ("letters_bundle", letters[0].training_class_id),
        ("letter_template", tree.bdk.pk),
    ]:  # fmt: skip
        assert get(client, cast.organiser, name, pk).status_code == 404, name


def test_a_download_is_the_stored_letter_and_is_recorded(cast, client, letters):
    letter = letters[1]
    response = get(client, cast.operator, "letter_pdf", letter.pk)
    assert response.content == rendering.pdf_bytes(letter)
    assert response["Content-Type"] == "application/pdf"
    assert re.fullmatch(r'attachment; filename="surat-b-2-[a-z0-9-]+\.pdf"', response["Content-Disposition"])
    event = Event.objects.get(verb="letter.download")
    assert (event.actor_id, event.object_id, event.unit_path) == (
        cast.operator.pk, str(letter.pk), letter.office.path,
    )  # fmt: skip
    assert event.data == {
        "number": letter.number, "class": letter.facts["class"], "names": 3, "file": letter.sha256,
    }  # fmt: skip


def test_lists_show_only_the_own_letters(cast, client, letters):
    west, east = (letter.number for letter in letters)
    class_id = letters[0].training_class_id
    for who, seen in [("operator", (False, True)), ("neighbour", (True, False)), ("organiser", (True, True))]:
        for page in ("letter_list", "letters"):
            args = [class_id] if page == "letters" else []
            body = get(client, getattr(cast, who), page, *args).content.decode()
            assert (west in body, east in body) == seen, (who, page)
            assert ('/make/"' in body) is (who == "organiser" and page == "letters")


def test_lists_cost_the_same_at_one_and_three_rows(cast, tree, client):
    counts = []
    for n in range(3):
        factories.employee(tree.madrasah)
        training_class = factories.training_class(
            factories.programme(f"P{n}", resets_wait=False), tree.bdk, [tree.east], seats=1,
            first_day=timezone.localdate().replace(day=1).replace(year=timezone.localdate().year + 1 + n),
        )  # fmt: skip
        made = making.make(training_class=issue(cast, training_class), by=cast.organiser)
        assert len(made.letters) == 1
        client.force_login(cast.operator)
        with CaptureQueriesContext(connection) as queries:
            body = client.get(reverse("invitations:letter_list")).content.decode()
        assert body.count('class="headline"') == n + 1
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_making_by_the_button(cast, client, issued):  # noqa: F811
    client.force_login(cast.organiser)
    address = reverse("invitations:letters_make", args=[issued.pk])
    with translation.override("en"):
        page = client.get(address, headers={"accept-language": "en"}).content.decode()
    assert "5" in page
    assert Letter.objects.count() == 0
    assert client.post(address).status_code == 302
    assert Letter.objects.count() == 2
    assert client.post(address).status_code == 302
    assert Letter.objects.count() == 2
    bundle = client.get(reverse("invitations:letters_bundle", args=[issued.pk]))
    assert len(PdfReader(BytesIO(bundle.content)).pages) == 4
    assert Event.objects.filter(verb="letter.download").count() == 2
    client.force_login(cast.operator)
    assert client.post(address).status_code == 403


def test_many_letters_end_on_the_progress_page(cast, client, issued, monkeypatch):  # noqa: F811
    monkeypatch.setattr(making, "NAMES_AT_ONCE", 4)
    client.force_login(cast.organiser)
    response = client.post(reverse("invitations:letters_make", args=[issued.pk]))
    job = Job.objects.get(task="invitations.set_letters")
    assert response["Location"] == reverse("jobs:progress", args=[job.pk])
    assert job.result_url == reverse("invitations:letters", args=[issued.pk])
    bundle = reverse("invitations:letters_bundle", args=[issued.pk])
    assert client.get(bundle).status_code == 302  # not made yet: another job
    tasks.set_letters(job.pk)
    assert client.get(bundle)["Content-Type"] == "application/pdf"


def test_withdrawing_needs_a_reason(cast, client, letters):
    client.force_login(cast.organiser)
    address = reverse("invitations:letter_withdraw", args=[letters[0].pk])
    assert client.post(address, {"reason": ""}).status_code == 200
    letters[0].refresh_from_db()
    assert letters[0].state == "valid"
    assert client.post(address, {"reason": "Salah tanggal"}).status_code == 302
    letters[0].refresh_from_db()
    assert letters[0].state == "withdrawn"


# --- The template --------------------------------------------------------------------------------------


def entered(organiser, **changes):
    return Texts.default(organiser).as_json() | {"save": "1"} | changes


def test_the_form_saves_versions_and_previews(cast, tree, client):
    client.force_login(cast.organiser)
    address = reverse("invitations:letter_template", args=[tree.bdk.pk])
    assert client.get(address).status_code == 200
    preview = client.post(address, entered(tree.bdk, preview="1", nature='Segera #read("x")'))
    assert preview["Content-Type"] == "application/pdf"
    assert preview["Content-Disposition"].startswith("inline")
    text = " ".join(
        " ".join(page.extract_text().split()) for page in PdfReader(BytesIO(preview.content)).pages
    )
    assert 'Segera #read("x")' in text and "PRATINJAU" in text
    assert not LetterTemplate.objects.exists()
    assert client.post(address, entered(tree.bdk, nature="Segera")).status_code == 302
    assert client.post(address, entered(tree.bdk, nature="Segera")).status_code == 302
    template = LetterTemplate.objects.get()
    assert (template.version, template.texts["nature"], template.made_by) == (1, "Segera", cast.organiser)
    assert Event.objects.filter(verb="letter.template").count() == 1
    body = client.get(address).content.decode()
    assert 'value="Segera"' in body


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number_pattern", "B-{seq}"),
        ("number_pattern", "{seq}{year}"),
        ("number_pattern", "{seq}/{year}/{nomor}"),
        ("organiser_code", "{seq}"),
        ("basis", "Kelas {klas}"),
        ("subject", ""),
        ("head_lines", "  "),
        ("signatory_capacity", "a.n."),
        ("signatory_capacity", "xx"),
        ("series_first", "0"),
    ],
)
def test_the_form_says_what_is_wrong_and_keeps_nothing(cast, tree, client, field, value):
    client.force_login(cast.organiser)
    response = client.post(
        reverse("invitations:letter_template", args=[tree.bdk.pk]), entered(tree.bdk, **{field: value})
    )
    assert response.status_code == 200
    assert field in response.context["form"].errors or "signatory_for" in response.context["form"].errors
    assert not LetterTemplate.objects.exists()


def test_regions_write_no_templates(cast, tree, client):
    assert get(client, cast.operator, "letter_template", tree.bdk.pk).status_code == 403


# --- The public page -----------------------------------------------------------------------------------


def public(client, letter):
    client.logout()
    response = client.get(
        reverse("invitations:letter_check", args=[letter.public_id]), headers={"accept-language": "en"}
    )
    return response, response.content.decode()


def test_anybody_may_check_a_letter_and_reads_no_names(client, letters):
    response, body = public(client, letters[1])
    assert response.status_code == 200
    assert letters[1].number in body
    assert letters[1].facts["class"] in body
    assert ">3</dd>" in body
    assert "bukan tanda tangan elektronik" in body and "BSrE" in body
    assert "Simdiklat dan berlaku" in body
    for row in letters[1].data["list"]["names"]:
        assert row[1] not in body and row[2] not in body
    assert "noindex" in response["X-Robots-Tag"]
    assert "no-store" in response["Cache-Control"]


def test_the_public_page_follows_the_letter(cast, client, letters):
    making.withdraw(letter=letters[0], by=cast.organiser, reason="Rahasia dapur")
    _response, body = public(client, letters[0])
    assert "tidak berlaku lagi" in body and "Simdiklat dan berlaku" not in body
    assert "Rahasia dapur" not in body
    letters[0].training_class.__class__.objects.filter(pk=letters[0].training_class_id).update(place="Hotel")
    (changed,) = [
        new for new in making.make(training_class=letters[0].training_class, by=cast.organiser).letters
        if new.office == letters[1].office
    ]  # fmt: skip
    _response, body = public(client, letters[1])
    assert changed.number in body and "digantikan oleh surat" in body and "Simdiklat dan berlaku" not in body
    actions.cancel_class(training_class=letters[0].training_class, by=cast.central, reason="Batal")
    _response, body = public(client, changed)
    assert "telah dibatalkan" in body and "Simdiklat dan berlaku" not in body


def test_ids_are_random_and_nothing_else_opens_the_page(client, letters):
    assert all(re.fullmatch(r"[\w-]{22}", letter.public_id) for letter in letters)
    assert letters[0].public_id[:8] != letters[1].public_id[:8]
    for guess in (
        str(letters[0].pk),
        letters[0].public_id.swapcase(),
        letters[0].public_id[:-1],
        letters[0].sha256,
    ):
        assert client.get(reverse("invitations:letter_check", args=[guess])).status_code == 404
    for odd in ("%00", "%27%20OR%201=1", "%F0%9F%99%82"):
        assert client.get(f"/surat/{odd}/").status_code == 404
