"""Exports: whole, in scope, harmless, on record, and with flat memory."""

import csv
import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.urls import reverse

from accounts.models import RoleGrant
from audit.models import Event, Reading
from employees.exporting import files, lists, work
from employees.models import Employee
from jobs import runner
from jobs.models import Job
from tests import factories
from tests.engines import ROOT, database_url_for


@pytest.fixture
def results(settings, tmp_path):
    settings.RESULTS_DIR = tmp_path / "results"
    return settings.RESULTS_DIR


@pytest.fixture
def people(transactional_db, cast, tree):
    factories.history(cast.employee, date(2020, 5, 5), title="Dekat")
    factories.employee(tree.surabaya, name="=HYPERLINK(1)", position='a,"b"\n+c', external_id="@X", nip=None)
    factories.employee(tree.surabaya, name="-Eko", position="\tTab", status="PPPK")
    return cast


def exported(user, name: str = "employees", fmt: str = "csv", query: str = "") -> Job:
    job = Job.objects.create(
        task="employees.export", title="x", owner=user, params={"list": name, "format": fmt, "query": query}
    )
    runner.run(job.pk, work.run)
    job.refresh_from_db()
    return job


def rows_of(results: Path, job: Job) -> list[dict[str, str]]:
    with (results / job.result_file).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_list_is_whole_in_order_and_in_the_owners_scope(people, results):
    job = exported(people.operator, query="sort=-name")
    assert job.state == Job.State.DONE
    rows = rows_of(results, job)
    assert [row["NAMA"] for row in rows] == ["Sari Wulandari", "'=HYPERLINK(1)", "'-Eko"]
    assert rows[0]["NIP"] == people.employee.nip
    assert (rows[0]["PELATIHAN_TERAKHIR"], rows[1]["PELATIHAN_TERAKHIR"]) == ("2020-05-05", "")
    filtered = exported(people.central, query="q=budi&page=3&after=x")
    assert [row["NAMA"] for row in rows_of(results, filtered)] == ["Budi Santoso"]


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_nothing_in_a_cell_is_taken_for_a_formula(people, results, fmt):
    job = exported(people.operator, fmt=fmt)
    if fmt == "csv":
        cells = [cell for row in rows_of(results, job) for cell in row.values()]
    else:
        sheet = openpyxl.load_workbook(results / job.result_file)["Data"]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d", "inlineStr"}
        cells = [
            cell.value for row in sheet.iter_rows(min_row=2) for cell in row if isinstance(cell.value, str)
        ]
    assert {"'=HYPERLINK(1)", "'-Eko", "'\tTab", "'@X", 'a,"b"\n+c'} <= set(cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_xlsx_holds_what_the_csv_holds_with_dates_as_dates(people, results):
    plain = rows_of(results, exported(people.operator))
    job = exported(people.operator, fmt="xlsx")
    lines = list(openpyxl.load_workbook(results / job.result_file)["Data"].iter_rows(values_only=True))
    assert list(lines[0]) == list(plain[0])
    for line, row in zip(lines[1:], plain, strict=True):
        cells = ["" if c is None else c.date().isoformat() if hasattr(c, "date") else str(c) for c in line]
        assert cells == list(row.values())
    assert job.result["rows"] == len(plain) == 3


def test_an_empty_list_is_a_file_with_headings(people, results):
    for fmt in ("csv", "xlsx"):
        job = exported(people.operator, fmt=fmt, query="q=nobodyatall")
        assert (job.state, job.result["rows"]) == (Job.State.DONE, 0)
    sheet = openpyxl.load_workbook(results / job.result_file)["Data"]
    assert sheet["A1"].value == "NIP"


def test_a_sheet_that_is_full_is_followed_by_another(people, results, monkeypatch):
    monkeypatch.setattr(files, "SHEET_ROWS", 2)
    book = openpyxl.load_workbook(results / exported(people.operator, fmt="xlsx").result_file)
    assert {sheet.title: sheet.max_row - 1 for sheet in book} == {"Data": 2, "Data 2": 1}


def test_an_export_is_on_record_before_it_can_be_fetched(people, results, client):
    job = exported(people.operator, query="status=PNS")
    event = Event.objects.get(verb="list.export")
    digest = hashlib.sha256((results / job.result_file).read_bytes()).hexdigest()
    assert event.data == {"filters": {"status": "PNS"}, "format": "csv", "rows": 2, "sha256": digest}
    assert event.actor_id == people.operator.pk
    reading = Reading.objects.get(object_type="export")
    shown = set(
        Employee.objects.visible_to(people.operator).filter(status="PNS").values_list("pk", flat=True)
    )
    assert set(reading.subjects) == shown and reading.row_count == 2 and reading.sha256 == digest
    assert reading.kind == Reading.Kind.DOWNLOADED and reading.filters == {"status": "PNS", "part": "1"}


def test_readings_of_many_people_come_in_parts(people, results, monkeypatch):
    monkeypatch.setattr(files, "KEYS", 2)
    exported(people.central)
    parts = Reading.objects.filter(object_type="export").order_by("pk")
    assert [len(part.subjects) for part in parts] == [2, 2]
    assert sum(part.row_count for part in parts) == 4


@pytest.mark.parametrize("name", ["history", "invitations", "audit"])
def test_the_other_lists_can_be_exported(people, results, name):
    Event.objects.create(verb="a.b", object_type="x", unit_path="/1/", data={"=": 1})
    job = exported(people.central, name=name)
    assert job.state == Job.State.DONE, job.error
    rows = rows_of(results, job)
    expected = {"history": 1, "invitations": 0, "audit": 1}
    assert len(rows) == expected[name]


def test_yesterdays_file_is_not_fetched_with_todays_smaller_role(people, results, client, tree):
    job = exported(people.operator)
    way = reverse("jobs:file", args=[job.pk])

    def fetched(user) -> bool:
        client.force_login(user)
        response = client.get(way)
        return response.status_code == 200 and response["Content-Disposition"].startswith("attachment")

    assert fetched(people.operator)
    assert not fetched(people.central)  # somebody else's, whatever their role
    grant = RoleGrant.objects.filter(user=people.operator)
    grant.update(unit=tree.root)  # sees more than the file holds
    assert fetched(people.operator)
    grant.update(unit=tree.surabaya)  # sees a part of it
    assert not fetched(people.operator)
    told = client.get(reverse("jobs:progress", args=[job.pk])).content.decode()
    assert "berubah" in told
    grant.update(unit=tree.east, until=date(2020, 6, 1))  # over
    assert not fetched(people.operator)


def test_whoever_lost_the_permission_meanwhile_gets_nothing(people, results):
    RoleGrant.objects.filter(user=people.operator).delete()
    job = exported(people.operator)
    assert (job.state, job.result_file) == (Job.State.FAILED, "")
    assert not list(results.glob("*")) if results.exists() else True
    assert not Event.objects.filter(verb="list.export").exists()


def test_a_smaller_scope_gives_a_smaller_file(people, tree, results):
    RoleGrant.objects.filter(user=people.operator).update(unit=tree.madrasah)
    assert [row["NAMA"] for row in rows_of(results, exported(people.operator))] == ["Sari Wulandari"]


def test_a_killed_export_leaves_no_file_under_its_name(people, results, monkeypatch):
    def die(*_arguments):
        raise OSError("disk full")

    job = Job.objects.create(
        task="employees.export", title="x", owner=people.operator,
        params={"list": "employees", "format": "csv", "query": ""},
    )  # fmt: skip
    with monkeypatch.context() as broken:
        broken.setattr(work, "_record", die)
        with pytest.raises(OSError, match="disk full"):
            runner.run(job.pk, work.run)
    assert not list(results.glob("*.csv")) and not Event.objects.filter(verb="list.export").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "name", "status"),
    [
        ("operator", "employees", 302), ("operator", "audit", 403), ("leader", "employees", 403), ("admin", "audit", 302),
        ("admin", "employees", 403), ("central", "nothing", 404), ("employee_user", "employees", 403),
    ],
)  # fmt: skip
def test_who_may_have_which_list_written(client, cast, who, name, status):
    client.force_login(getattr(cast, who))
    response = client.post(reverse("employees:export", args=[name, "csv"]), {"q": "sari", "sort": "-name"})
    assert response.status_code == status
    if status == 302:
        job = Job.objects.get()
        assert response.url == reverse("jobs:progress", args=[job.pk])
        assert job.params == {"list": name, "format": "csv", "query": "q=sari&sort=-name"}
    assert client.get(reverse("employees:export", args=[name, "csv"])).status_code in (403, 405)
    assert client.post(reverse("employees:export", args=[name, "pdf"])).status_code in (403, 404)


@pytest.mark.django_db
def test_the_list_offers_the_export_to_those_who_may(client, cast):
    client.force_login(cast.operator)
    body = client.get(reverse("employees:list"), {"q": "sari", "sort": "-name"}).content.decode()
    assert reverse("employees:export", args=["employees", "xlsx"]) in body
    assert '<input type="hidden" name="sort" value="-name">' in body
    assert "csrfmiddlewaretoken" in body
    assert {"employees", "history", "invitations", "audit"} <= set(lists._lists)


MEASURED = """
import django, sys
django.setup()
from pathlib import Path
from django.db import connection
from employees.exporting import files
from employees.exporting.lists import Column
from employees.models import Employee
from django.db.models import Value
import django.db.models as m

class Long(m.Func):  # one employee many times over: rows enough to show what is kept
    template = "generate_series(1, 150000)"
    output_field = m.IntegerField()

rows = Employee.objects.annotate(series=Long())
columns = [Column("NO", "series", text=False), Column("NAMA", "name"), Column("JABATAN", "position"), Column("NIP", "nip")]
def used():
    status = Path("/proc/self/status").read_text()  # not getrusage: it remembers the process forked from
    return int(status.split("VmHWM:")[1].split()[0]) // 1024
before = used()
with files.snapshot() as read:
    read.count = lambda _rows: 150000
    done = files.WRITERS[sys.argv[1]](read, rows, columns, Path(sys.argv[2]), lambda done, total: None)
print(done.rows, before, used())
"""


@pytest.mark.engines
@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_memory_stays_flat(people, tmp_path, fmt):
    Employee.objects.exclude(pk=people.employee.pk).delete()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, fmt, str(tmp_path / f"x.{fmt}")],
        cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "DATABASE_URL": database_url_for(), "DJANGO_SETTINGS_MODULE": "simdiklat.settings"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    rows, before, after = map(int, done.stdout.split())
    assert rows == 150_000
    assert after < 150, f"{before} MB before, {after} MB at most"
    assert after - before < 40
