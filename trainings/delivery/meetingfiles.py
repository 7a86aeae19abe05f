"""Attendance files of meetings (Zoom, Google Meet and their like): reading and matching, nothing stored."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from audit.errors import Refusal

#: Bytes of a file; a webinar of ten thousand takes about two million.
LARGEST = 10 * 1024 * 1024
#: Lines before the headings that a report may begin with.
_PREAMBLE = 25
_NAME = ("name (original name)", "name", "nama", "full name", "nama lengkap", "participant", "peserta")
_FIRST, _LAST = ("first name", "nama depan"), ("last name", "nama belakang")
_EMAIL = ("user email", "email", "e-mail", "surel", "alamat email")
_DURATION = (
    "total duration (minutes)",
    "duration (minutes)",
    "duration",
    "durasi",
    "durasi (menit)",
    "time in call",
)


@dataclass(frozen=True)
class Row:
    """One person of the file; several visits are added up. `participation`: the match, and how it was found."""

    number: int
    name: str
    email: str
    minutes: int
    participation: int | None = None
    how: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Person:
    """A participant as the matching sees it."""

    participation: int
    name: str
    emails: tuple[str, ...]


def read(content: bytes) -> list[Row]:
    """The people of a file with their minutes. Refusal when it is no such file."""
    if len(content) > LARGEST:
        raise Refusal(_("The file is larger than 10 MB."), code="file")
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(
            _("The file is not a CSV file in UTF-8. Download it again as CSV."), code="file"
        ) from error
    if "\x00" in text:
        raise Refusal(_("The file is not a CSV file in UTF-8. Download it again as CSV."), code="file")
    sample = "\n".join(text.splitlines()[:_PREAMBLE])
    delimiter = max(",;\t", key=sample.count)
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise Refusal(
            _("The file cannot be read as CSV: %(error)s.") % {"error": error}, code="file"
        ) from error
    for at, line in enumerate(lines[:_PREAMBLE]):
        headings = [cell.strip().lower() for cell in line]
        name = _column(headings, _NAME)
        first, last = _column(headings, _FIRST), _column(headings, _LAST)
        duration = _column(headings, _DURATION)
        if duration is not None and (name is not None or first is not None):
            names = [place for place in ((name,) if name is not None else (first, last)) if place is not None]
            return _rows(lines[at + 1 :], at + 2, names, _column(headings, _EMAIL), duration)
    raise Refusal(
        _("No headings for name and duration were found. It must be the attendance report of a meeting, as CSV."),
        code="file",
    )  # fmt: skip


def _column(headings: list[str], wanted: Iterable[str]) -> int | None:
    return next((headings.index(name) for name in wanted if name in headings), None)


def _rows(
    lines: list[list[str]], number: int, names: list[int], email: int | None, duration: int
) -> list[Row]:
    found: dict[str, Row] = {}
    for at, line in enumerate(lines, start=number):
        cell = lambda place, line=line: line[place].strip() if place is not None and place < len(line) else ""  # noqa: E731 - of this line
        name = " ".join(filter(None, (cell(place) for place in names)))[:200]
        if not name:
            continue
        address = cell(email).lower()[:254]
        row = Row(at, name, address, minutes_of(cell(duration)))
        key = address or plain(name)
        known = found.get(key)
        found[key] = replace(known, minutes=known.minutes + row.minutes) if known else row
    return list(found.values())


def minutes_of(text: str) -> int:
    """Whole minutes of "95", "1:35", "1:35:20", "1 hr 35 min" or "1h 35m"; 0 for what cannot be read."""
    text = text.strip().lower()
    if re.fullmatch(r"\d+([.,]\d+)?", text):
        return min(int(float(text.replace(",", "."))), 24 * 60)
    if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", text):
        hours, minutes = text.split(":")[:2]
        return int(hours) * 60 + int(minutes)
    hour = re.search(r"(\d+)\s*(?:h|j)", text)
    minute = re.search(r"(\d+)\s*m", text)
    return (int(hour[1]) * 60 if hour else 0) + (int(minute[1]) if minute else 0)


def plain(name: str) -> str:
    """A name as it is compared: without titles after a comma, accents, dots and case, words in order."""
    name = re.sub(r"\(.*?\)", " ", name.split(",")[0])
    name = unicodedata.normalize("NFKD", name)
    words = re.sub(r"[^a-z ]", " ", "".join(c for c in name if not unicodedata.combining(c)).lower()).split()
    titles = {"dr", "drs", "dra", "ir", "h", "hj", "prof", "kh", "st", "sh", "se", "mm"}
    return " ".join(word for word in words if word not in titles)


def match(rows: Iterable[Row], people: Iterable[Person]) -> list[Row]:
    """Rows with the participant each belongs to: by e-mail, else by a name that only one participant has.

    Nobody is matched twice: of two rows for one person the one with the e-mail, else the longer visit, wins.
    """
    by_email: dict[str, int] = {}
    by_name: dict[str, list[int]] = {}
    for person in people:
        for address in person.emails:
            by_email.setdefault(address.lower(), person.participation)
        by_name.setdefault(plain(person.name), []).append(person.participation)
    matched = []
    for row in rows:
        if row.email in by_email:
            matched.append(replace(row, participation=by_email[row.email], how="email"))
            continue
        named = by_name.get(plain(row.name), [])
        one = len(named) == 1
        matched.append(replace(row, participation=named[0] if one else None, how="name" if one else ""))
    taken: dict[int, Row] = {}
    for row in matched:
        if row.participation is None:
            continue
        known = taken.get(row.participation)
        if known is None or (row.how == "email", row.minutes) > (known.how == "email", known.minutes):
            taken[row.participation] = row
    return [
        row if row.participation is None or taken[row.participation] is row
        else replace(row, participation=None, how="")
        for row in matched
    ]  # fmt: skip
