"""Each of the five imports against COPY of the same file into a bare table."""

from __future__ import annotations

import csv
from pathlib import Path

from django.db import connection

from audit.errors import Refusal
from employees.importing.employees import EmployeeImporter
from employees.importing.engine import run_import
from employees.importing.importer import Importer
from employees.importing.units import UnitImporter
from simdiklat.bench.measure import Figure, timed
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


def figures(files: dict[str, Path], runs: int) -> list[Figure]:
    """Import all files into the empty database in use, `runs` times; it is empty again afterwards."""
    found = {kind: Figure(f"import {kind}", "COPY of the file into a bare table") for kind in files}
    for _run in range(runs):
        for kind, path in files.items():
            found[kind].floors.append(_copy(path))
            found[kind].times.append(timed(lambda kind=kind: _import(found[kind], kind, files[kind])))  # type: ignore[misc]
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE employees_unit, employees_employee, trainings_programme CASCADE")
    return list(found.values())


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
