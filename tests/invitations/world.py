"""Small nasty ministries: strategies that make them, and the way into the real database."""

import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from unittest import mock

from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st

from employees.models import Employee
from employees.models import Unit as UnitRow
from invitations.models import Invitation as InvitationRow
from invitations.models import Selection as SelectionRow
from tests.invitations import model
from trainings.models import (
    ClassArea,
    HistoryRecord,
    Participation,
    RuleSettings,
    Seed,
    TrainingClass,
)
from trainings.models import Hold as HoldRow
from trainings.models import Programme as ProgrammeRow
from trainings.seeds import commitment_of

#: Codes whose byte order differs from the natural or the linguistic one, the root's among them.
UNIT_CODES = ["MENAG", "KW9", "KW10", "kw9", "KW-1", "KW1", "Zebra", "apel", "KW_1", "kk.2"]
#: The class that is selected for.
THE_CLASS = "KELAS-1"
DAY = timedelta(days=1)


def often(usual: Any, *rare: Any, weight: int = 9) -> st.SearchStrategy:
    """Mostly `usual`, now and then one of the rare ones."""
    return st.sampled_from([usual] * weight + list(rare))


@st.composite
def trees(draw: st.DrawFn, least: int = 1) -> list[model.Unit]:
    """One root and up to seven units below it, at any depth."""
    codes = draw(st.permutations(UNIT_CODES))[: draw(st.integers(least, 8))]
    made: list[model.Unit] = []
    for place, code in enumerate(codes):
        made.append(model.Unit(code, codes[draw(st.integers(0, place - 1))] if place else None))
    return made


def retirement_days(klass: model.Klass) -> st.SearchStrategy:
    """Around the last day on which somebody is refused, for 24 months and for 6; and far away."""
    edges = [
        model.add_months(klass.last_day, months) + step * DAY for months in (24, 6) for step in (-1, 0, 1)
    ]
    return often(date(2060, 1, 1), *edges)


@st.composite
def class_days(draw: st.DrawFn, today: date) -> tuple[date, date]:
    """First and last day; the last often one that other months lack, the first often in another year."""
    soon = [today + days * DAY for days in (1, 3, 4, 7, 8, 15, 30, 45)]
    first = draw(st.sampled_from([*soon, date(today.year + 1, 1, 1), date(today.year + 1, 2, 1)]))
    ends = [first, first + DAY, first + 4 * DAY]
    ends += [
        day
        for day in (date(2028, 2, 29), date(2027, 8, 31), date(2027, 8, 30), date(2027, 8, 29))
        if day >= first
    ]  # fmt: skip
    return first, draw(st.sampled_from(ends))


@st.composite
def classes(draw: st.DrawFn, units: list[model.Unit], today: date, calm: bool = False) -> model.Klass:
    """The class of the selection: every ALOKASI, nested areas, areas that are the root.

    Calm: several areas, the root often among them, few seats and some reserve: much is left to decide.
    """
    first, last = draw(class_days(today))
    allocation = draw(st.sampled_from(["NASIONAL", "RATA", "PROPORSIONAL", "MANUAL"]))
    codes = [unit.code for unit in units]
    areas = draw(st.lists(st.sampled_from(codes), unique=True, min_size=2 if calm else 0, max_size=5))
    if calm and codes[0] not in areas and draw(st.booleans()):
        areas.append(codes[0])
    seats = draw(st.integers(1, 5 if calm else 9))
    area_seats: list[int] = []
    if allocation == "MANUAL":
        areas = areas or [codes[0]]
        cuts = sorted(draw(st.integers(0, seats)) for _ in areas[1:])
        area_seats = [b - a for a, b in zip([0, *cuts], [*cuts, seats], strict=True)]
    return model.Klass(
        THE_CLASS, "TEK-1", first, last,
        seats=seats, reserve=draw(st.sampled_from([2, 3, 4, 5, 9] if calm else [0, 1, 2, 3, 5, 20])), areas=areas,
        allocation=allocation, area_seats=area_seats, unit_cap=draw(st.sampled_from([0, 0, 1, 1, 2])),
        seed=draw(st.integers(0, 2**32)).to_bytes(32, "big").hex(),
    )  # fmt: skip


def some(values: list[str]) -> st.SearchStrategy:
    """Mostly no target, sometimes some."""
    return st.one_of(
        st.just([]), st.just([]), st.just([]), st.lists(st.sampled_from(values), unique=True, min_size=1)
    )


@st.composite
def catalogues(draw: st.DrawFn, calm: bool = False) -> list[model.Programme]:
    """The programme of the class and its neighbours; TEK-1 and tek-1 are two programmes."""
    others = [
        model.Programme("tek-1", resets_wait=draw(st.booleans())),
        model.Programme("MOOC-1", kind="MOOC", jp=3, resets_wait=draw(often(False, True, weight=4))),
        model.Programme("STR-1", kind="STRUKTURAL", resets_wait=draw(often(True, False, weight=4))),
    ]
    if calm:
        return [model.Programme("TEK-1", pppk_exempt=True), *others]
    low = draw(often("", "I/d", "III/a", "III/b", weight=4))
    high = draw(often("", "III/a", "IV/e", "III/d", weight=4))
    return [
        model.Programme(
            "TEK-1",
            jp=draw(st.sampled_from([1, 3, 4, 5, 24, 25, 40])),
            statuses=draw(some(["PNS", "CPNS", "PPPK", "PPPK_PW", "NON_ASN"])),
            positions=draw(some(["PELAKSANA", "FUNGSIONAL"])),
            levels=draw(some(["AHLI_MUDA", "MAHIR"])),
            grade_min=low,
            grade_max=high,
            resets_wait=draw(st.booleans()),
            pppk_exempt=draw(often(False, True, weight=3)),
        ),
        *others,
    ]


#: Days on which trainings of the past end, counted back from today.
def past_days(today: date) -> list[date]:
    return [
        today, today - DAY, date(today.year, 1, 1), date(today.year - 1, 12, 31),
        date(2024, 2, 29), date(2016, 5, 5), date(2011, 3, 1),
    ]  # fmt: skip


def records(number: int, today: date) -> st.SearchStrategy:
    """One history row of a person, in or outside the catalogue, around the JP that count."""
    return st.builds(
        model.History,
        person=st.just(number),
        programme=st.sampled_from(["TEK-1", "tek-1", "MOOC-1", "STR-1", "LAMA-9", ""]),
        last_day=st.sampled_from(past_days(today)),
        result=st.sampled_from(
            ["LULUS", "LULUS", "HADIR", "HADIR", "TIDAK_LULUS", "TIDAK_HADIR", "MENGUNDURKAN_DIRI"]
        ),
        kind=st.sampled_from(["TEKNIS", "MAGANG", "WEBINAR", "LATSAR", ""]),
        jp=st.sampled_from([0, 3, 9, 10, 19, 20, 21, 23, 24]),
    )


def once_each(rows: list[model.History]) -> list[model.History]:
    """The same person, programme and last day are one record."""
    return list({(row.person, row.programme, row.last_day): row for row in rows}.values())


@st.composite
def people(draw: st.DrawFn, number: int, units: list[model.Unit], klass: model.Klass) -> model.Person:
    """Alike in most things, so that the lottery has to decide; now and then outside a gate."""
    status = draw(often("PNS", "CPNS", "PPPK", "PPPK", "PPPK_PW", "NON_ASN", "NON_ASN", weight=8))
    grades = {"PNS": ("III/a", "III/b", "", "I/d", "IV/e"), "CPNS": ("III/a", "II/c", "")}
    nameless = status == "NON_ASN"
    return model.Person(
        number,
        nip=None if nameless else f"19850101{'201003' if status in grades else '202321'}1{number:03d}",
        external_id=draw(st.sampled_from([f"P{number}", f"p{number}"]))
        if nameless or draw(st.booleans())
        else None,
        unit=draw(st.sampled_from([u.code for u in units])),
        status=status,
        activity=draw(often("AKTIF", "CLTN", "TUGAS_BELAJAR", "PENSIUN", weight=30)),
        grade=draw(often(*grades[status])) if status in grades else draw(st.sampled_from(["", "IX", "V"])),
        position_kind=draw(often("PELAKSANA", "FUNGSIONAL", "", weight=5)),
        level=draw(often("", "AHLI_MUDA", "MAHIR", weight=3)),
        service_start=draw(often(date(2010, 3, 1), date(2010, 3, 2), date(2011, 3, 1), weight=5)),
        retirement_date=draw(retirement_days(klass)),
    )


def other_classes(klass: model.Klass, today: date) -> list[model.Klass]:
    """Classes elsewhere: ended yesterday, ending today, touching at either end, and clear of this one."""
    spans = {
        "ENDED": (today - 9 * DAY, today - DAY),
        "ENDS-TODAY": (today - 9 * DAY, today),
        "BEFORE": (today + DAY, klass.first_day - DAY),
        "TOUCHES-FIRST": (klass.first_day - DAY, klass.first_day),
        "INSIDE": (klass.first_day, klass.first_day),
        "TOUCHES-LAST": (klass.last_day, klass.last_day + DAY),
        "AFTER": (klass.last_day + DAY, klass.last_day + 3 * DAY),
        "LATER": (klass.last_day + 90 * DAY, klass.last_day + 93 * DAY),
    }
    return [
        model.Klass(f"{name}/{programme}", programme, first, last, seats=500)
        for name, (first, last) in spans.items()
        if first <= last
        for programme in ("tek-1", "MOOC-1", "STR-1")
    ]


def clash(a: model.Klass, b: model.Klass) -> bool:
    return a.code == b.code or (a.first_day <= b.last_day and b.first_day <= a.last_day)


@st.composite
def worlds(
    draw: st.DrawFn, *, most: int = 14, calm: bool | None = None, today: date | None = None
) -> model.World:
    """A ministry of up to `most` people and eight units, and one class to select for.

    Calm: almost everybody passes the gates, so that order, seats, caps and the reserve have work to do;
    otherwise people stand at the edges of the gates. None: either.
    """
    today = today or timezone.localdate()
    calm = draw(st.booleans()) if calm is None else calm
    units = draw(trees(3 if calm else 1))
    klass = draw(classes(units, today, calm))
    others = other_classes(klass, today)
    world = model.World(
        units, [], draw(catalogues(calm)), [klass, *others],
        settings=model.Settings(
            minimum_jp=draw(often(20, 10, 21, weight=4)),
            promotion_cutoff_days=draw(often(3, 0, 7, weight=4)),
            retirement_months=draw(often(24, 6, weight=4)),
            pppk_ceiling_jp=draw(often(24, 25, weight=4)),
        ),
    )  # fmt: skip
    for number in range(1, draw(st.integers(5 if calm else 0, most)) + 1):
        person = draw(people(number, units, klass))
        mine = draw(st.lists(records(number, today), max_size=2))
        if calm:
            person = replace(person, activity="AKTIF", retirement_date=date(2060, 1, 1))
            mine = [record for record in mine if record.programme != "TEK-1"]
        world.people.append(person)
        world.history += once_each(mine)
        commit_somewhere(draw, world, number, others, rarely=calm)
        until = None if calm else draw(often(None, today - DAY, today, today + DAY, weight=20))
        if until:
            world.holds.append(model.Hold(number, until))
    return world


def commit_somewhere(
    draw: st.DrawFn, world: model.World, number: int, others: list[model.Klass], *, rarely: bool
) -> None:
    """Invitations and seats of a person in other classes, never two that overlap at once."""
    held: list[model.Klass] = []
    weight = len(others) * (9 if rarely else 3)
    for other in draw(often([], *([o] for o in others), others[:3], weight=weight)):
        how = draw(st.sampled_from(["issued", "accepted", "declined", "expired", "seat", "released"]))
        if how in ("issued", "accepted", "seat"):
            if any(clash(other, has) for has in held):
                continue  # the database refuses two overlapping seats of one person
            held.append(other)
        if how in ("seat", "released"):
            world.seats.append(model.Seat(number, other.code, how == "seat"))
        else:
            world.invitations.append(model.Invitation(number, other.code, how))


# --- Into the database ---------------------------------------------------------------------------


@dataclass
class Stored:
    """Where the rows of a world are in the database."""

    klass: TrainingClass
    people: dict[int, Employee] = field(default_factory=dict)
    classes: dict[str, TrainingClass] = field(default_factory=dict)

    def number_of(self, employee_id: int) -> int:
        return next(number for number, row in self.people.items() if row.pk == employee_id)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside is rolled back: one example of a property.

    The portal's own draws are the same in every example, so that an example repeats exactly.
    """
    numbers = itertools.count(1)

    def drawn(size: int) -> str:
        return hashlib.sha256(str(next(numbers)).encode()).hexdigest()[: 2 * size]

    with mock.patch("trainings.seeds.secrets.token_hex", drawn), transaction.atomic():
        yield
        transaction.set_rollback(True)


def history_row(employee: Employee, record: model.History) -> HistoryRecord:
    """The database row of a record; without a programme its title names it."""
    title = f"Pelatihan {record.programme}"
    return HistoryRecord(
        employee=employee, programme_code=record.programme, title=title, kind=record.kind,
        identity=HistoryRecord.identity_of(record.programme, title),
        first_day=record.last_day, last_day=record.last_day, jp=record.jp, result=record.result,
    )  # fmt: skip


def programme_row(programme: model.Programme) -> ProgrammeRow:
    return ProgrammeRow(
        code=programme.code, name=f"Pelatihan {programme.code}", kind=programme.kind, method="KLASIKAL",
        jp=programme.jp, target_statuses=programme.statuses, target_positions=programme.positions,
        target_levels=programme.levels, grade_min=programme.grade_min, grade_max=programme.grade_max,
        resets_wait=programme.resets_wait, pppk_exempt=programme.pppk_exempt,
    )  # fmt: skip


def employee_row(person: model.Person, unit: UnitRow) -> Employee:
    return Employee(
        nip=person.nip, external_id=person.external_id, name=f"Pegawai {person.id}", sex="L",
        birth_date=date(1985, 1, 1), status=person.status, activity=person.activity, grade=person.grade,
        position_kind=person.position_kind, level=person.level, unit=unit,
        service_start=person.service_start, retirement_date=person.retirement_date,
        email=f"p{person.id}@contoh.invalid",
    )  # fmt: skip


def store_units(units: list[model.Unit]) -> dict[str, UnitRow]:
    """Write the tree, parents first; the database fills the paths."""
    rows: dict[str, UnitRow] = {}
    left = list(units)
    while left:
        ready = [u for u in left if u.parent is None or u.parent in rows]
        left = [u for u in left if u not in ready]
        made = UnitRow.objects.bulk_create(
            UnitRow(code=u.code, name=u.code, kind="LAINNYA", parent=rows[u.parent] if u.parent else None)
            for u in ready
        )
        rows |= {row.code: row for row in made}
    return rows


def store(world: model.World) -> Stored:
    """Write the world with a statement per table; the triggers make standings and seats."""
    rules = world.settings
    RuleSettings.objects.update_or_create(
        pk=1,
        defaults={
            "minimum_jp": rules.minimum_jp, "promotion_cutoff_days": rules.promotion_cutoff_days,
            "retirement_months": rules.retirement_months, "pppk_ceiling_jp": rules.pppk_ceiling_jp,
        },
    )  # fmt: skip
    units = store_units(world.units)
    programmes = {
        row.code: row
        for row in ProgrammeRow.objects.bulk_create(programme_row(programme) for programme in world.catalogue)
    }
    employees = Employee.objects.bulk_create(employee_row(p, units[p.unit]) for p in world.people)
    people = {p.id: row for p, row in zip(world.people, employees, strict=True)}
    HistoryRecord.objects.bulk_create(history_row(people[h.person], h) for h in world.history)
    HoldRow.objects.bulk_create(
        HoldRow(employee=people[h.person], until=h.until, reason="Tanpa keterangan") for h in world.holds
    )

    visited = {s.klass for s in world.seats} | {i.klass for i in world.invitations}
    needed = [k for k in world.classes if k.code == THE_CLASS or k.code in visited]
    root = units[world.root()]
    made = TrainingClass.objects.bulk_create(
        TrainingClass(
            code=k.code, programme=programmes[k.programme], organiser=root, first_day=k.first_day,
            last_day=k.last_day, seats=k.seats, reserve=k.reserve, allocation=k.allocation,
            unit_cap=k.unit_cap, confirm_by=max(k.first_day - DAY, timezone.localdate()), state="scheduled",
        )
        for k in needed
    )  # fmt: skip
    classes = {row.code: row for row in made}
    seeds = Seed.objects.bulk_create(
        Seed(training_class=classes[k.code], number=1, value=k.seed, commitment=commitment_of(k.seed))
        for k in needed
    )
    stored = Stored(classes[THE_CLASS], people, classes)
    klass = world.klass(THE_CLASS)
    ClassArea.objects.bulk_create(
        ClassArea(
            training_class=stored.klass, unit=units[code],
            seats=klass.area_seats[place] if klass.area_seats else None,
        )
        for place, code in enumerate(klass.areas)
    )  # fmt: skip
    store_commitments(world, stored, {seed.training_class.code: seed for seed in seeds})
    return stored


def store_commitments(world: model.World, stored: Stored, seeds: dict[str, Seed]) -> None:
    """Invitations and seats in the other classes, each class with one selection long issued."""
    Participation.objects.bulk_create(
        Participation(
            training_class=stored.classes[s.klass], employee=stored.people[s.person], source="manual",
            state="confirmed" if s.taken else "released", first_day=date.min, last_day=date.min,
        )
        for s in world.seats
    )  # fmt: skip
    asked = {i.klass for i in world.invitations}
    selections = {
        row.training_class.code: row
        for row in SelectionRow.objects.bulk_create(
            SelectionRow(
                training_class=stored.classes[code], number=1, seed=seeds[code], state="issued",
                rule_version="1",
            )
            for code in asked
        )
    }  # fmt: skip
    InvitationRow.objects.bulk_create(
        InvitationRow(
            selection=selections[i.klass], training_class=stored.classes[i.klass],
            employee=stored.people[i.person], rank=1, state=i.state, answer_by=timezone.localdate(),
            decline_reason="SAKIT" if i.state == "declined" else "",
        )
        for i in world.invitations
    )  # fmt: skip
