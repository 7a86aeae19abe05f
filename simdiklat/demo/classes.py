"""Classes of the demo: a few that have ended, some sixty in the coming months, one full by hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random

from simdiklat.demo import catalogue, regions, running
from simdiklat.demo.catalogue import Entry
from simdiklat.demo.history import FREQUENT, TRAINED
from simdiklat.demo.people import DemoPerson
from simdiklat.demo.units import DemoUnit
from trainings.codes import Allocation
from trainings.models import ClassArea, Hold, Participation, Programme, TrainingClass
from trainings.seeds import draw

#: The class of the showcase: the whole ministry is its area, two Kanwil have seats of their own.
SHOWCASE_BATCH = "Angkatan Perdana"
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
_PLACES = {"PJJ": "Daring", "WEBINAR": "Daring", "MOOC": "Daring"}
#: Programmes that a training centre holds, in turn.
_REGIONAL = (
    "TEK-KURMER", "TEK-ASESMEN", "FUN-PENYULUH", "TEK-KELUARGA", "TEK-LITERASI", "TEK-ARSIP", "TEK-PENYULUH",
    "TEK-MEDIA", "FUN-PENGHULU", "SOS-BUDAYA", "TEK-LAYANAN", "TEK-SUPERVISI", "TEK-PTK", "TEK-DAKWAH",
)  # fmt: skip
#: Programmes that the centre holds for the whole ministry, in turn.
_NATIONAL = (
    "STR-PKA", "TEK-PBJ", "FUN-ARSIPARIS", "TEK-JURNALISTIK", "STR-PKP", "SOS-MODERASI-PJJ", "TEK-PEKERTI",
    "TEK-JURNAL", "MAN-PERUBAHAN", "TEK-RISET", "FUN-WIDYAISWARA",
)  # fmt: skip


@dataclass
class Made:
    """What was made: all classes, and for people in one that has ended the record it left."""

    classes: list[TrainingClass] = field(default_factory=list)
    #: Person → class, programme, first and last day in days ago.
    records: dict[int, tuple[int, Entry, int, int]] = field(default_factory=dict)


class Planner:
    def __init__(
        self, units: list[DemoUnit], programmes: dict[str, Programme], today: date, rng: Random
    ) -> None:
        self.units = {unit.code: unit for unit in units}
        self.programmes, self.today, self.rng = programmes, today, rng
        self.entries = {entry.code: entry for entry in catalogue.ENTRIES}
        self.numbers = {centre[0]: count(1) for centre in regions.CENTRES}
        self.numbers |= {code: count(1) for code in self.units if code.startswith("PUSDIKLAT")}
        self.batches: dict[tuple[str, str], int] = {}
        self.made = Made()

    def everything(self, people: list[DemoPerson], found: list[int]) -> Made:
        """Make all classes; the people of those that have ended come from `people` by their history."""
        self.upcoming()
        self.ended(people, found)
        self.full_by_hand(people)
        running.make(self, people)
        return self.made

    # --- The coming months -----------------------------------------------------------------------

    def upcoming(self) -> None:
        """The showcase's class, eleven of the centre and three of each training centre."""
        self.plan(
            "PUSDIKLAT-MKMB", "SOS-MODERASI", in_days=35, seats=30, reserve=15, allocation="MANUAL", unit_cap=1,
            areas=[("MENAG", 10), ("KW33", 10), ("KW35", 10)], batch=SHOWCASE_BATCH, place="Jakarta",
        )  # fmt: skip
        for number, code in enumerate(_NATIONAL):
            shape = number % 4
            self.plan(
                "PUSDIKLAT-TTPK" if code.startswith("TEK") else "PUSDIKLAT-MKMB", code,
                in_days=24 + 9 * number, seats=(30, 40)[number % 2], reserve=10,
                allocation=("NASIONAL", "NASIONAL", "RATA", "MANUAL")[shape],
                areas=([], [("MENAG", None)], [("KW53", None), ("KW81", None), ("KW91", None)],
                       [("KW11", 10), ("KW35", 20), ("KW73", 10)])[shape],
                unit_cap=(0, 1, 2)[number % 3], draft=number % 5 == 4, place="Jakarta",
            )  # fmt: skip
        for turn, (centre, _name, _kind, _home, provinces) in enumerate(regions.CENTRES):
            areas = [f"KW{province}" for province in provinces]
            for number in range(3):
                self.regional(turn, number, centre, areas)

    def regional(self, turn: int, number: int, centre: str, areas: list[str]) -> None:
        """One class of a training centre, of another shape each time."""
        seats, kind = (30, 30, 40)[number], (turn + number) % 4
        allocation = ("RATA", "PROPORSIONAL", "NASIONAL", "MANUAL")[kind]
        listed: list[tuple[str, int | None]] = [(area, None) for area in areas]
        if allocation == "MANUAL":
            share, over = divmod(seats, len(areas))
            listed = [(area, share + (i < over)) for i, area in enumerate(areas)]
        elif len(areas) == 1 and number == 1:
            # In the work area itself: for some regencies only.
            offices = [code for code, u in self.units.items() if u.parent == self.units[areas[0]].id]
            listed = [(code, None) for code in sorted(offices)[:4]]
        self.plan(
            centre, _REGIONAL[(turn * 3 + number) % len(_REGIONAL)], in_days=20 + turn + number * 31, seats=seats,
            reserve=(10, 15, 0)[number], allocation=allocation, areas=listed, unit_cap=(2, 0, 1)[number],
            review_days=3 if number == 1 else 0, draft=number == 2 and turn % 3 == 0,
        )  # fmt: skip

    def plan(
        self, organiser: str, code: str, *, in_days: int, seats: int, reserve: int = 0, allocation: str = "NASIONAL",
        areas: Sequence[tuple[str, int | None]] | None = None, unit_cap: int = 0, review_days: int = 0,
        draft: bool = False, batch: str = "", place: str = "",
    ) -> TrainingClass:  # fmt: skip
        """Store a class that begins on the Monday on or after so many days from today (before it: negative)."""
        entry = self.entries[code]
        first = self.today + timedelta(days=in_days)
        first += timedelta(days=-first.weekday() % 7)
        span = min(entry.days, 26)
        number = next(self.numbers[organiser])
        self.batches[organiser, code] = self.batches.get((organiser, code), 0) + 1
        roman = _ROMAN[min(self.batches[organiser, code], len(_ROMAN)) - 1]
        made = TrainingClass.objects.create(
            code=f"{organiser.split('-')[-1]}-{first.year}-{number:03d}",
            programme=self.programmes[code],
            batch=batch or f"Angkatan {roman} Tahun {first.year}",
            first_day=first,
            last_day=first + timedelta(days=span - 1 + 2 * ((span - 1) // 5)),
            organiser_id=self.units[organiser].id,
            place=_PLACES.get(entry.method) or place or self.units[organiser].place.split(" ", 1)[-1],
            seats=seats,
            reserve=reserve,
            allocation=Allocation(allocation),
            unit_cap=unit_cap,
            confirm_by=first - timedelta(days=7 if in_days > 18 else 3),
            review_days=review_days,
            state=TrainingClass.State.DRAFT if draft else TrainingClass.State.SCHEDULED,
        )
        ClassArea.objects.bulk_create(
            ClassArea(training_class=made, unit_id=self.units[unit].id, seats=own)
            for unit, own in areas or []
        )
        if not draft:
            draw(made)
        self.made.classes.append(made)
        return made

    # --- What has been ---------------------------------------------------------------------------

    def ended(self, people: list[DemoPerson], found: list[int]) -> None:
        """A class of every training centre that has ended, with up to thirty people who passed it."""
        seats = []
        for turn, (centre, _name, _kind, _home, provinces) in enumerate(regions.CENTRES):
            made = self.plan(
                centre, "TEK-ASESMEN", in_days=-70 + 2 * turn, seats=30, batch=f"Angkatan {_ROMAN[turn % 8]}",
                areas=[(f"KW{province}", None) for province in provinces],
            )  # fmt: skip
            entry = self.entries["TEK-ASESMEN"]
            ago = ((self.today - made.first_day).days, (self.today - made.last_day).days)
            # People who were trained within two years anyway: the shares of the demo stay as they are.
            able = (
                person
                for person, category in zip(people, found, strict=True)
                if category in (TRAINED, FREQUENT) and person.active and person.family == "guru"
                and person.status == "PNS" and regions.kanwil_of(person.unit.province) in provinces
            )  # fmt: skip
            for person in self.some(able, 30):
                self.made.records[person.id] = (made.pk, entry, *ago)
                seats.append(self.seat(made, person))
        Participation.objects.bulk_create(seats)

    def full_by_hand(self, people: list[DemoPerson]) -> None:
        """A class whose twenty seats were given by hand, and some holds: every gate has somebody."""
        made = self.plan("BDK-SBY", "TEK-BK", in_days=10, seats=20, areas=[("KW35", None)])
        able = (p for p in people if p.active and p.family == "guru" and p.status == "PNS"
                and p.unit.province == "35" and p.id not in self.made.records)  # fmt: skip
        Participation.objects.bulk_create(self.seat(made, person) for person in self.some(able, 20))
        until = self.today + timedelta(days=90)
        Hold.objects.bulk_create(
            Hold(employee_id=person.id, until=until, reason="Tidak hadir tanpa keterangan")
            for person in people[37::911]
            if person.active
        )

    def some(self, able: Iterator[DemoPerson], number: int) -> list[DemoPerson]:
        """Up to so many of them, at most three from one unit."""
        taken: list[DemoPerson] = []
        per_unit: dict[int, int] = {}
        for person in able:
            if per_unit.get(person.unit.id, 0) < 3:
                per_unit[person.unit.id] = per_unit.get(person.unit.id, 0) + 1
                taken.append(person)
                if len(taken) == number:
                    break
        return taken

    @staticmethod
    def seat(made: TrainingClass, person: DemoPerson) -> Participation:
        return Participation(
            training_class=made, employee_id=person.id, state=Participation.State.CONFIRMED,
            source=Participation.Source.MANUAL, first_day=made.first_day, last_day=made.last_day,
        )  # fmt: skip
