"""The list as PDF: the attachment of the letter, set by Typst from data, never from pasted text."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

from django.utils import translation

from audit.marks import Mark
from invitations.lists.rows import ListRow
from trainings.models import TrainingClass
from trainings.papers.typesetting import pdf
from trainings.papers.wording import period, short_day

#: Up to so many rows the table is tagged for screen readers. Tags make a page seven times as large and the
#: setting twice as slow; whoever needs a longer list read aloud has the XLSX.
TAGGED_ROWS = 300
TEMPLATES = Path(__file__).resolve().parent.parent / "typst"


@dataclass(frozen=True)
class Letter:
    """Number and date of the letter to which the list is attached."""

    number: str
    date: date


def write(
    rows: Iterable[ListRow],
    stream: IO[bytes],
    *,
    training_class: TrainingClass,
    unit_name: str = "",
    letter: Letter | None = None,
    mark: Mark,
) -> int:
    """Write the PDF to the stream, the mark in its footer; return the number of rows.

    Only the fonts in Typst's wheel are used, so that the pages look the same on every host.
    """
    with translation.override("id"):
        lines = [[_cell(value) for value in row.cells()] for row in rows]
        document = {
            "title": "Daftar Peserta yang Diundang",
            "class": str(training_class),
            "code": training_class.code,
            "period": period(training_class.first_day, training_class.last_day),
            "place": training_class.place,
            "organiser": training_class.organiser.name,
            "unit": unit_name,
            "letter": {"number": letter.number, "date": short_day(letter.date)} if letter else None,
            "printed": mark.sentence,
            "rows": lines,
        }
    stream.write(pdf(TEMPLATES / "list.typ", document, tagged=len(lines) <= TAGGED_ROWS))
    return len(lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value.strftime("%d-%m-%Y") if isinstance(value, date) else str(value)
