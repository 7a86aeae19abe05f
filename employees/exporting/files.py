"""From a queryset to a file: CSV by COPY, XLSX from a cursor of the server. Neither holds more than a few rows."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection
from rustpy_xlsxwriter import write_worksheets

from employees.exporting.lists import Column

#: Rows of a sheet at most; Excel ends at 1,048,576.
SHEET_ROWS = 1_000_000
#: Rows fetched at a time, and between two reports of progress.
FETCHED = 5_000
#: Keys of people handed on at a time.
KEYS = 50_000

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Written:
    """What was written."""

    rows: int
    sha256: str


class Snapshot:
    """Reads everything of one export as it was at one moment, on a connection of its own.

    On its own, because the worker's connection reports progress meanwhile, and because a large export must
    not keep a transaction open in which anything is written.
    """

    def __init__(self, own: Any) -> None:
        self.own = own

    def _cursor(self, name: str | None = None) -> Any:
        return self.own.connection.cursor(name)

    def count(self, rows: Any) -> int:
        sql, parameters = rows.order_by().values("pk").query.sql_with_params()
        with self._cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({sql}) counted", parameters)
            return int(cursor.fetchone()[0])

    def copy(self, sql: str, parameters: Any, target: Any) -> int:
        with self._cursor() as cursor:
            statement = cursor.mogrify(sql, parameters).decode()
            cursor.copy_expert(f"COPY ({statement}) TO STDOUT (FORMAT csv)", target, 1 << 16)
            return int(cursor.rowcount)

    def rows(self, sql: str, parameters: Any) -> Iterator[tuple[Any, ...]]:
        with self._cursor("export") as cursor:
            cursor.itersize = FETCHED
            cursor.execute(sql, parameters)
            yield from cursor

    def keys(self, rows: Any, road: str) -> Iterator[list[int]]:
        """The keys of the people in the rows, each once, KEYS at a time."""
        sql = rows.order_by(road).values_list(road, flat=True).distinct().query.sql_with_params()
        found = (key for (key,) in self.rows(*sql))
        while part := list(islice(found, KEYS)):
            yield part


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """One snapshot of the database, ended with the block."""
    own = connection.copy()
    own.ensure_connection()
    try:
        own.connection.set_session(isolation_level="REPEATABLE READ", readonly=True, autocommit=False)
        yield Snapshot(own)
    finally:
        own.close()


def sql_of(rows: Any, columns: Sequence[Column]) -> tuple[str, Any]:
    """One statement for these columns of the rows, in their order."""
    named = {f"column_{n}": column.expression for n, column in enumerate(columns)}
    return rows.select_related(None).annotate(**named).values_list(*named).query.sql_with_params()


class _Passing(io.RawIOBase):
    """Writes through to a file; hashes what passes and reports it about every two megabytes."""

    def __init__(self, target: Any, passed: Callable[[int], None]) -> None:
        self.target, self.passed = target, passed
        self.hash = hashlib.sha256()
        self.lines = self.waiting = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.hash.update(data)
        self.lines += bytes(data).count(b"\n")
        self.waiting += len(data)
        if self.waiting > 1 << 21:
            self.waiting = 0
            self.passed(self.lines)
        return int(self.target.write(data))


def write_csv(read: Snapshot, rows: Any, columns: Sequence[Column], path: Path, report: Report) -> Written:
    """UTF-8 with commas and headings, dates in ISO; without a byte-order mark, as the other lists."""
    total = read.count(rows)
    report(0, total)
    with path.open("wb") as file:
        passing = _Passing(file, lambda lines: report(min(lines, total), total))
        head = io.StringIO()
        csv.writer(head).writerow([column.heading for column in columns])
        with io.BufferedWriter(passing, 1 << 18) as lines:  # the rows come one by one
            lines.write(head.getvalue().encode())
            count = read.copy(*sql_of(rows, columns), lines)
    return Written(count, passing.hash.hexdigest())


def write_xlsx(read: Snapshot, rows: Any, columns: Sequence[Column], path: Path, report: Report) -> Written:
    """Text as text, dates as dates; a new sheet after each million rows."""
    total = read.count(rows)
    report(0, total)
    headings = [column.heading for column in columns]
    done = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal done
        for row in read.rows(*sql_of(rows, columns)):
            done += 1
            if done % FETCHED == 0:
                report(done, total)
            yield dict(zip(headings, row, strict=True))

    found = records()
    sheets: list[tuple[str, Any]] = [
        (f"Data {n + 1}" if n else "Data", islice(found, SHEET_ROWS)) for n in range(-(-total // SHEET_ROWS))
    ] or [("Data", [dict.fromkeys(headings, "")])]
    write_worksheets(
        sheets,
        str(path),
        freeze_panes={"general": {"row": 1, "col": 0}},
        bold_headers=True,
        datetime_format="dd-mm-yyyy",
        column_width={name: 22.0 for name, _rows in sheets},
    )
    with path.open("rb") as file:
        return Written(done, hashlib.file_digest(file, "sha256").hexdigest())


WRITERS = {"csv": write_csv, "xlsx": write_xlsx}
