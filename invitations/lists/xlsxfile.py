"""The list as XLSX: written row by row, dates as dates, the NIP as text, nothing taken for a formula."""

from collections.abc import Iterable
from datetime import date
from typing import IO

import xlsxwriter

from audit.marks import Mark
from invitations.lists.rows import HEADINGS, ListRow
from trainings.papers.cells import harmless

#: Width of each column in characters, in the order of the headings.
_WIDTHS = (5, 34, 21, 24, 28, 36, 24, 22, 11, 38, 13, 13, 10, 60, 20, 13)


def write(rows: Iterable[ListRow], stream: IO[bytes], *, mark: Mark) -> int:
    """Write the workbook to the stream, the mark in its properties; return the number of rows."""
    book = xlsxwriter.Workbook(
        stream,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "dd-mm-yyyy",
        },
    )
    book.set_properties(
        {
            "author": mark.who,
            "comments": f"Simdiklat: {mark.sentence}",
            "created": mark.at.replace(tzinfo=None),
        }
    )
    sheet = book.add_worksheet("Daftar undangan")
    head = book.add_format(
        {"bold": True, "bg_color": "#0F5132", "font_color": "#FFFFFF", "valign": "vcenter"}
    )
    day = book.add_format({"num_format": "dd-mm-yyyy", "align": "left"})
    text = book.add_format({"num_format": "@"})
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_row(0, 20)
    for column, heading in enumerate(HEADINGS):
        sheet.write_string(0, column, heading, head)
    count = 0
    for row in rows:
        count += 1
        for column, value in enumerate(row.cells()):
            if isinstance(value, date):
                sheet.write_datetime(count, column, value, day)
            elif isinstance(value, int):
                sheet.write_number(count, column, value)
            elif value:
                sheet.write_string(count, column, harmless(value), text)
    sheet.autofilter(0, 0, max(count, 1), len(HEADINGS) - 1)
    book.close()
    return count
