"""Papers around a class: what stands on each, who gets which with whose names, what must come first."""

import csv
from datetime import date, time
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from audit.errors import Refusal
from audit.models import Event, Reading
from certificates import actions
from certificates.models import Certificate
from certificates.papers import attendance, making
from certificates.papers.blocks import Options
from certificates.papers.catalogue import PAPERS
from tests import factories
from tests.trainings import running
from trainings import actions as class_actions

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(cast, tree):
    """A class with an agenda of two sessions; two of Surabaya and one of Semarang take part."""
    training_class = running.running_class(
        tree.bdk, areas=[tree.root], batch="Angkatan IX", place="Kampus BDK", code="K-9"
    )
    first = running.lesson(training_class)
    second = running.lesson(training_class, starts=time(10), ends=time(11, 30))
    people = [
        factories.employee(tree.madrasah, name="Ayu", position="Guru Muda"),
        factories.employee(tree.surabaya, name="Bambang"),
        factories.employee(tree.semarang, name="=HYPERLINK(1)"),
    ]
    seats = [running.seat(training_class, person) for person in people]
    running.seat(training_class, factories.employee(tree.madrasah, name="Zulkifli"), state="released")
    running.mark(first, seats[0], late_minutes=7)
    running.mark(second, seats[0])
    running.mark(first, seats[1])
    running.mark(second, seats[1], "SAKIT")
    running.mark(first, seats[2])
    running.mark(second, seats[2])
    component = running.graded(training_class)
    for seat, value in zip(seats, (90, 50, 75), strict=True):
        running.score(component, seat, value)
    return training_class


@pytest.fixture
def done(cast, held):
    class_actions.lock_results(training_class=held, by=cast.organiser)
    class_actions.complete(training_class=held, by=cast.organiser)
    return held


def make(training_class, key, by, fmt="pdf", **options):
    return making.make(
        training_class=training_class, paper=PAPERS[key], fmt=fmt, by=by, options=Options(**options)
    ).content


def text_of(content: bytes) -> str:
    pages = (page.extract_text().replace("\u200b", "") for page in PdfReader(BytesIO(content)).pages)
    return " ".join(" ".join(pages).split())


def sheet_of(content: bytes) -> list[tuple]:
    return [tuple(cell.value for cell in row) for row in load_workbook(BytesIO(content)).active.iter_rows()]


def test_attendance_has_a_column_for_each_session_and_what_was_marked(cast, held):
    page = text_of(make(held, "daftar-hadir", cast.organiser))
    for words in (
        "DAFTAR HADIR",
        "08.00–09.30 WIB Arsip dinamis",
        "10.00–11.30 WIB",
        "H (7')",
        "Ayu",
        "Bambang",
        "Angkatan IX",
    ):
        assert words in page, words
    assert "Zulkifli" not in page
    headings, *rows = sheet_of(make(held, "daftar-hadir", cast.organiser, "xlsx"))
    assert len(headings) == 6
    assert [row[4:] for row in rows] == [("H", "H"), ("H (7')", "H"), ("H", "S")]
    assert rows[0][1] == "'=HYPERLINK(1)"


def test_without_an_agenda_each_day_has_morning_and_afternoon(cast, tree):
    training_class = factories.training_class(
        factories.programme(), tree.bdk, first_day=date(2026, 3, 2), last_day=date(2026, 3, 4)
    )
    found = attendance.columns(training_class)
    assert [(one.day.day, one.label) for one in found] == [
        (2, "Pagi"), (2, "Siang"), (3, "Pagi"), (3, "Siang"), (4, "Pagi"), (4, "Siang"),
    ]  # fmt: skip
    running.seat(training_class, factories.employee(tree.madrasah))
    assert len(PdfReader(BytesIO(make(training_class, "daftar-hadir", cast.organiser))).pages) == 3


def test_biodata_is_a_page_each_and_a_row_each(cast, held):
    content = make(held, "biodata", cast.organiser)
    assert len(PdfReader(BytesIO(content)).pages) == 3
    page = text_of(content)
    assert "Guru Muda" in page and "Tempat lahir" in page
    headings, *rows = sheet_of(make(held, "biodata", cast.organiser, "xlsx"))
    person = held.participations.get(employee__name="Ayu").employee
    row = dict(zip(headings, rows[1], strict=True))
    assert (row["NIP"], row["TANGGAL_LAHIR"].date(), row["JABATAN"]) == (
        person.nip,
        person.birth_date,
        "Guru Muda",
    )


def test_the_decree_names_everybody_with_number_and_day(cast, held):
    page = text_of(make(held, "sk-peserta", cast.organiser, number="123/2026", dated=date(2026, 5, 4)))
    for words in (
        "KEPUTUSAN KEPALA BDK SURABAYA",
        "NOMOR 123/2026",
        "4 Mei 2026",
        "Menetapkan 3 orang",
        "Ayu",
        "8 jam pelajaran",
    ):
        assert words in page, words
    assert "NOMOR ...................." in text_of(make(held, "sk-peserta", cast.organiser))


def test_assignment_and_return_go_to_each_sending_unit_with_its_own_people(cast, tree, done):
    for key, extra in (("surat-tugas", "menugaskan"), ("surat-pengembalian", "kami kembalikan")):
        pages = [
            " ".join(page.extract_text().replace("\u200b", "").split())
            for page in PdfReader(BytesIO(make(done, key, cast.organiser))).pages
        ]
        semarang, surabaya = pages  # in the order of the units' codes
        assert extra in semarang and "Kota Semarang" in semarang and "Ayu" not in semarang
        assert "Kota Surabaya" in surabaya and "Ayu" in surabaya and "Bambang" in surabaya
        assert "HYPERLINK" in semarang and "HYPERLINK" not in surabaya
    assert "Tidak lulus" in surabaya and "Lulus" in semarang


def test_scores_with_components_attendance_and_result(cast, done):
    headings, *rows = sheet_of(make(done, "rekap-nilai", cast.organiser, "xlsx"))
    by_name = {row[1]: dict(zip(headings, row, strict=True)) for row in rows}
    assert (by_name["Ayu"]["NILAI_AKHIR"], by_name["Ayu"]["KEHADIRAN_PERSEN"], by_name["Ayu"]["HASIL"]) == (
        90,
        100,
        "Lulus",
    )
    assert (by_name["Bambang"]["KEHADIRAN_PERSEN"], by_name["Bambang"]["HASIL"]) == (50, "Tidak lulus")
    page = text_of(make(done, "rekap-nilai", cast.organiser))
    assert "90,00" in page and "50%" in page


def test_the_report_counts_what_happened(cast, done):
    page = text_of(make(done, "laporan", cast.organiser))
    for words in ("Peserta : 3 orang", "Lulus : 2 orang", "Tidak lulus : 1 orang", "Rata-rata kehadiran : 83%",
                  "Rata-rata nilai akhir : 71,67", "Sertifikat berlaku : 2", "Arsip dinamis", "Jawa Timur"):  # fmt: skip
        assert words in page, words


def test_the_siasn_export_has_its_fields_and_the_valid_number_only(cast, done):
    certificate = Certificate.objects.get(record__employee__name="Ayu")
    other = Certificate.objects.exclude(pk=certificate.pk).get()
    actions.revoke(certificate=other, by=cast.organiser, reason="x")
    rows = list(csv.DictReader(StringIO(make(done, "siasn", cast.organiser, "csv").decode())))
    by_nip = {row["NIP"]: row for row in rows}
    record = certificate.record
    assert by_nip[record.employee.nip] == {
        "NIP": record.employee.nip, "NAMA": "Ayu", "jenisDiklatId": "3", "namaKursus": record.title,
        "institusiPenyelenggara": "BDK Surabaya", "jumlahJam": "8", "tahunKursus": str(record.last_day.year),
        "tanggalKursus": f"{record.first_day:%d-%m-%Y}", "tanggalSelesaiKursus": f"{record.last_day:%d-%m-%Y}",
        "nomorSertipikat": certificate.number,
    }  # fmt: skip
    assert by_nip[other.record.employee.nip]["nomorSertipikat"] == ""
    assert len(rows) == 2  # who did not pass is not reported
    assert sheet_of(make(done, "siasn", cast.organiser, "xlsx"))[0] == tuple(rows[0])


@pytest.mark.parametrize("key", ["rekap-nilai", "laporan", "siasn"])
def test_refused_with_what_must_come_first(cast, held, key):
    with pytest.raises(Refusal):
        make(held, key, cast.organiser, "xlsx" if key == "siasn" else "pdf")
    assert not Event.objects.filter(verb="paper.download").exists()


def url(training_class, key, kind):
    return reverse("certificates:paper", args=[training_class.pk, key, kind])


@pytest.mark.parametrize(
    ("who", "keys", "names"),
    [
        ("central", set(PAPERS), {"Ayu", "Bambang", "'=HYPERLINK(1)"}),
        ("organiser", set(PAPERS), {"Ayu", "Bambang", "'=HYPERLINK(1)"}),
        ("auditor", set(PAPERS), {"Ayu", "Bambang", "'=HYPERLINK(1)"}),
        ("operator", {"biodata", "surat-tugas", "surat-pengembalian", "siasn"}, {"Ayu", "Bambang"}),
        ("neighbour", {"biodata", "surat-tugas", "surat-pengembalian", "siasn"}, {"'=HYPERLINK(1)"}),
    ],
)  # fmt: skip
def test_each_gets_the_papers_and_names_of_their_own(cast, client, done, who, keys, names):
    client.force_login(getattr(cast, who))
    page = client.get(reverse("certificates:papers", args=[done.pk])).content.decode()
    assert {key for key in PAPERS if f"paper-{key}" in page} == keys
    for key in PAPERS:
        kind = PAPERS[key].formats[0]
        assert client.get(url(done, key, kind)).status_code == (200 if key in keys else 404), key
    rows = sheet_of(client.get(url(done, "biodata", "xlsx")).content)[1:]
    assert {row[1] for row in rows} == names
    noted = Reading.objects.filter(kind="downloaded").latest("pk")
    assert len(noted.subjects) == len(names)
    assert noted.actor_name == who
    assert Event.objects.filter(verb="paper.download").count() == len(keys) + 1


def test_no_such_paper_or_format(cast, client, done):
    client.force_login(cast.organiser)
    for key, kind in (("ijazah", "pdf"), ("sk-peserta", "xlsx"), ("biodata", "csv"), ("siasn", "pdf")):
        assert client.get(url(done, key, kind)).status_code == 404


def test_a_bad_day_and_a_refusal_lead_back_with_their_sentence(cast, tree, client, held):
    client.force_login(cast.organiser)
    back = client.get(url(held, "sk-peserta", "pdf"), {"dated": "kemarin"}, follow=True)
    assert back.redirect_chain and "notice" in back.content.decode()
    back = client.get(url(held, "laporan", "pdf"), follow=True)
    assert "Belum ada hasil" in back.content.decode()
    empty = factories.training_class(factories.programme("X"), tree.bdk)
    back = client.get(url(empty, "biodata", "pdf"), follow=True)
    assert "Belum ada orang" in back.content.decode()


def test_the_same_queries_at_three_and_at_more(cast, tree, done):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            make(done, "rekap-nilai", cast.organiser)
        return len(queries)

    cost()  # scope is remembered on the user
    before = cost()
    for _n in range(3):
        running.seat(done, factories.employee(tree.madrasah))
    assert cost() == before


def test_text_of_people_is_never_markup(cast, tree, held):
    running.seat(held, factories.employee(tree.madrasah, name='#panic("x") $y$ *z*'))
    for key in ("daftar-hadir", "biodata", "sk-peserta", "surat-tugas"):
        assert '#panic("x") $y$ *z*' in text_of(make(held, key, cast.organiser)), key
