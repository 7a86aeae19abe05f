"""Rows as XLSX or CSV: dates as dates, NIP and numbers of papers as text, nothing taken for a formula."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from audit.marks import Mark
from trainings.papers.cells import harmless

#: Characters a column is wide at least and at most.
_NARROW, _WIDE = 6, 48


def xlsx(name: str, headings: Sequence[str], rows: Sequence[Sequence[Any]], mark: Mark) -> bytes:
    """A workbook with one sheet; who took it and when stands in its properties."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(
        stream,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )  # fmt: skip
    book.set_properties({"title": name, "comments": f"Diunduh dari Simdiklat: {mark.sentence}"})
    sheet = book.add_worksheet(name[:31])
    head = book.add_format(
        {"bold": True, "bg_color": "#0F5132", "font_color": "#FFFFFF", "valign": "vcenter", "text_wrap": True}
    )
    day = book.add_format({"num_format": "dd-mm-yyyy", "align": "left"})
    text = book.add_format({"num_format": "@"})
    for column, heading in enumerate(headings):
        longest = max([len(heading) // 2, *(len(str(row[column] or "")) for row in rows)])
        sheet.set_column(column, column, min(max(longest + 2, _NARROW), _WIDE))
        sheet.write_string(0, column, harmless(heading), head)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, value, day)
            elif isinstance(value, int | Decimal):
                sheet.write_number(number, column, value)
            elif value:
                sheet.write_string(number, column, harmless(value), text)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(headings) - 1)
    book.close()
    return stream.getvalue()


def csv_file(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """UTF-8 with commas, dates in ISO, without a byte-order mark: for programs."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(headings)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return stream.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else harmless(value)
