"""The public pages: what they show and hide, who finds what, guessing is stopped, addresses live for ever."""

import pytest
from django.urls import reverse
from django.utils import translation

from certificates import actions, limits, lookup
from certificates.models import CertificateVersion
from certificates.texts import Texts
from tests import factories
from tests.certificates.conftest import issue
from trainings.models import Programme

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate(cast, ended):
    """Sari Wulandari's."""
    return issue(ended)[-1]


def page_of(client, version, language="id") -> str:
    with translation.override(language):
        response = client.get(
            reverse("certificates:check", args=[version.public_id]), headers={"accept-language": language}
        )
    assert response.status_code == 200
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in response["Cache-Control"]
    return response.content.decode()


def test_shows_what_the_paper_says_and_no_more(client, cast, certificate):
    page = page_of(client, certificate.latest)
    for words in (
        "Sari Wulandari", certificate.number, "Pelatihan Moderasi Beragama Angkatan III", "60 JP", "Lulus",
        "BDK Surabaya", "Berlaku", "tidak ditandatangani secara elektronik",
    ):  # fmt: skip
        assert words in page, words
    person = cast.employee
    for secret in (
        person.nip,
        person.nip_display,
        person.email,
        person.unit.name,
        str(person.birth_date.year),
    ):
        assert secret not in page, secret


def test_replaced_and_revoked_papers_answer_at_their_printed_address(client, cast, certificate):
    first = certificate.latest
    second = actions.reissue(certificate=certificate, by=cast.organiser, reason="Rahasia dinas satu")
    page = page_of(client, first)
    assert "Digantikan" in page and "versi 2" in page
    assert second.public_id not in page
    assert "Berlaku" in page_of(client, second)
    actions.revoke(certificate=certificate, by=cast.organiser, reason="Rahasia dinas dua")
    for version in (first, second):
        page = page_of(client, version)
        assert "Rahasia" not in page
    assert "Dicabut" in page_of(client, second)
    assert "Digantikan" in page_of(client, first)


def test_no_printed_address_is_ever_lost(client, cast, tree, certificate):
    """After every change there is, each address ever made still shows the name that was printed."""
    printed = {}
    for n in range(3):
        cast.employee.name = f"Nama Ke-{n}"
        cast.employee.save()
        version = actions.reissue(certificate=certificate, by=cast.organiser, reason="Nama")
        printed[version.public_id] = cast.employee.name
        texts = Texts.default(tree.bdk).as_json() | {"title_passed": f"Judul {n}"}
        actions.save_texts(organiser=tree.bdk, texts=Texts(**texts), by=cast.organiser)
    Programme.objects.update(name="Sama sekali lain", code="LAIN")
    tree.bdk.name = "Balai Lain"
    tree.bdk.save()
    actions.revoke(certificate=certificate, by=cast.organiser, reason="x")
    printed[certificate.versions.get(version=1).public_id] = "Sari Wulandari"
    assert len(printed) == 4
    for public_id, name in printed.items():
        page = page_of(client, CertificateVersion.objects.get(public_id=public_id))
        assert name in page and "Pelatihan Moderasi Beragama" in page and "BDK Surabaya" in page


def test_ids_are_random_and_long(ended):
    ids = {c.latest.public_id for c in issue(ended)}
    assert len(ids) == 4
    assert all(len(one) == 22 for one in ids)


def test_the_address_is_indonesian_and_short(certificate):
    assert reverse("certificates:check", args=["abc"]) == "/sertifikat/abc/"
    assert certificate.latest.data["check"]["url"].endswith(f"/sertifikat/{certificate.latest.public_id}/")


@pytest.mark.parametrize(
    ("number", "name", "found"),
    [
        ("{number}", "Sari Wulandari", True),
        (" {lower} ", "sari  WULANDARI", True),
        ("{number}", "Dr. Sari Wulandari, S.Ag.", True),
        ("{number}", "Dr Sari Wulandari SAg", True),
        ("{number}", "Sári Wulandari", True),
        ("{number}", "Sari", False),
        ("{number}", "Wulandari Sari", False),
        ("{number}", " . ", False),
        ("{number}", "", False),
        ("{number}", "Budi Santoso", False),
        ("", "Sari Wulandari", False),
        ("%", "Sari Wulandari", False),
        ("9{number}", "Sari Wulandari", False),
    ],
)
def test_number_and_name_together_find_it(cast, ended, number, name, found):
    cast.employee.front_title, cast.employee.back_title = "Dr.", "S.Ag."
    cast.employee.save()
    certificate = issue(ended)[-1]
    text = number.format(number=certificate.number, lower=certificate.number.lower())
    assert (lookup.find(text, name) is not None) == found


def test_the_name_of_an_earlier_paper_finds_that_paper(cast, certificate):
    cast.employee.name = "Sari Wulandari Putri"
    cast.employee.save()
    second = actions.reissue(certificate=certificate, by=cast.organiser, reason="Nama")
    assert lookup.find(certificate.number, "Sari Wulandari") == certificate.versions.get(version=1)
    assert lookup.find(certificate.number, "Sari Wulandari Putri") == second


def search(client, number, name, **extra):
    return client.post(reverse("certificates:search"), {"number": number, "name": name}, **extra)


def test_the_search_leads_to_the_page_and_says_the_same_of_everything_it_does_not_find(client, certificate):
    found = search(client, certificate.number, "Sari Wulandari")
    assert found["Location"] == reverse("certificates:check", args=[certificate.latest.public_id])
    known = search(client, certificate.number, "Budi Santoso")
    unknown = search(client, "1/X", "Budi Santoso")
    assert known.status_code == unknown.status_code == 404

    def without_what_was_typed(response):
        lines = response.content.decode().splitlines()
        return [line for line in lines if "value=" not in line]

    assert without_what_was_typed(known) == without_what_was_typed(unknown)


ELSEWHERE = {"REMOTE_ADDR": "10.9.8.7"}


def test_guessing_is_stopped_and_only_for_that_address(client, certificate):
    for n in range(limits.CHECK.burst):
        assert search(client, certificate.number, f"Tebakan {n}").status_code == 404
    stopped = search(client, certificate.number, "Sari Wulandari")
    assert stopped.status_code == 429
    assert 0 < int(stopped["Retry-After"]) <= 30
    assert "Coba lagi" in stopped.content.decode()
    # What was typed is still in the form, to be sent again after the wait.
    assert f'value="{certificate.number}"' in stopped.content.decode()
    assert client.get(reverse("certificates:check", args=["tebakan"])).status_code == 429
    assert search(client, certificate.number, "Sari Wulandari", **ELSEWHERE).status_code == 302


def test_what_is_found_never_counts(client, certificate):
    """A hall in which everybody looks up the own certificate from one address."""
    for _n in range(limits.CHECK.burst * 2):
        assert search(client, certificate.number, "Sari Wulandari").status_code == 302
    for n in range(limits.CHECK.burst):
        assert client.get(reverse("certificates:check", args=[f"tebakan-{n}"])).status_code == 404
    assert client.get(reverse("certificates:check", args=["satu-lagi"])).status_code == 429
    # Whoever has a printed address is never stopped.
    assert client.get(reverse("certificates:check", args=[certificate.latest.public_id])).status_code == 200


def test_the_page_asks_the_database_the_same_few_times(client, certificate, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        page_of(client, certificate.latest)


def test_a_preview_has_no_address(tree):
    from django.utils import timezone

    from certificates.samples import sample_document

    data = sample_document(tree.bdk, Texts.default(tree.bdk), timezone.localdate())
    assert (data["check"]["url"], data["draft"]) == ("", True)


def test_people_of_the_same_name_are_kept_apart_by_the_number(tree, ended):
    from tests.certificates.conftest import add_record

    for _n in range(2):
        add_record(ended, factories.employee(tree.madrasah, name="Siti Aminah"))
    ones = [c for c in issue(ended) if c.record.employee.name == "Siti Aminah"]
    assert [lookup.find(c.number, "Siti Aminah").certificate for c in ones] == ones


@pytest.mark.browser
def test_a_browser_finds_a_certificate_by_number_and_name(live_server, page, cast, tree, settings):
    """A real browser tells its origin with the form; a page that forbids it could never be searched on."""
    from tests.certificates.conftest import add_record, ended_class

    training_class = ended_class(tree.bdk)
    add_record(training_class, cast.employee)
    (certificate,) = issue(training_class)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/sertifikat/")
    page.fill("[name=number]", certificate.number.lower())
    page.fill("[name=name]", "sari wulandari")
    page.click("main form button")
    page.wait_for_url(f"**/sertifikat/{certificate.latest.public_id}/")
    assert "Berlaku" in page.inner_text("main")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
