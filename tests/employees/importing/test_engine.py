"""What every import does, whatever the kind: counts, the errors file, trial runs, the audit trail."""

import hashlib

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from audit.models import Event
from employees.importing.engine import run_import
from employees.importing.reading import FileRefused
from employees.importing.units import UnitImporter
from employees.models import Employee, Unit
from tests.employees.importing.files import counts, read_csv, write_csv
from tests.employees.importing.test_employees import person
from tests.employees.importing.test_units import HEAD, unit


@pytest.mark.django_db
def test_the_audit_event_carries_counts_and_the_files_digest(imports):
    user = get_user_model().objects.create_user("central", password="x")
    path = write_csv(imports.folder / "u.csv", [unit("A"), unit("B", "?")])
    summary = run_import(UnitImporter, path, by=user)
    event = Event.objects.get()
    assert (event.verb, event.actor_id, event.object_type) == ("import.units", user.pk, "import")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert event.data == {"file": "u.csv", "sha256": digest, **summary.counts()}
    assert summary.reasons == [(3, "KODE_ATASAN", summary.reasons[0][2])]


@pytest.mark.django_db
def test_a_trial_counts_the_same_and_writes_nothing_but_the_errors_file(imports):
    rows = [unit("A"), unit("B", "A"), unit("C", "?")]
    trial = imports.rows("units", rows, dry_run=True)
    assert not Unit.objects.exists()
    assert not Event.objects.exists()
    assert imports.faults() == [(4, "KODE_ATASAN")]
    assert counts(trial) == counts(imports.rows("units", rows)) == (3, 2, 0, 0, 1)


@pytest.mark.django_db
def test_a_failure_after_writing_takes_everything_back(imports, monkeypatch):
    monkeypatch.setattr("employees.importing.engine.record", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        imports.rows("units", [unit("A")])
    assert not Unit.objects.exists()
    assert [path.name for path in imports.folder.iterdir()] == ["units.csv"]


@pytest.mark.django_db
def test_headings_alone_are_a_file_without_rows(imports):
    assert counts(imports.rows("units", [], HEAD)) == (0, 0, 0, 0, 0)
    assert read_csv(imports.errors) == []


@pytest.mark.django_db
def test_headings_in_any_order_and_case_unknown_ones_named_blank_rows_not_counted(imports):
    path = imports.folder / "u.csv"
    path.write_text(
        " nama ,Warna,kode_atasan,Jenis,KODE_SATUAN_KERJA,,\n,,,,,,\nKemenag,red,,kementerian,A,,\n\n"
    )
    summary = imports.path("units", path)
    assert counts(summary) == (1, 1, 0, 0, 0)
    assert summary.unknown_columns == ["Warna"]


@pytest.mark.django_db
def test_short_rows_are_filled_up_and_long_ones_rejected(imports):
    path = imports.folder / "u.csv"
    path.write_text(
        "KODE_ATASAN,KODE_SATUAN_KERJA,NAMA,JENIS,AKTIF\n,A,a,KUA\nA,B,b,KUA,Y,extra\nA,C,c,KUA,Y,, \n"
    )
    assert counts(imports.path("units", path)) == (3, 2, 0, 0, 1)
    assert imports.faults() == [(3, "*")]
    # it stays wrong until it is mended: the cell too many is not lost
    again = imports.errors.rename(imports.folder / "again.csv")
    assert "extra" in again.read_text()
    assert counts(imports.path("units", again)) == (1, 0, 0, 0, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "headings", "named"),
    [
        ("units", ["KODE_SATUAN_KERJA", "NAMA", "JENIS"], "KODE_ATASAN"),
        (
            "employees",
            [column for column in person() if column not in ("NIP", "ID_PEGAWAI")],
            "NIP or ID_PEGAWAI",
        ),
        ("employees", HEAD, "TANGGAL_LAHIR"),
        ("programmes", ["KODE_PROGRAM", "NAMA", "JENIS", "METODE"], "JP"),
        ("classes", ["KODE_KELAS"], "PENYELENGGARA"),
        ("history", ["NIP", "SELESAI", "HASIL"], "KODE_PROGRAM or NAMA_PELATIHAN"),
        ("history", ["KODE_PROGRAM", "SELESAI", "HASIL"], "NIP or ID_PEGAWAI"),
        ("units", [*HEAD, "nama"], "NAMA"),
        ("employees", [*person(), "NIP_BARU"], "NIP_BARU"),
    ],
)
def test_a_file_without_its_columns_or_with_one_twice_is_refused(imports, kind, headings, named):
    imports.errors.write_text("from last time")
    with pytest.raises(FileRefused, match=named):
        imports.rows(kind, [dict.fromkeys(headings, "x")], headings)
    assert imports.errors.read_text() == "from last time"
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_the_errors_file_must_be_writable_and_not_the_file_itself(imports):
    path = write_csv(imports.folder / "u.csv", [unit("A")])
    before = path.read_bytes()
    for errors in (path, imports.folder, imports.folder / "nowhere" / "e.csv"):
        with pytest.raises(FileRefused):
            run_import(UnitImporter, path, by=None, errors_path=errors)
    assert path.read_bytes() == before
    assert not Unit.objects.exists()


@pytest.mark.django_db
def test_progress_is_reported_before_the_transaction_and_may_stop_the_import(imports):
    seen = []
    outside = len(connection.savepoint_ids)

    def report(done, message):
        assert message
        seen.append((done, len(connection.savepoint_ids) - outside))
        if done > 9_999:
            raise InterruptedError

    rows = [unit("A"), *(unit(f"U{n}", "A") for n in range(12_000))]
    with pytest.raises(InterruptedError):
        imports.rows("units", rows, progress=report)
    assert seen == [(5_000, 0), (10_000, 0)]
    assert not Unit.objects.exists()
    seen.clear()
    assert counts(imports.rows("units", rows[:6_001], progress=report)) == (6_001, 6_001, 0, 0, 0)
    assert seen == [(5_000, 0), (6_001, 0)]


@pytest.mark.django_db
def test_a_hundred_thousand_wrong_rows(imports, tree):
    wrong = person("x", NAMA="", STATUS="?", TANGGAL_LAHIR="?", KODE_SATUAN_KERJA="?")
    rows = [wrong | {"ID_PEGAWAI": f"P{n}"} for n in range(100_000)]
    assert counts(imports.rows("employees", [*rows, person()])) == (100_001, 1, 0, 0, 100_000)
    with imports.errors.open(newline="") as lines:
        assert sum(1 for _line in lines) == 100_001
    assert Employee.objects.count() == 1


@pytest.mark.django_db
def test_reasons_speak_the_language_of_the_person(imports, monkeypatch):
    from django.utils import translation

    asked = []
    monkeypatch.setattr(
        "employees.importing.engine._", lambda text: asked.append(translation.get_language()) or text
    )
    with translation.override("id"):
        imports.rows("units", [unit("A", NAMA="")])
    assert set(asked) == {"id"}
