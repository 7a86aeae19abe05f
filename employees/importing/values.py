"""Reading single cells: dates, whole numbers, coded values, lists. All fast enough for millions of cells."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

#: Years a date may lie in; anything else is a slip of the hand.
FIRST_YEAR, LAST_YEAR = 1900, 2199
#: Most of one number column: far above any ministry, far below what the database could not hold.
MOST = 1_000_000

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})|([0-9]{2})([-/])([0-9]{2})\5([0-9]{4})")
_WHOLE = re.compile(r"[0-9]{1,18}")
_CACHED = 200_000


class DateCells(dict[str, str]):
    """ISO date of a cell's text, "" when it is not one of the formats or no date; remembers what it read.

    Formats (formats.md): YYYY-MM-DD, DD-MM-YYYY, DD/MM/YYYY. ISO texts compare like the dates they name.
    """

    def __missing__(self, text: str) -> str:
        if len(self) > _CACHED:
            self.clear()
        found = self[text] = _iso(text)
        return found


def _iso(text: str) -> str:
    found = _DATE.fullmatch(text)
    if not found:
        return ""
    year, month, day = found.group(1, 2, 3) if found[1] else found.group(7, 6, 4)
    try:
        value = date(int(year), int(month), int(day))
    except ValueError:
        return ""
    return value.isoformat() if FIRST_YEAR <= value.year <= LAST_YEAR else ""


class CodedCells(dict[str, str]):
    """The code that a cell names, in any case; "" for anything else."""

    def __init__(self, codes: Iterable[str] | Mapping[str, str]) -> None:
        pairs = codes.items() if isinstance(codes, Mapping) else ((code, code) for code in codes)
        super().__init__((key.upper(), value) for key, value in pairs)
        self.choices = ", ".join(dict.fromkeys(self.values()))

    def __missing__(self, text: str) -> str:
        return dict.get(self, text.upper(), "")


def choices(codes: Any) -> CodedCells:
    """The coded cells of a TextChoices class."""
    return CodedCells(codes.values)


def whole(text: str) -> int | None:
    """The whole number, 0 or more, that the text writes in digits; None for anything else."""
    return int(text) if _WHOLE.fullmatch(text) else None


def items(text: str) -> list[str]:
    """The parts of a list inside a cell, separated by `|`; empty parts are dropped."""
    return [part for part in map(str.strip, text.split("|")) if part]
