"""The officers' and the employee's pages: scope, downloads on record, template, queries."""

from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from audit.models import Event, Reading
from certificates import actions, rendering
from certificates.delivery import zips
from certificates.models import Certificate, CertificateTemplate
from certificates.texts import Texts
from jobs.models import Job
from tests import factories
from tests.certificates.conftest import add_record, ended_class, issue
from tests.certificates.test_files import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(cast, ended):
    issue(ended)
    return ended


def names_on(page: str) -> set[str]:
    return {n for n in ("Sari Wulandari", "Budi Santoso", "Peserta A", "Peserta B", "Peserta C") if n in page}


@pytest.mark.parametrize(
    ("who", "status", "names"),
    [
        ("central", 200, {"Sari Wulandari", "Budi Santoso", "Peserta A", "Peserta B"}),
        ("organiser", 200, {"Sari Wulandari", "Budi Santoso", "Peserta A", "Peserta B"}),
        ("operator", 200, {"Sari Wulandari", "Peserta A", "Peserta B"}),
        ("auditor", 200, {"Sari Wulandari", "Budi Santoso", "Peserta A", "Peserta B"}),
        ("neighbour", 404, set()),
        ("leader", 403, set()),
        ("employee_user", 403, set()),
    ],
)  # fmt: skip
def test_each_sees_the_certificates_of_their_own(cast, client, issued, who, status, names):
    client.force_login(getattr(cast, who))
    response = client.get(reverse("certificates:class", args=[issued.pk]))
    assert response.status_code == status
    if status == 200:
        assert names_on(response.content.decode()) == names
    stranger = Certificate.objects.get(record__employee=cast.stranger)
    expected = {403: 403, 404: 200 if who == "neighbour" else 404}.get(
        status, 404 if who == "operator" else 200
    )
    assert client.get(reverse("certificates:pdf", args=[stranger.pk])).status_code == expected


@pytest.mark.parametrize("who", ["operator", "neighbour", "auditor"])
def test_only_the_planner_changes_anything(cast, client, issued, who):
    client.force_login(getattr(cast, who))
    pk = Certificate.objects.first().pk
    for name, key in (("issue", issued.pk), ("zip", issued.pk), ("revoke", pk), ("reissue", pk)):
        assert client.post(reverse(f"certificates:{name}", args=[key]), {"reason": "x"}).status_code == 403
    assert client.get(reverse("certificates:template", args=[issued.organiser_id])).status_code == 403


def test_an_organiser_of_elsewhere_finds_nothing(cast, tree, client, issued):
    from accounts.models import RoleGrant

    RoleGrant.objects.filter(user=cast.organiser).update(unit=factories.unit("BDK-SMG", tree.root, "BDK"))
    client.force_login(cast.organiser)
    pk = Certificate.objects.first().pk
    for name, key in (
        ("zip", issued.pk),
        ("revoke", pk),
        ("reissue", pk),
        ("template", tree.bdk.pk),
        ("pdf", pk),
    ):
        assert client.get(reverse(f"certificates:{name}", args=[key])).status_code == 404, name


def test_the_same_queries_at_one_and_at_many_rows(cast, tree, client):
    client.force_login(cast.organiser)

    def cost(people):
        training_class = ended_class(tree.bdk, programme=programme, code=f"K{people}")
        for _n in range(people):
            add_record(training_class, factories.employee(tree.madrasah))
        issue(training_class)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse("certificates:class", args=[training_class.pk])).status_code == 200
        return len(queries)

    programme = factories.programme("MB-01")
    cost(1)  # what is remembered between requests is remembered now
    assert cost(1 + 1) == cost(4)


def test_the_download_is_the_valid_paper_and_on_record(cast, client, issued):
    certificate = Certificate.objects.get(record__employee=cast.employee)
    client.force_login(cast.operator)
    response = client.get(reverse("certificates:pdf", args=[certificate.pk]))
    assert response.content == rendering.pdf_bytes(certificate.latest)
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"].startswith('attachment; filename="sertifikat-')
    event = Event.objects.get(verb="certificate.download")
    assert (event.actor_name, event.data["first"]) == ("operator", certificate.number)
    seen = Reading.objects.get(kind="downloaded")
    assert (seen.subjects, seen.actor_name) == ([cast.employee.pk], "operator")


def test_issue_what_is_missing(cast, client, ended):
    client.force_login(cast.organiser)
    url = reverse("certificates:class", args=[ended.pk])
    assert "Terbitkan sertifikat yang belum ada" in client.get(url).content.decode()
    client.post(reverse("certificates:issue", args=[ended.pk]))
    assert Certificate.objects.count() == 4
    assert "Terbitkan sertifikat yang belum ada" not in client.get(url).content.decode()


def test_nobody_took_part_is_said(cast, tree, client):
    training_class = ended_class(tree.bdk)
    client.force_login(cast.organiser)
    response = client.post(reverse("certificates:issue", args=[training_class.pk]), follow=True)
    assert "tidak ada yang dapat diberi sertifikat" in response.content.decode()


def test_the_zip_by_way_of_its_job(cast, client, issued):
    client.force_login(cast.organiser)
    url = reverse("certificates:zip", args=[issued.pk])
    response = client.get(url)
    job = Job.objects.get()
    assert response["Location"] == reverse("jobs:progress", args=[job.pk])
    assert (job.owner, job.result_url) == (cast.organiser, reverse("certificates:class", args=[issued.pk]))
    assert not Event.objects.filter(verb="certificate.download").exists()
    path = zips.make(zips.versions_of(issued.pk))
    response = client.get(url)
    assert b"".join(response.streaming_content) == path.read_bytes()
    event = Event.objects.get(verb="certificate.download")
    assert (event.data["file"][-4:], event.data["certificates"]) == (".zip", 4)
    assert len(Reading.objects.get(kind="downloaded").subjects) == 4


def test_revoke_and_issue_anew_by_the_pages(cast, client, issued):
    certificate = Certificate.objects.get(record__employee=cast.employee)
    client.force_login(cast.organiser)
    revoke, anew = (reverse(f"certificates:{name}", args=[certificate.pk]) for name in ("revoke", "reissue"))
    assert certificate.number in client.get(revoke).content.decode()
    assert client.post(revoke, {"reason": ""}).status_code == 200
    assert Certificate.objects.get(pk=certificate.pk).latest.state == "valid"
    client.post(revoke, {"reason": "Salah orang"})
    page = client.get(reverse("certificates:class", args=[issued.pk])).content.decode()
    assert "Salah orang" in page and "Dicabut" in page
    assert client.get(reverse("certificates:pdf", args=[certificate.pk]), follow=True).status_code == 200
    client.post(anew, {"reason": "Keliru"})
    latest = Certificate.objects.get(pk=certificate.pk).latest
    assert (latest.version, latest.state, latest.because) == (2, "valid", "Keliru")


def test_the_employee_finds_the_own_certificate_in_the_history(cast, client, issued):
    client.force_login(cast.employee_user)
    own = Certificate.objects.get(record__employee=cast.employee)
    url = reverse("certificates:own_pdf", args=[own.pk])
    page = client.get("/").content.decode()
    assert url in page and reverse("certificates:check", args=[own.latest.public_id]) in page
    assert client.get(url).content == rendering.pdf_bytes(own.latest)
    assert not Reading.objects.filter(kind="downloaded").exists()
    other = Certificate.objects.get(record__employee=cast.stranger)
    assert client.get(reverse("certificates:own_pdf", args=[other.pk])).status_code == 404
    actions.revoke(certificate=own, by=cast.organiser, reason="x")
    page = client.get("/").content.decode()
    assert url not in page and "Dicabut" in page
    assert client.get(url, follow=True).status_code == 200


def test_the_history_costs_the_same_with_more_certificates(cast, tree, client, issued):
    client.force_login(cast.employee_user)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return len(queries)

    cost()
    before = cost()
    for n in range(2):
        other = ended_class(tree.bdk, code=f"X{n}", programme=factories.programme(f"P{n}"))
        add_record(other, cast.employee)
        issue(other)
    assert cost() == before


def template_data(organiser, **changed):
    data = Texts.default(organiser).as_json() | {"logo_choice": ""} | changed
    data.pop("logo")
    return {name: value for name, value in data.items() if value is not False}


def test_the_template_in_versions_with_a_preview(cast, tree, client):
    client.force_login(cast.organiser)
    url = reverse("certificates:template", args=[tree.bdk.pk])
    assert client.get(url).status_code == 200
    data = template_data(tree.bdk, signatory_name="Dra. Contoh", orientation="portrait", colour="maroon")
    preview = client.post(url, data | {"preview": "1", "logo_file": BytesIO(png())})
    assert preview["Content-Type"] == "application/pdf"
    page = PdfReader(BytesIO(preview.content)).pages[0]
    assert "PRATINJAU" in page.extract_text() and "Dra. Contoh" in page.extract_text()
    assert page.mediabox.height > page.mediabox.width
    assert CertificateTemplate.objects.count() == 0
    client.post(url, data | {"save": "1", "logo_file": BytesIO(png())})
    first = CertificateTemplate.objects.get()
    assert first.texts["logo"] and first.texts["signatory_name"] == "Dra. Contoh"
    client.post(url, data | {"save": "1", "logo_choice": "kept"})
    assert CertificateTemplate.objects.count() == 1  # nothing changed
    client.post(url, data | {"save": "1", "logo_choice": "none", "show_nip": ""})
    second = CertificateTemplate.objects.get(version=2)
    assert (second.texts["logo"], second.texts["show_nip"]) == ("none", False)
    assert Event.objects.filter(verb="certificate.template").count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number_pattern", "{seq}/{organiser}"), ("number_pattern", "{seq} / {year}"), ("organiser_code", "BDK 05"),
        ("opening", "Halo {nama}"), ("sentence_passed", ""), ("orientation", "round"), ("series_first", "0"),
        ("signatory_capacity", "a.n."), ("title_passed", "x" * 121), ("colour", "#fff"),
    ],
)  # fmt: skip
def test_a_bad_template_is_not_saved_and_says_where(cast, tree, client, field, value):
    client.force_login(cast.organiser)
    response = client.post(
        reverse("certificates:template", args=[tree.bdk.pk]),
        template_data(tree.bdk, **{field: value}) | {"save": "1"},
    )
    assert response.status_code == 200
    at = "signatory_for" if field == "signatory_capacity" else field
    assert at in response.context["form"].errors
    assert CertificateTemplate.objects.count() == 0


def test_a_file_that_is_no_picture_is_refused_at_its_field(cast, tree, client):
    client.force_login(cast.organiser)
    response = client.post(
        reverse("certificates:template", args=[tree.bdk.pk]),
        template_data(tree.bdk) | {"save": "1", "logo_file": BytesIO(b"<svg onload=alert(1)>")},
    )
    assert list(response.context["form"].errors) == ["logo_file"]


def test_certificates_of_today_are_dated_today(issued):
    assert {c.latest.dated for c in Certificate.objects.all()} == {timezone.localdate()}
