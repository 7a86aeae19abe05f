"""Imports against COPY of the same rows into a bare table: by the commands from CSV, by the portal from XLSX."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import connection
from django.test.utils import override_settings

from accounts.models import User
from audit.errors import Refusal
from employees.importing import checking, running, writing
from employees.importing.employees import EmployeeImporter
from employees.importing.engine import run_import
from employees.importing.importer import Importer
from employees.importing.models import ImportRun
from employees.importing.units import UnitImporter
from jobs import runner
from simdiklat.bench import files
from simdiklat.bench.measure import Figure, Setting, timed
from simdiklat.celery import app
from simdiklat.chaos.engines import FileBroker
from trainings.importing.classes import ClassImporter
from trainings.importing.history import HistoryImporter
from trainings.importing.programmes import ProgrammeImporter

_IMPORTERS: dict[str, type[Importer]] = {
    "units": UnitImporter,
    "employees": EmployeeImporter,
    "programmes": ProgrammeImporter,
    "classes": ClassImporter,
    "history": HistoryImporter,
}
#: Seconds asked for: a planner's file of the whole ministry, read, checked, matched and written.
GOAL = 20.0
#: One person in so many is changed in the file that comes a second time.
_CHANGED = 10


def by_command(setting: Setting) -> Iterator[Figure]:
    """The five files of the ministry into an empty database, which is empty again afterwards."""
    paths = files.written(setting.folder)
    found = {kind: Figure(f"import {kind}", "COPY of the file into a bare table") for kind in paths}
    for _run in range(setting.runs):
        for kind, path in paths.items():
            found[kind].floors.append(_copy(path))
            found[kind].times.append(timed(partial(_import, found[kind], kind, path)))
        _empty()
    yield from found.values()


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE employees_unit, employees_employee, trainings_programme CASCADE")


def _import(figure: Figure, kind: str, path: Path) -> None:
    summary = run_import(_IMPORTERS[kind], path, by=None)
    figure.rows = summary.read
    if summary.created != summary.read:
        raise Refusal(
            f"The import of {kind} took {summary.created:,} of {summary.read:,} rows: {summary.reasons[:2]}"
        )


def _copy(path: Path) -> float:
    """Seconds of COPY into a table of texts without index or constraint."""
    with path.open(encoding="utf-8", newline="") as file, connection.cursor() as cursor:
        columns = ", ".join(f'"{name}" text' for name in next(csv.reader(file)))
        cursor.execute(f"CREATE TABLE bare ({columns})")
        file.seek(0)
        taken = timed(lambda: cursor.copy_expert("COPY bare FROM STDIN (FORMAT csv, HEADER)", file))
        cursor.execute("DROP TABLE bare")
    return taken


# --- As a planner does it --------------------------------------------------------------------------


def by_portal(setting: Setting) -> Iterator[Figure]:
    """The people as XLSX: the first time, once more with one in ten changed, and once more as they are.

    What the two jobs of an import take, from the uploaded file to the last batch: reading, checking, matching,
    comparing, writing. What a person does between them is left out.
    """
    paths = files.written(setting.folder)
    book = files.workbook(paths["employees"])
    some = "once more, one in ten changed"
    names = ("first import", some, "once more, unchanged")
    goal = None if setting.everybody else GOAL
    floor = "COPY of the rows into a bare table"
    found = [Figure(f"people from XLSX, {name}", floor, goal=goal) for name in names]
    checks = [Figure(f"people from XLSX, {name}: until the preview", floor) for name in names]
    broker = FileBroker(setting.folder)  # tasks are done here: a worker of the portal must not see them
    broker.start()
    app.conf.update(broker.settings)
    with override_settings(IMPORTS_DIR=setting.folder / "imports"):
        planner = User.objects.create_superuser("ukur", "ukur@contoh.invalid")
        for _run in range(setting.runs):
            run_import(UnitImporter, paths["units"], by=None)
            for name, whole, check in zip(names, found, checks, strict=True):
                if name == some:
                    _change_some()
                copied = _copy(paths["employees"])
                taken = _as_planner(whole, book, planner)
                whole.times.append(sum(taken))
                check.times.append(taken[0])
                check.rows = whole.rows
                whole.floors.append(copied)
                check.floors.append(copied)
            _empty()
    yield from found
    yield from checks


def _as_planner(figure: Figure, book: Path, planner: User) -> tuple[float, float]:
    """Seconds until the preview, and seconds of writing what it says."""
    with TemporaryUploadedFile(book.name, "application/octet-stream", book.stat().st_size, None) as upload:
        upload.write(book.read_bytes())
        upload.seek(0)
        run = running.upload(kind="employees", file=upload, by=planner)
    checked = timed(partial(runner.run, run.job_id, checking.check))  # type: ignore[arg-type]
    run.refresh_from_db()
    figure.rows = run.count("read")
    if run.count("rejected") or run.count("conflicting"):
        raise Refusal(f"The import was to take every row; it took these: {run.counts}")
    written = 0.0
    if run.to_write:
        run = running.confirm(run=run, by=planner, typed=run.to_write)
        written = timed(partial(runner.run, run.job_id, writing.write))  # type: ignore[arg-type]
        run.refresh_from_db()
        if run.state != ImportRun.State.DONE:
            raise Refusal(f"The import ended as {run.state}.")
    return checked, written


def _change_some() -> None:
    """What the portal knows of one person in ten is not what the file says."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE employees_employee SET position = position || ' lama', grade = '' WHERE id %% %s = 0",
            [_CHANGED],
        )
        cursor.execute("ANALYZE employees_employee")
