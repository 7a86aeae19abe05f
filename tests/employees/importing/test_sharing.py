"""Rows checked by two processes: to the letter what one finds alone."""

import os
import random
from datetime import date

import pytest

from employees.importing import sharing
from employees.importing.employees import EmployeeImporter
from employees.models import Employee
from tests.employees.importing.files import write_xlsx
from tests.employees.importing.runs import person
from tests.factories import nip_for


@pytest.fixture
def shared(monkeypatch):
    """Even a small file is shared out; returns the processes that helped."""
    forks: list[int] = []
    fork = os.fork

    def counted() -> int:
        forks.append(fork())
        return forks[-1]

    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "fork", counted)
    monkeypatch.setattr(sharing, "BLOCK", 5)
    return forks


def rows(dice: random.Random) -> list[dict[str, str]]:
    """Right and wrong rows; numbers that come twice and three times, near each other and far apart."""
    made = [person(n) for n in range(120)]
    for n in dice.sample(range(120), 30):
        made[n] |= dice.choice(
            [
                {"STATUS": "XXX"}, {"NAMA": ""}, {"KODE_SATUAN_KERJA": "NOWHERE"}, {"TANGGAL_LAHIR": "1999-99-99"},
                {"ID_PEGAWAI": "Q000001"}, {"NIP": made[2]["NIP"], "TANGGAL_LAHIR": made[2]["TANGGAL_LAHIR"]},
                {"EMAIL": "nobody"}, {"NIP": ""},
            ]
        )  # fmt: skip
    for n in dice.sample(range(len(made)), 8):
        made.insert(dice.randrange(len(made)), dict(made[n]))
    return made


def outcome(imports, path, monkeypatch, least: int) -> tuple:
    """Everything that an import says and does, and nobody left afterwards."""
    monkeypatch.setattr(sharing, "SHARED_FROM", least)
    done = imports.path("employees", path)
    stored = list(
        Employee.objects.order_by("pk").values_list("nip", "external_id", "name", "unit__code", "email")
    )
    Employee.objects.all().delete()
    return done.counts(), done.reasons, imports.errors.read_text(), stored


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_two_processes_find_what_one_finds(tree, imports, tmp_path, monkeypatch, shared, seed):
    path = write_xlsx(tmp_path / "people.xlsx", rows(random.Random(seed)))
    alone = outcome(imports, path, monkeypatch, 1_000)
    assert shared == []
    together = outcome(imports, path, monkeypatch, 1)
    assert len(shared) == 1
    assert together == alone
    assert alone[0]["rejected"] > 10 and alone[0]["created"] > 50


@pytest.mark.django_db
def test_the_rows_of_a_helper_that_dies_are_checked_here(tree, imports, tmp_path, monkeypatch, shared):
    path = write_xlsx(tmp_path / "people.xlsx", rows(random.Random(9)))
    alone = outcome(imports, path, monkeypatch, 1_000)

    def killed(self) -> None:
        os.kill(os.getpid(), 9)

    monkeypatch.setattr(EmployeeImporter, "found", killed)  # only the helper hands anything over
    assert outcome(imports, path, monkeypatch, 1) == alone
    assert len(shared) == 1


@pytest.mark.django_db
def test_a_stop_ends_the_helper_too(tree, imports, tmp_path, monkeypatch, shared):
    monkeypatch.setattr(sharing, "SHARED_FROM", 1)
    monkeypatch.setattr("employees.importing.engine._STEP", 10)
    path = write_xlsx(tmp_path / "people.xlsx", [person(n) for n in range(60)])
    told: list[int] = []

    def stop(done: int, message: str) -> None:
        told.append(done)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        imports.path("employees", path, progress=stop)
    assert told == [20], "both processes together"
    assert len(shared) == 1
    with pytest.raises(ChildProcessError):
        os.waitpid(shared[0], os.WNOHANG)  # it is gone, and nobody waits for it any more
    assert Employee.objects.count() == 0


@pytest.mark.django_db
def test_a_csv_file_is_read_by_one(tree, imports, monkeypatch, shared):
    """Two processes would share one place in the file."""
    monkeypatch.setattr(sharing, "SHARED_FROM", 1)
    born = date(1980, 1, 1)
    done = imports.rows(
        "employees", [person(1, NIP=nip_for(born, date(2010, 3, 1), "P", 1), TANGGAL_LAHIR="1980-01-01")]
    )
    assert done.created == 1
    assert shared == []
