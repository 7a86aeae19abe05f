"""The list as CSV: UTF-8 with commas, dates in ISO.

Without a byte-order mark: the file is for programs, which would read it into the first heading. Who opens
the list in Excel takes the XLSX, which also keeps the NIP from becoming a number.
"""

import csv
import io
from collections.abc import Iterable
from datetime import date
from typing import IO

from invitations.lists.rows import HEADINGS, ListRow
from trainings.papers.cells import harmless


def write(rows: Iterable[ListRow], stream: IO[bytes]) -> int:
    """Write headings and rows to the stream; return the number of rows."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    count = 0
    for row in rows:
        writer.writerow([_cell(value) for value in row.cells()])
        count += 1
    text.detach()  # the stream stays open for its owner
    return count


def _cell(value: object) -> object:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else harmless(value)
