"""The rejected rows of an import as files that can be mended and uploaded again: CSV and XLSX."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlsxwriter

#: Rows of a worksheet, the heading among them.
_MOST_ROWS = 1_048_576
_WIDE = 60


def write_files(csv_path: Path, xlsx_path: Path, lines: Iterator[list[Any]]) -> int:
    """Write both files from the lines; return how many rejected rows they hold.

    Every cell of the workbook is text, so that a NIP keeps its digits; rows past a sheet's end are in the
    CSV alone.
    """
    written = -1
    with csv_path.open("w", encoding="utf-8-sig", newline="") as out:
        book = xlsxwriter.Workbook(str(xlsx_path), {"constant_memory": True})
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        as_text = book.add_format({"num_format": "@"})
        sheet.freeze_panes(1, 0)
        writer = csv.writer(out)
        for written, line in enumerate(lines):
            writer.writerow(line)
            if written < _MOST_ROWS:
                if not written:
                    sheet.set_column(0, len(line) - 2, 18, as_text)
                    sheet.set_column(len(line) - 1, len(line) - 1, _WIDE, as_text)
                for place, cell in enumerate(line):
                    if cell:
                        sheet.write_string(written, place, str(cell), as_text if written else bold)
        book.close()
    return max(written, 0)
