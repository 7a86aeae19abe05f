"""Writing small import files and importing them."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import xlsxwriter

from employees.importing.engine import Summary, run_import
from trainings.importing.kinds import KINDS

Rows = Iterable[Mapping[str, Any]]


def write_csv(path: Path, rows: Rows, headings: list[str] | None = None, *, delimiter: str = ",") -> Path:
    rows = list(rows)
    headings = headings or list(rows[0])
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerow(headings)
        writer.writerows([row.get(heading, "") for heading in headings] for row in rows)
    return path


def write_xlsx(path: Path, rows: Rows, headings: list[str] | None = None) -> Path:
    """Texts as text cells, dates as date cells, numbers as number cells."""
    rows = list(rows)
    headings = headings or list(rows[0])
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, headings)
    for line, row in enumerate(rows, start=1):
        for place, heading in enumerate(headings):
            value = row.get(heading, "")
            if isinstance(value, str):
                sheet.write_string(line, place, value)
            else:
                sheet.write(line, place, value)
    book.close()
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Imports:
    """Imports rows through a file in a folder of the test; keeps the last errors file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.errors = folder / "errors.csv"

    def path(self, kind: str, path: Path, **options: Any) -> Summary:
        return run_import(KINDS[kind], path, by=None, errors_path=self.errors, **options)

    def rows(self, kind: str, rows: Rows, headings: list[str] | None = None, **options: Any) -> Summary:
        return self.path(kind, write_csv(self.folder / f"{kind}.csv", rows, headings), **options)

    def faults(self) -> list[tuple[int, str]]:
        """(BARIS, KOLOM) of every line of the errors file."""
        return [(int(line["BARIS"]), line["KOLOM"]) for line in read_csv(self.errors)]

    def reasons(self) -> str:
        return "\n".join(line["ALASAN"] for line in read_csv(self.errors))


def counts(summary: Summary) -> tuple[int, int, int, int, int]:
    """(read, created, updated, unchanged, rejected)"""
    assert summary.read == summary.created + summary.updated + summary.unchanged + summary.rejected
    return summary.read, summary.created, summary.updated, summary.unchanged, summary.rejected
