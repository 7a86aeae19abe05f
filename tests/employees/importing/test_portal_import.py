"""Imports in the portal: preview, decisions, writing in batches, stopping, going on, mending."""

from datetime import date, timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import RoleGrant
from audit.errors import Refusal
from audit.models import Event
from employees.importing import cleaning, running, staged, store, writing
from employees.importing.models import ImportRun
from employees.importing.staged import Lines, Outcome
from employees.models import Employee, FormerNip, UnitAssignment
from jobs import runner
from jobs.models import Job
from simdiklat.integrity import problems
from tests import factories
from tests.employees.importing.files import read_csv
from tests.employees.importing.runs import check, confirm, person, upload, write

State = ImportRun.State


@pytest.fixture
def folder(tmp_path, settings):
    settings.IMPORTS_DIR = tmp_path / "imports"
    return tmp_path


@pytest.fixture
def central(cast):
    cast.central.language = "en"
    cast.central.save()
    with translation.override("en"):
        yield cast.central


@pytest.fixture
def stored(cast, tree, folder, central):
    """Ten people of Surabaya, imported."""
    run = check(upload(folder, central, "employees", [person(n) for n in range(10)]))
    done = confirm(run, central)
    assert (done.state, done.written) == (State.DONE, {"created": 10, "updated": 0, "conflicting": 0})
    return done


def lines(run, outcome):
    importer = running.importer_for(run.kind)(
        present=frozenset(run.present), faults=running.Faults(), stage=running.Stage(())
    )
    return Lines(run.pk, outcome, run.count(outcome), importer.comparison())[0:100]


def snapshot():
    return list(Employee.objects.order_by("pk").values())


def test_the_preview_tells_everything_and_writes_nothing(stored, folder, central, tree):
    before = snapshot()
    file = [
        *(person(n) for n in range(7)),
        person(7, NAMA="Nama Baru", GOL_RUANG="III/b", KODE_SATUAN_KERJA="MAN1-SBY"),
        person(20),
        person(21, STATUS="XXX"),
        person(22), person(22),
        person(3, NIP=person(30)["NIP"], TANGGAL_LAHIR=person(30)["TANGGAL_LAHIR"], ID_PEGAWAI="Q000004"),
    ]  # fmt: skip
    run = check(upload(folder, central, "employees", file))
    assert snapshot() == before
    assert run.state == State.CHECKED
    # The last row says that Q000004 has another NIP, but Q000004 has a row of its own.
    assert run.counts == {
        "read": 13, "new": 1, "changed": 1, "unchanged": 6, "rejected": 1, "conflicting": 4, "missing": 4,
    }  # fmt: skip
    [changed] = lines(run, Outcome.CHANGED)
    assert changed.row == 9
    assert changed.details == [
        ("GOL_RUANG", "III/a", "III/b"),
        ("KODE_SATUAN_KERJA", tree.surabaya.name, tree.madrasah.name),
        ("NAMA", "Orang Ke7", "Nama Baru"),
    ]
    assert [line.row for line in lines(run, Outcome.CONFLICTING)] == [6, 12, 13, 14]
    assert [line.label.split(" · ")[2] for line in lines(run, Outcome.REJECTED)] == ["Orang Ke21"]
    # Q000004 counts as missing, because its rows are left out; Sari works in a unit that the file names.
    assert sorted(line.label.split(" · ")[0] for line in lines(run, Outcome.MISSING)) == [
        "Orang Ke4", "Orang Ke8", "Orang Ke9", "Sari Wulandari",
    ]  # fmt: skip


def test_a_yes_writes_what_was_previewed_and_keeps_the_unit_left(stored, folder, central, tree):
    mover = Employee.objects.get(external_id="Q000001")
    run = check(
        upload(folder, central, "employees", [*(person(n) for n in range(1, 10)),
                                              person(0, KODE_SATUAN_KERJA="MAN1-SBY"), person(11)], ending="xlsx")
    )  # fmt: skip
    assert (run.count("new"), run.count("changed"), run.count("unchanged")) == (1, 1, 9)
    done = confirm(run, central)
    assert done.written == {"created": 1, "updated": 1, "conflicting": 0}
    moved = Employee.objects.get(external_id="Q000000")
    assert moved.unit == tree.madrasah
    left = UnitAssignment.objects.get()
    assert (left.employee, left.unit, left.since, left.until) == (
        moved, tree.surabaya, None, timezone.localdate(),
    )  # fmt: skip
    assert Employee.objects.get(pk=mover.pk).unit == tree.surabaya
    event = Event.objects.filter(verb="import.employees").latest("pk")
    assert (event.actor_id, event.data["created"], event.data["updated"]) == (central.pk, 1, 1)
    assert Job.objects.get(pk=done.job_id).state == Job.State.DONE
    assert problems() == {}


def test_a_person_known_by_name_and_birth_waits_for_a_human(stored, folder, central, client):
    """A PPPK who became CPNS comes with another NIP and no ID."""
    client.force_login(central)
    known = Employee.objects.get(external_id="Q000005")
    Employee.objects.filter(pk=known.pk).update(name="Muhammad Siti Aminah")
    born = known.birth_date
    row = person(
        5, NAMA="Siti Aminah, Moh.", ID_PEGAWAI="", NIP=factories.nip_for(born, date(2022, 1, 1), "P", 9)
    )
    rest = [person(n) for n in range(10) if n != 5]
    run = check(upload(folder, central, "employees", [row, *rest]))
    assert (run.count("likely"), run.count("new"), run.count("missing")) == (1, 0, 1)
    [line] = lines(run, Outcome.LIKELY)
    assert (line.row, line.target_id) == (2, known.pk)
    assert known.nip in line.details[0][2]
    # Name, number and unit of both, so that whoever decides need not open the file.
    assert line.label.startswith(f"Siti Aminah, Moh. · {row['NIP']} · ") and line.label.endswith(
        known.unit.name
    )
    page = client.get(reverse("employees:import", args=[run.pk])).content.decode()
    assert reverse("employees:import_rows", args=[run.pk, "likely"]) in page.partition('class="figures"')[0]
    assert "Tidak ada yang perlu ditulis" not in page
    # Undecided, it is nothing that would be written, and it is in the file to mend.
    assert run.to_write == 0
    assert "nobody has decided" in read_csv(store.errors_path(run.stored_name, "csv"))[0]["ALASAN"]

    run = running.decide(run=run, row=2, decision="same", by=central)
    assert (run.count("likely"), run.count("changed")) == (0, 1)
    assert [d[0] for d in lines(run, Outcome.CHANGED)[0].details] == ["NAMA", "NIP"]
    confirm(run, central)
    known.refresh_from_db()
    assert (known.nip, known.external_id) == (row["NIP"], "Q000005")
    assert FormerNip.objects.get().nip == person(5)["NIP"]
    assert Employee.objects.count() == 12  # the two of the cast, and nobody more


def test_somebody_else_of_the_same_name_is_added(stored, folder, central):
    row = person(5, ID_PEGAWAI="", NIP=factories.nip_for(date(1970, 1, 6), date(2022, 1, 1), "P", 9))
    run = check(upload(folder, central, "employees", [row, *(person(n) for n in range(10) if n != 5)]))
    run = running.decide(run=run, row=2, decision="same", by=central)
    run = running.decide(run=run, row=2, decision="other", by=central)
    assert (run.count("likely"), run.count("changed"), run.count("new")) == (0, 0, 1)
    confirm(run, central)
    assert Employee.objects.filter(name="Orang Ke5").count() == 2


def test_someone_with_a_row_of_the_own_is_nobodys_twin(stored, folder, central):
    row = person(5, ID_PEGAWAI="", NIP=factories.nip_for(date(1970, 1, 6), date(2022, 1, 1), "P", 9))
    run = check(upload(folder, central, "employees", [row, *(person(n) for n in range(10))]))
    assert (run.count("likely"), run.count("new")) == (0, 1)


def test_it_stops_by_itself_when_too_little_fits(stored, folder, central):
    run = check(upload(folder, central, "employees", [person(n) for n in range(8, 30)]))
    assert (run.state, run.matched_percent) == (State.HALTED, 2 * 100 // 22)
    with pytest.raises(Refusal, match="Type this number"):
        running.confirm(run=run, by=central)
    with pytest.raises(Refusal, match="20 rows"):
        running.confirm(run=run, by=central, typed=19)
    assert ImportRun.objects.get(pk=run.pk).state == State.HALTED
    assert confirm(run, central).written["created"] == 20


def test_what_changed_since_the_preview_is_left_and_reported(stored, folder, central, tree):
    run = check(
        upload(folder, central, "employees", [*(person(n, GOL_RUANG="III/c") for n in range(10)), person(11), person(12)])
    )  # fmt: skip
    Employee.objects.filter(external_id="Q000004").update(grade="IV/a")
    Employee.objects.filter(external_id="Q000006").update(email="new@contoh.invalid")  # not in the file
    factories.employee(tree.semarang, nip=person(11)["NIP"], birth_date=date(1970, 1, 12))
    done = confirm(run, central)
    assert done.written == {"created": 1, "updated": 9, "conflicting": 2}
    assert Employee.objects.get(external_id="Q000004").grade == "IV/a"
    assert Employee.objects.get(external_id="Q000006").email == "new@contoh.invalid"
    mend = openpyxl.load_workbook(store.errors_path(run.stored_name, "xlsx")).active
    rows = [[cell.value for cell in row] for row in mend.iter_rows()]
    assert rows[0][-3:] == ["BARIS", "KOLOM", "ALASAN"]
    assert [row[-3] for row in rows[1:]] == ["6", "12"]
    assert {cell.data_type for row in mend.iter_rows(min_row=2) for cell in row if cell.value} == {"s"}


def test_a_row_the_database_refuses_never_stops_its_neighbours(stored, folder, central, settings):
    """Two people who exchange their IDs: no order of single updates can do that."""
    settings.IMPORT_BATCH_ROWS = 4
    file = [person(n, GOL_RUANG="III/d") for n in range(10)]
    run = check(upload(folder, central, "employees", file))
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {staged.rows_table(run.pk)} SET unit_id = 999999 WHERE row = 7")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    done = confirm(run, central)
    assert done.written == {"created": 0, "updated": 9, "conflicting": 1}
    assert list(Employee.objects.filter(grade="III/a", external_id__startswith="Q0000").exclude(
        name__in=("Sari Wulandari", "Budi Santoso")).values_list("external_id", flat=True)) == ["Q000005"]  # fmt: skip


def test_stopped_it_keeps_its_batches_and_goes_on_behind_them(cast, folder, central, settings):
    settings.IMPORT_BATCH_ROWS = 10
    run = check(upload(folder, central, "employees", [person(n) for n in range(35)]))
    run = running.confirm(run=run, by=central, typed=35)
    job = runner.claim(run.job_id)
    original = writing._write_batch
    written = []

    def second_then_stop(run, kind, batch):
        original(run, kind, batch)
        written.append(batch)
        if len(written) == 2:
            running.stop(run=run, by=central)

    writing._write_batch = second_then_stop
    try:
        with pytest.raises(runner.JobStopped):
            writing.write(job)
    finally:
        writing._write_batch = original
    run.refresh_from_db()
    assert (run.state, run.written_to, Employee.objects.filter(name__startswith="Orang").count()) == (
        State.STOPPED, 21, 20,
    )  # fmt: skip
    assert Job.objects.get(pk=job.pk).state == Job.State.STOPPED
    done = write(running.resume(run=run, by=central))
    assert (done.state, done.written) == (State.DONE, {"created": 35, "updated": 0, "conflicting": 0})


def test_two_workers_never_write_the_same_batch(cast, folder, central, settings):
    settings.IMPORT_BATCH_ROWS = 10
    run = check(upload(folder, central, "employees", [person(n) for n in range(15)]))
    run = running.confirm(run=run, by=central, typed=15)
    batch = writing._next_batch(run)
    kind = running.importer_for("employees")
    writing._write_batch(run, kind, batch)
    with pytest.raises(runner.JobStopped):
        writing._write_batch(run, kind, batch)
    assert Employee.objects.filter(name__startswith="Orang").count() == 10


def test_rows_lost_in_a_crash_are_prepared_again_and_nothing_is_written_twice(
    cast, folder, central, settings
):
    settings.IMPORT_BATCH_ROWS = 10
    run = check(upload(folder, central, "employees", [person(n) for n in range(15)]))
    run = running.confirm(run=run, by=central, typed=15)
    writing._write_batch(run, running.importer_for("employees"), writing._next_batch(run))
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {staged.rows_table(run.pk)}")  # what a crash leaves of an unlogged table
    run = write(run)
    assert (run.state, run.confirmed_by) == (State.CHECKING, None)
    run = check(run)
    assert (run.state, run.count("new"), run.count("unchanged")) == (State.CHECKED, 5, 10)
    assert confirm(run, central).written["created"] == 5


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old excel", "neither"),
        (b"PK\x03\x04 no workbook", "neither"),
        (b"\x89PNG\r\n\x1a\n\0\0", "neither"),
        ("NIP,NAMA\n1,Müller\n".encode("latin-1"), "neither"),
    ],
)
def test_other_files_are_refused_and_not_kept(cast, folder, client, central, content, words):
    client.force_login(central)
    client.cookies["django_language"] = "en"
    page = client.post(
        reverse("employees:import_upload"),
        {"kind": "employees", "file": SimpleUploadedFile("data.csv", content)},
    )  # fmt: skip
    assert words in page.content.decode()
    assert ImportRun.objects.count() == 0
    assert list((folder / "imports").glob("*")) == []


def test_too_large_is_refused(cast, folder, central, settings):
    settings.IMPORT_MOST_BYTES = 10
    with pytest.raises(Refusal, match="MB"):
        upload(folder, central, "employees", [person(1)])
    assert ImportRun.objects.count() == 0


def test_a_file_of_the_wrong_kind_fails_with_a_sentence(cast, folder, central):
    run = check(upload(folder, central, "history", [person(1)]))
    assert run.state == State.FAILED
    assert "SELESAI" in run.error
    assert Job.objects.get(pk=run.job_id).error == run.error


@pytest.mark.parametrize("kind", ["units", "programmes", "classes", "history"])
def test_every_kind_is_previewed_and_written(cast, tree, folder, central, kind):
    factories.programme("TEK-01", name="Pelatihan Arsip")
    first = timezone.localdate() + timedelta(days=40)
    rows = {
        "units": [{"KODE_SATUAN_KERJA": "MENAG", "NAMA": "Kementerian Agama RI", "JENIS": "KEMENTERIAN", "KODE_ATASAN": ""},
                  {"KODE_SATUAN_KERJA": "KUA9", "NAMA": "KUA 9", "JENIS": "KUA", "KODE_ATASAN": "KK3578"}],
        "programmes": [{"KODE_PROGRAM": "TEK-01", "NAMA": "Pelatihan Arsip", "JENIS": "TEKNIS", "METODE": "KLASIKAL", "JP": "60"},
                       {"KODE_PROGRAM": "TEK-02", "NAMA": "Pelatihan Baru", "JENIS": "TEKNIS", "METODE": "PJJ", "JP": "40"}],
        "classes": [{"KODE_KELAS": "K1", "KODE_PROGRAM": "TEK-01", "MULAI": first.isoformat(), "SELESAI": first.isoformat(),
                     "PENYELENGGARA": "BDK-SBY", "KURSI": "30"}],
        "history": [{"NIP": cast.employee.nip, "KODE_PROGRAM": "TEK-01", "SELESAI": "2024-05-03", "HASIL": "LULUS"},
                    {"NIP": cast.employee.nip, "KODE_PROGRAM": "TEK-01", "SELESAI": "2024-05-03", "HASIL": "LULUS"},
                    {"NIP": "1", "KODE_PROGRAM": "TEK-01", "SELESAI": "2024-05-03", "HASIL": "LULUS"}],
    }[kind]  # fmt: skip
    run = check(upload(folder, central, kind, rows))
    expected = {"units": (1, 1), "programmes": (1, 1), "classes": (1, 0), "history": (1, 0)}[kind]
    assert (run.count("new"), run.count("changed")) == expected
    done = confirm(run, central)
    assert done.state == State.DONE
    assert (done.written["created"], done.written["updated"]) == expected
    again = check(upload(folder, central, kind, rows))
    assert (again.count("new"), again.count("changed")) == (0, 0)
    assert again.count("unchanged") + again.count("rejected") == len(rows)
    assert problems() == {}


def test_a_small_file_that_no_longer_does_what_it_said_is_checked_again(cast, tree, folder, central):
    rows = [{"KODE_PROGRAM": "TEK-02", "NAMA": "Baru", "JENIS": "TEKNIS", "METODE": "PJJ", "JP": "40"}]
    run = check(upload(folder, central, "programmes", rows))
    factories.programme("TEK-02", name="Somebody else's")
    run = write(running.confirm(run=run, by=central, typed=run.to_write))
    assert run.state == State.CHECKING
    run = check(run)
    assert (run.count("new"), run.count("changed")) == (0, 1)


def test_missing_people_are_only_told_and_changed_by_a_typed_number(stored, folder, central):
    run = confirm(
        check(upload(folder, central, "employees", [*(person(n) for n in range(8)), person(40)])), central
    )
    assert run.count("missing") == 2
    assert Employee.objects.filter(activity="PENSIUN").count() == 0
    with pytest.raises(Refusal, match="Type this number"):
        running.set_missing_activity(run=run, activity="PENSIUN", typed=3, by=central)
    with pytest.raises(Refusal):
        running.set_missing_activity(run=run, activity="AKTIF", typed=2, by=central)
    assert running.set_missing_activity(run=run, activity="PENSIUN", typed=2, by=central) == 2
    assert set(Employee.objects.filter(activity="PENSIUN").values_list("external_id", flat=True)) == {
        "Q000008", "Q000009",
    }  # fmt: skip


def test_only_who_imports_for_the_whole_ministry_sees_or_does_anything(stored, cast, client, tree, folder):
    RoleGrant.objects.create(user=cast.operator, role="central", unit=tree.east, since=date(2020, 1, 1))
    for user, expected in [(cast.operator, 404), (cast.organiser, 403), (cast.employee_user, 403)]:
        client.force_login(user)
        assert client.get(reverse("employees:import", args=[stored.pk])).status_code == expected
    with pytest.raises(Refusal, match=r"central|pusat"):
        upload(folder, cast.operator, "employees", [person(50)])


def test_the_pages_show_what_there_is(stored, cast, client, central, folder):
    run = check(
        upload(folder, central, "employees", [person(0, NAMA="Nama Lain"), person(1, STATUS="X"), person(50)])
    )
    client.force_login(central)
    detail = client.get(reverse("employees:import", args=[run.pk])).content.decode()
    for outcome in ("new", "changed", "rejected", "missing"):
        assert reverse("employees:import_rows", args=[run.pk, outcome]) in detail
        page = client.get(reverse("employees:import_rows", args=[run.pk, outcome]))
        assert page.status_code == 200
        assert " style=" not in page.content.decode()
    changed = client.get(reverse("employees:import_rows", args=[run.pk, "changed"])).content.decode()
    assert "Orang Ke0" in changed
    assert "Nama Lain" in changed
    assert client.get(reverse("employees:import_rows", args=[run.pk, "nonsense"])).status_code == 404
    for ending in ("csv", "xlsx"):
        answer = client.get(reverse("employees:import_errors", args=[run.pk, ending]))
        assert answer["Content-Disposition"].startswith("attachment")
    assert Event.objects.filter(verb="import.errors_downloaded").count() == 2
    answer = client.post(reverse("employees:import_confirm", args=[run.pk]), {"typed": run.to_write})
    assert answer.status_code == 302
    run.refresh_from_db()
    assert run.state == State.WRITING


def test_the_list_costs_the_same_at_one_and_at_three(stored, client, central, folder):
    client.force_login(central)
    address = reverse("employees:imports")
    client.get(address)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    one = queries()
    for _n in range(2):
        check(upload(folder, central, "employees", [person(60)]))
    assert queries() == one


def test_old_imports_are_cleaned_away_and_their_counts_stay(stored, folder, central):
    waiting = check(upload(folder, central, "employees", [person(60)]))
    ImportRun.objects.update(touched_at=timezone.now() - timedelta(days=30))
    assert cleaning.clean() == 2
    assert list((folder / "imports").glob("*")) == []
    with connection.cursor() as cursor:
        assert staged.lost(cursor, stored.pk)
        assert staged.lost(cursor, waiting.pk)
    waiting.refresh_from_db()
    stored.refresh_from_db()
    assert (waiting.state, stored.state, stored.count("new")) == (State.DISCARDED, State.DONE, 10)
    assert cleaning.clean() == 0


def test_the_database_wants_somebody_who_said_yes(stored):
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportRun.objects.filter(pk=stored.pk).update(confirmed_by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportRun.objects.filter(pk=stored.pk).update(state="lost")


def test_stopped_while_it_is_checked_it_is_discarded(cast, folder, central):
    run = upload(folder, central, "employees", [person(1)])
    running.stop(run=run, by=central)
    assert check(run).state == State.DISCARDED
    assert Job.objects.get(pk=run.job_id).state == Job.State.STOPPED
