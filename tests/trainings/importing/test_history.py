"""The training history file."""

import datetime

import pytest
from django.utils import timezone

from employees.models import FormerNip
from tests import factories
from tests.employees.importing.files import counts
from trainings.models import HistoryRecord, Hold, Standing


@pytest.fixture
def sari(tree):
    return factories.employee(tree.madrasah, external_id="P1")


@pytest.fixture
def budi(tree):
    return factories.employee(tree.semarang, external_id="P2")


def record(person=None, **cells):
    return {
        "NIP": person.nip if person else "", "ID_PEGAWAI": "", "KODE_PROGRAM": "",
        "NAMA_PELATIHAN": "Diklat Dasar",
        "JENIS": "TEKNIS", "MULAI": "", "SELESAI": "2024-05-10", "JP": "40", "HASIL": "LULUS", **cells,
    }  # fmt: skip


@pytest.mark.django_db
def test_a_record_is_created_updated_and_left_alone_and_moves_the_standing(imports, sari):
    row = record(sari, JENIS="teknis", HASIL="lulus")
    assert counts(imports.rows("history", [row])) == (1, 1, 0, 0, 0)
    found = HistoryRecord.objects.get()
    assert (found.employee, found.first_day, found.jp, found.kind, found.result) == (
        sari, datetime.date(2024, 5, 10), 40, "TEKNIS", "LULUS",
    )  # fmt: skip
    assert found.identity == HistoryRecord.identity_of("", "Diklat Dasar")
    assert Standing.objects.get(employee=sari).waiting_since == datetime.date(2024, 5, 10)
    assert counts(imports.rows("history", [row])) == (1, 0, 0, 1, 0)
    changed = row | {"NAMA_PELATIHAN": " diklat   DASAR ", "HASIL": "TIDAK_LULUS"}
    assert counts(imports.rows("history", [changed])) == (1, 0, 1, 0, 0)
    found.refresh_from_db()
    assert (found.title, found.result) == ("diklat   DASAR", "TIDAK_LULUS")
    assert not Standing.objects.get(employee=sari).ever_trained


@pytest.mark.django_db
def test_people_are_found_by_each_of_their_numbers(imports, sari, budi):
    FormerNip.objects.create(employee=sari, nip="198603022020211001")
    rows = [
        record(NIP=f"{sari.nip[:8]} {sari.nip[8:]}"),
        record(ID_PEGAWAI="P1"),
        record(NIP="198603022020211001", ID_PEGAWAI="P1"),
        record(NIP="198603022020211999", ID_PEGAWAI="P2"),  # a NIP not known yet
        record(NIP=budi.nip, ID_PEGAWAI="P1"),
        record(NIP="198603022020211999"),
        record(NIP="1.98603022010121E+17"),
        record(),
        record(ID_PEGAWAI="p1"),
    ]
    assert counts(imports.rows("history", rows)) == (9, 2, 0, 2, 5)
    assert imports.faults() == [(6, "NIP"), (7, "NIP"), (8, "NIP"), (9, "NIP"), (10, "ID_PEGAWAI")]
    assert set(HistoryRecord.objects.values_list("employee", flat=True)) == {sari.pk, budi.pk}


@pytest.mark.django_db
def test_the_same_record_twice_in_a_file(imports, sari, budi):
    rows = [
        record(sari, JP="x"),  # rejected, so it is not the first
        record(sari), record(ID_PEGAWAI="P1"), record(sari, JP="41"), record(sari),
        record(budi), record(sari, SELESAI="2024-05-11"), record(sari, KODE_PROGRAM="X"),
        record(sari, KODE_PROGRAM="x"),
    ]  # fmt: skip
    assert counts(imports.rows("history", rows)) == (9, 5, 0, 2, 2)
    assert imports.faults() == [(2, "JP"), (5, "SELESAI")]
    assert counts(imports.rows("history", rows)) == (9, 0, 0, 7, 2)


@pytest.mark.django_db
def test_the_catalogue_fills_what_is_empty(imports, sari):
    factories.programme("TEK-01", name="Pelatihan Teknis", kind="BIMTEK", jp=60)
    empty = {"NAMA_PELATIHAN": "", "JENIS": "", "JP": ""}
    rows = [
        record(sari, KODE_PROGRAM="TEK-01", **empty), record(sari, KODE_PROGRAM="OLD-1", **empty),
        record(sari, KODE_PROGRAM="TEK-01", NAMA_PELATIHAN="Own", JENIS="SEMINAR", JP="0",
               SELESAI="2023-01-01"),
    ]  # fmt: skip
    assert counts(imports.rows("history", rows)) == (3, 3, 0, 0, 0)
    assert list(HistoryRecord.objects.order_by("-jp", "title").values_list("title", "kind", "jp")) == [
        ("Pelatihan Teknis", "BIMTEK", 60), ("", "", 0), ("Own", "SEMINAR", 0),
    ]  # fmt: skip


@pytest.mark.django_db
def test_absent_columns_stay_as_stored(imports, sari):
    imports.rows("history", [record(sari, NOMOR_SERTIFIKAT="S/1", MULAI="2024-05-06", PENYELENGGARA="BDK")])
    few = ["NIP", "NAMA_PELATIHAN", "SELESAI", "HASIL"]
    assert counts(imports.rows("history", [record(sari)], few)) == (1, 0, 0, 1, 0)
    assert counts(imports.rows("history", [record(sari, HASIL="HADIR")], few)) == (1, 0, 1, 0, 0)
    assert HistoryRecord.objects.values_list(
        "certificate_number", "first_day", "organiser", "jp", "kind"
    ).get() == ("S/1", datetime.date(2024, 5, 6), "BDK", 40, "TEKNIS")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"SELESAI": ""}, "SELESAI"), ({"SELESAI": "10.05.2024"}, "SELESAI"), ({"HASIL": ""}, "HASIL"),
        ({"HASIL": "GAGAL"}, "HASIL"), ({"JENIS": "DIKLAT"}, "JENIS"), ({"JP": "-1"}, "JP"),
        ({"JP": "99999"}, "JP"),
        ({"MULAI": "2024-05-11"}, "SELESAI"), ({"MULAI": "x"}, "MULAI"),
        ({"NAMA_PELATIHAN": " "}, "KODE_PROGRAM"),
        ({"NAMA_PELATIHAN": "x" * 251}, "NAMA_PELATIHAN"), ({"NAMA_PELATIHAN": "İ" * 240}, "NAMA_PELATIHAN"),
        ({"PENYELENGGARA": "x" * 201}, "PENYELENGGARA"),
        ({"NOMOR_SERTIFIKAT": "x" * 121}, "NOMOR_SERTIFIKAT"),
        ({"KODE_PROGRAM": "x" * 41}, "KODE_PROGRAM"),
    ],
)  # fmt: skip
def test_wrong_rows(imports, sari, budi, cells, column):
    headings = list({**record(), **cells})
    assert counts(imports.rows("history", [record(sari) | cells, record(budi)], headings)) == (2, 1, 0, 0, 1)
    assert imports.faults() == [(2, column)]
    assert HistoryRecord.objects.get().employee == budi


@pytest.mark.django_db
def test_today_is_the_last_day_that_history_knows(imports, sari):
    today = timezone.localdate()
    rows = [record(sari, SELESAI=str(today)), record(sari, SELESAI=str(today + datetime.timedelta(days=1)))]
    assert counts(imports.rows("history", rows)) == (2, 1, 0, 0, 1)


@pytest.mark.django_db
def test_an_imported_absence_puts_nobody_on_hold(imports, sari):
    imports.rows(
        "history",
        [record(sari, HASIL="TIDAK_HADIR"), record(sari, HASIL="MENGUNDURKAN_DIRI", KODE_PROGRAM="X")],
    )
    assert HistoryRecord.objects.count() == 2
    assert not Hold.objects.exists()
    assert not Standing.objects.get(employee=sari).ever_trained
