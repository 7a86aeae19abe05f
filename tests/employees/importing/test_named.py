"""Whoever is named by the rows of an import stands in the log of reading: pages and the file to mend."""

import hashlib
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Reading
from employees.importing.models import ImportRun
from employees.importing.staged import Outcome
from employees.models import Employee, FormerNip
from tests import factories
from tests.employees.importing.runs import check, confirm, person, upload


@pytest.fixture
def folder(tmp_path, settings):
    settings.IMPORTS_DIR = tmp_path / "imports"
    return tmp_path


@pytest.fixture
def people(cast, folder):
    """Eight people of Surabaya, by their number in the file; the fourth has a former NIP."""
    confirm(check(upload(folder, cast.central, "employees", [person(n) for n in range(8)])), cast.central)
    found = {n: Employee.objects.get(external_id=f"Q{n:06d}") for n in range(8)}
    former = person(3)["NIP"]
    Employee.objects.filter(pk=found[3].pk).update(
        nip=factories.nip_for(date(1970, 1, 4), date(2024, 1, 1), "P", 7)
    )
    FormerNip.objects.create(employee=found[3], nip=former)
    return found


def seen(client, run: ImportRun, outcome: str) -> Reading | None:
    """The reading that a page of the preview leaves; None when it leaves none."""
    before = Reading.objects.count()
    assert client.get(reverse("employees:import_rows", args=[run.pk, outcome])).status_code == 200
    assert Reading.objects.count() - before in (0, 1)
    return Reading.objects.latest("pk") if Reading.objects.count() > before else None


def keys(people, *numbers: int) -> list[int]:
    return sorted(people[n].pk for n in numbers)


def test_every_page_of_a_preview_of_people_tells_whom_it_names(people, cast, client, folder):
    twin = {"NIP": factories.nip_for(date(1970, 1, 8), date(2022, 1, 1), "P", 9), "ID_PEGAWAI": ""}
    run = check(
        upload(folder, cast.central, "employees", [
            person(0, NAMA="Nama Lain"),
            person(1),
            person(2, STATUS="X"),  # rejected, by its NIP
            person(3, STATUS="X", ID_PEGAWAI=""),  # by a former NIP
            person(4, STATUS="X", NIP=""),  # by the ID
            person(60, STATUS="X"),  # somebody who is not stored
            person(5, ID_PEGAWAI="Q000006"),  # two people at once
            person(7, **twin),
            person(61),
        ])
    )  # fmt: skip
    client.force_login(cast.central)
    expected = {
        Outcome.NEW: ([], 1), Outcome.CHANGED: ([0], 1), Outcome.UNCHANGED: ([1], 1), Outcome.LIKELY: ([7], 1),
        Outcome.REJECTED: ([2, 3, 4], 4), Outcome.CONFLICTING: ([5, 6], 1),
    }  # fmt: skip
    for outcome, (numbers, rows) in expected.items():
        assert run.count(outcome) == rows, outcome
        noted = seen(client, run, outcome)
        assert noted is not None and noted.subjects == keys(people, *numbers), outcome
        assert (noted.kind, noted.actor_id, noted.object_id, noted.row_count, noted.filters) == (
            Reading.Kind.LISTED, cast.central.pk, str(run.pk), rows, {"outcome": outcome, "page": "1"},
        )  # fmt: skip
    missing = seen(client, run, Outcome.MISSING)
    assert missing is not None and missing.subjects and not set(missing.subjects) & set(keys(people, 0, 1))


def test_the_file_to_mend_tells_whom_it_names_with_its_hash(people, cast, client, folder):
    twin = {"NIP": factories.nip_for(date(1970, 1, 8), date(2022, 1, 1), "P", 9), "ID_PEGAWAI": ""}
    rows = [person(0), person(2, STATUS="X"), person(5, ID_PEGAWAI="Q000006"), person(7, **twin)]
    run = check(upload(folder, cast.central, "employees", rows))
    client.force_login(cast.central)
    for ending in ("csv", "xlsx"):
        answer = client.get(reverse("employees:import_errors", args=[run.pk, ending]))
        noted = Reading.objects.latest("pk")
        assert noted.sha256 == hashlib.sha256(answer.getvalue()).hexdigest()
        assert (noted.kind, noted.subjects, noted.row_count) == (
            Reading.Kind.DOWNLOADED, keys(people, 2, 5, 6, 7), 3,
        )  # fmt: skip
        # Who took it and when travels with the file.
        mark = f"{timezone.localtime():%Y%m%d}"
        assert mark in answer["Content-Disposition"] and "central" in answer["Content-Disposition"]
    assert Reading.objects.of_person(people[2].pk).filter(kind=Reading.Kind.DOWNLOADED).count() == 2


def test_history_names_people_and_the_catalogue_nobody(people, cast, client, folder):
    last = timezone.localdate() - timedelta(days=40)
    row = {
        "KODE_PROGRAM": "",
        "NAMA_PELATIHAN": "Pelatihan",
        "SELESAI": last.isoformat(),
        "HASIL": "LULUS",
        "JP": "20",
    }

    def line(n: int, **cells: str) -> dict[str, str]:
        return {"NIP": person(n)["NIP"], "ID_PEGAWAI": person(n)["ID_PEGAWAI"], **row, **cells}

    confirm(check(upload(folder, cast.central, "history", [line(0), line(1)])), cast.central)
    file = [line(0), line(1, JP="30"), line(2), line(4, HASIL="X"), line(5), line(5, JP="30")]
    run = check(upload(folder, cast.central, "history", file))
    client.force_login(cast.central)
    expected = {
        Outcome.UNCHANGED: [0], Outcome.CHANGED: [1], Outcome.NEW: [2, 5], Outcome.REJECTED: [4],
        Outcome.CONFLICTING: [5],
    }  # fmt: skip
    for outcome, numbers in expected.items():
        noted = seen(client, run, outcome)
        assert noted is not None and noted.subjects == keys(people, *numbers), outcome
    units = check(
        upload(
            folder,
            cast.central,
            "units",
            [{"KODE_SATUAN_KERJA": "X1", "NAMA": "Unit", "JENIS": "KANWIL", "KODE_ATASAN": "MENAG"}],
        )
    )
    assert seen(client, units, Outcome.NEW) is None
