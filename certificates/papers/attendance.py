"""Daftar hadir: by day, a column for each session; signed on paper, or filled with what was recorded."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from certificates.papers import blocks
from certificates.papers.people import Participant
from certificates.texts import Texts
from employees.models import Employee
from trainings.models import Attendance, Session, TrainingClass
from trainings.papers.wording import long_day
from trainings.times import hours_text

#: What stands in a cell for a mark.
LETTERS = {"HADIR": "H", "IZIN": "I", "SAKIT": "S", "TANPA_KETERANGAN": "TK"}
NO_BREAK_SPACE = "\u00a0"
#: Sessions that stand beside each other on a page; a longer day goes on in a second table.
_BESIDE = 6


@dataclass(frozen=True)
class Column:
    """One session of a day; `pk` is None where the class has no agenda."""

    day: date
    label: str
    pk: int | None = None


def columns(training_class: TrainingClass) -> list[Column]:
    """The sessions held at a time, in their order; without an agenda morning and afternoon of each day."""
    sessions = Session.objects.filter(training_class=training_class, active=True).exclude(mode="self_paced")
    found = [
        Column(one.day, f"{hours_text(one)}\n{one.name}", one.pk)
        for one in sessions.select_related("subject", "training_class__organiser").order_by(
            "day", "starts", "pk"
        )
    ]
    if found:
        return found
    days = (training_class.last_day - training_class.first_day).days + 1
    return [
        Column(training_class.first_day + timedelta(days=n), half)
        for n in range(days)
        for half in ("Pagi", "Siang")
    ]


def marks(found: Sequence[Column]) -> dict[tuple[int, int], Attendance]:
    """The marks of these sessions by session and seat."""
    keys = [column.pk for column in found if column.pk is not None]
    return {
        (mark.session_id, mark.participation_id): mark for mark in Attendance.objects.filter(session__in=keys)
    }


def cell(mark: Attendance | None) -> str:
    """A letter for the mark, with the minutes of a late arrival; empty where nothing is known."""
    if mark is None:
        return ""
    late = f" ({mark.late_minutes}')" if mark.late_minutes else ""
    return LETTERS[mark.status] + late


def _name_and_number(person: Employee) -> str:
    """The name and the NIP, which is not broken across lines."""
    return f"{person.full_name} / {person.nip_display.replace(' ', NO_BREAK_SPACE)}"


def paper(
    training_class: TrainingClass, people: Sequence[Participant], texts: Texts, options: blocks.Options
) -> list[dict[str, Any]]:
    """A page for each day, or more where it is long."""
    found = columns(training_class)
    known = marks(found)
    by_day: dict[date, list[Column]] = defaultdict(list)
    for column in found:
        by_day[column.day].append(column)
    made: list[dict[str, Any]] = []
    for day, of_day in by_day.items():
        for start in range(0, len(of_day), _BESIDE):
            part = of_day[start : start + _BESIDE]
            made += [
                blocks.HEAD,
                blocks.title("DAFTAR HADIR", str(training_class), long_day(day)),
                blocks.table(
                    ("NO", "NAMA DAN NIP", "UNIT KERJA", *(column.label.replace("\n", " ") for column in part)),
                    (9, -3, -3, *([-2] * len(part))),
                    [
                        (
                            str(no), _name_and_number(one.person), one.person.unit.name,
                            *(cell(known.get((column.pk or 0, one.seat.pk))) for column in part),
                        )
                        for no, one in enumerate(people, 1)
                    ],
                    right=(0,), centre=range(3, 3 + len(part)), size=8, height=10.5,
                ),
                blocks.text("H hadir, I izin, S sakit, TK tanpa keterangan; dalam kurung: terlambat, dalam menit. Kolom kosong: tanda tangan."),
                blocks.signature(texts, options),
                blocks.BREAK,
            ]  # fmt: skip
    return made


def sheet(training_class: TrainingClass, people: Sequence[Participant]) -> tuple[list[str], list[list[Any]]]:
    """Headings and rows of the spreadsheet: a column for each session."""
    found = columns(training_class)
    known = marks(found)
    headings = [
        "NO", "NAMA", "NIP", "UNIT_KERJA",
        *(f"{column.day:%d-%m-%Y} {column.label}".replace("\n", " ") for column in found),
    ]  # fmt: skip
    rows = [
        [
            no, one.person.full_name, one.person.number, one.person.unit.name,
            *(cell(known.get((column.pk or 0, one.seat.pk))) for column in found),
        ]
        for no, one in enumerate(people, 1)
    ]  # fmt: skip
    return headings, rows
