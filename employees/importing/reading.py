"""Reading interchange files: UTF-8 CSV and the first sheet of an XLSX, row by row, as text.

A source is opened once and may be walked several times; no row is kept in memory for CSV. What a file
is, is decided by its content, never by its name.
"""

import csv
import hashlib
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from audit.errors import Refusal
from employees.uploads import refuse_bomb

#: A cell longer than this ends the reading; the columns' own limits are far below.
_LONGEST_CELL = 10_000_000
#: Cells of a sheet's used rectangle, filled or not: the reader keeps them all (some 24 bytes each).
_MOST_CELLS = 60_000_000
#: Bytes of an unpacked workbook.
_LARGEST_WORKBOOK = 3 * 1024**3
#: Whole numbers up to here are exact in a spreadsheet's number cell.
_EXACT = 2**53

#: Blanks that `str.strip` does not know: zero-width ones and stray byte-order marks.
_UNSEEN = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"

Row = tuple[int, list[str]]


class FileRefused(Refusal):
    """The file as a whole cannot be imported; nothing was written."""


def clean(text: str) -> str:
    """The text without leading and trailing blanks, seen or unseen."""
    text = text.strip()
    if text and (text[0] in _UNSEEN or text[-1] in _UNSEEN):
        text = re.sub(rf"^[\s{_UNSEEN}]+|[\s{_UNSEEN}]+$", "", text)
    return text


def heading_key(text: str) -> str:
    """How headings are compared: without blanks around them, in any case."""
    return clean(text).upper()


class Source:
    """An opened file: its headings as they came, and its data rows as often as wanted.

    `rows()` yields (number of the row as a spreadsheet shows it, cells as text); blank rows are left out.
    """

    def __init__(
        self,
        *,
        walk: Callable[[], Iterator[Row]],
        sha256: str,
        close: Callable[[], None],
        estimate: int = 0,
        in_memory: bool = False,
    ) -> None:
        self._walk = walk
        self.sha256 = sha256
        #: About how many rows there are, for a progress bar.
        self.estimate = estimate
        #: Whether walking it reads nothing from the file any more.
        self.in_memory = in_memory
        self.close = close
        first = next(_filled(walk()), None)
        if first is None:
            raise FileRefused(_("The file is empty: its first row must hold the headings."))
        self.heading_row, self.headings = first

    def rows(self) -> Iterator[Row]:
        """The data rows. Raises FileRefused when the file turns out to be unreadable further down."""
        rows = _filled(self._walk())
        next(rows, None)
        return rows

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_exc: Any) -> None:
        self.close()


def _filled(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        if any(row[1]) and any(map(clean, row[1])):
            yield row


def open_source(path: str | Path, known: Callable[[str], bool]) -> Source:
    """Open the file; `known` tells whether a heading (see `heading_key`) belongs to the format.

    Raises FileRefused with a sentence when there is no such file or it is neither CSV nor XLSX.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise FileRefused(_("%(file)s is a folder, not a file.") % {"file": path})
        if not path.is_file():
            raise FileRefused(_("There is no file %(file)s.") % {"file": path})
        handle = path.open("rb")
    except (OSError, ValueError) as error:
        raise FileRefused(
            _("The file %(file)s cannot be opened: %(error)s.") % {"file": path, "error": error}
        ) from error
    try:
        sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
        handle.seek(0)
        start = handle.read(8)
        workbook = start[:4] == b"PK\x03\x04"
        if workbook:
            walk, estimate = _xlsx_walk(handle)
        elif start == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            raise FileRefused(
                _(
                    "The file is an old or password-protected Excel workbook. Save it as XLSX without a "
                    "password, or as CSV UTF-8."
                )
            )
        else:
            walk, estimate = _csv_walk(handle, known), _count_lines(handle)
        return Source(walk=walk, sha256=sha256, close=handle.close, estimate=estimate, in_memory=workbook)
    except OSError as error:
        handle.close()
        raise FileRefused(
            _("The file %(file)s cannot be read: %(error)s.") % {"file": path, "error": error}
        ) from error
    except BaseException:
        handle.close()
        raise


# --- CSV -------------------------------------------------------------------------------------------


def _csv_walk(handle: BinaryIO, known: Callable[[str], bool]) -> Callable[[], Iterator[Row]]:
    def walk_with(delimiter: str) -> Iterator[Row]:
        # A descriptor of its own, so that a walk left half-way closes nothing but itself.
        descriptor = os.dup(handle.fileno())
        os.lseek(descriptor, 0, os.SEEK_SET)
        with open(descriptor, encoding="utf-8-sig", newline="") as text:  # noqa: PTH123 - no path
            yield from _csv_rows(text, delimiter)

    def recognised(delimiter: str) -> int:
        first = next(_filled(walk_with(delimiter)), (0, []))
        return sum(known(heading_key(heading)) for heading in first[1])

    delimiter = max(",;", key=recognised)  # the comma where both know as many
    return lambda: walk_with(delimiter)


def _count_lines(handle: BinaryIO) -> int:
    handle.seek(0)
    lines = 0
    while chunk := handle.read(1 << 20):
        lines += chunk.count(b"\n")
    return lines


def _csv_rows(text: TextIO, delimiter: str) -> Iterator[Row]:
    ended = False

    def lines() -> Iterator[str]:
        nonlocal ended
        yield from text
        ended = True

    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    reader = csv.reader(lines(), delimiter=delimiter)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if ended:
                # The reader asked for more lines to finish a row: its quotation mark was never closed.
                raise FileRefused(
                    _("The file cannot be read: the quotation mark opened in row %(row)d is never closed.")
                    % {"row": number}
                )
            yield number, cells
    except UnicodeDecodeError as error:
        raise FileRefused(
            _(
                "The file is neither XLSX nor UTF-8 text (after row %(row)d). Save it as XLSX or as "
                "“CSV UTF-8” and import it again."
            )
            % {"row": number}
        ) from error
    except csv.Error as error:
        raise FileRefused(
            _("The file cannot be read as CSV after row %(row)d: %(error)s.")
            % {"row": number, "error": error}
        ) from error


# --- XLSX ------------------------------------------------------------------------------------------


def _xlsx_walk(handle: BinaryIO) -> tuple[Callable[[], Iterator[Row]], int]:
    sheet = _first_sheet(handle)

    def walk() -> Iterator[Row]:
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            yield number, [cell if type(cell) is str else _cell_text(cell) for cell in cells]

    return walk, sheet.total_height


def _first_sheet(handle: BinaryIO) -> CalamineSheet:
    not_a_workbook = _("The file is not a readable XLSX workbook. Save it as XLSX or as CSV UTF-8.")
    try:
        handle.seek(0)
        with zipfile.ZipFile(handle) as package:
            if "xl/workbook.xml" not in package.namelist():
                raise FileRefused(not_a_workbook)
            _refuse_bomb(package)
            _refuse_giant(package)
        handle.seek(0)
        return CalamineWorkbook.from_filelike(handle).get_sheet_by_index(0)
    except PasswordError as error:
        raise FileRefused(_("The workbook is protected by a password. Remove it first.")) from error
    except (CalamineError, zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError) as error:
        raise FileRefused(not_a_workbook) from error
    except Exception as error:
        # zlib, EOF and index errors of a damaged package; the reader has many.
        if isinstance(error, FileRefused | OSError | MemoryError):
            raise
        raise FileRefused(not_a_workbook) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # the reader's own crash, not an Exception
            raise FileRefused(not_a_workbook) from error
        raise


def _refuse_bomb(package: zipfile.ZipFile) -> None:
    try:
        refuse_bomb(package)
    except Refusal as refusal:
        raise FileRefused(refusal.user_message, code=refusal.code) from refusal


def _refuse_giant(package: zipfile.ZipFile) -> None:
    """Refuse a workbook whose used rectangle would not fit: one stray cell far away is enough for that."""
    too_large = _(
        "The sheet is too large. Delete stray cells far to the right or below, or save it as CSV UTF-8."
    )
    if sum(entry.file_size for entry in package.infolist()) > _LARGEST_WORKBOOK:
        raise FileRefused(too_large)
    for name in package.namelist():
        if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
            columns, rows = _extent(package, name)
            if columns * rows > _MOST_CELLS:
                raise FileRefused(too_large)


def _extent(package: zipfile.ZipFile, name: str) -> tuple[int, int]:
    """The last column (26 where they have one letter) and the last row named in a worksheet's cells."""
    columns, rows, tail = 26, 1, b""
    with package.open(name) as part:
        while chunk := part.read(1 << 20):
            chunk = tail + chunk
            for letters in set(re.findall(rb' r="([A-Z]{2,3})\d', chunk)):
                place = 0
                for letter in letters:
                    place = place * 26 + letter - 64
                columns = max(columns, place)
            # Rows ascend in a sheet: the last one named so far is the furthest.
            last = chunk.rfind(b' r="')
            found = re.match(rb' r="[A-Z]*(\d{1,7})', chunk[last : last + 20]) if last >= 0 else None
            if found:
                rows = max(rows, int(found[1]))
            tail = chunk[-24:]  # a name cut in two is seen whole with the next piece
    return columns, rows


def _cell_text(cell: Any) -> str:
    """A cell that is not text, as a person would have typed it."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        if not abs(cell) < _EXACT:
            return f"{cell:.15e}"  # digits are lost already; the form says so (see nip.lost_digits)
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
