"""selection.md, version 1, read a second time in plain Python.

Nothing here touches the database or shares code with the portal: dataclasses, loops and arithmetic, in
the order in which the rule is written, so that the two readings can be held against each other. Where
the rule leaves room, `READINGS` names the choice made here.
"""

import calendar
import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Any

#: Places where selection.md can be read in two ways, and the reading taken here.
READINGS = {
    "everyone considered": "every employee of the ministry, the ones outside the areas included",
    "second selection under MANUAL": "the listed seats add up to S, not to the free seats: when they "
    "differ, largest remainder on the listed seats, as the rule says for the reserve",
    "approval": "everybody selected who still passes is invited first, then the seats of those who do not "
    "are freed in rank order; so nobody is promoted past a unit's cap",
    "approval near the first day": "the freed seat follows 'After issue', the cut-off included",
    "exhausted stratum": "nobody left in its reserve can take the seat now; one passed over for the cap "
    "stays for the next freed seat but does not keep this one empty",
    "second selection and marks": "a mark stops promotions; the gates alone make the pool",
}

GRADES = [
    "I/a", "I/b", "I/c", "I/d", "II/a", "II/b", "II/c", "II/d",
    "III/a", "III/b", "III/c", "III/d", "IV/a", "IV/b", "IV/c", "IV/d", "IV/e",
]  # fmt: skip
RESETS_BY_DEFAULT = {
    "STRUKTURAL", "MANAJERIAL", "FUNGSIONAL", "TEKNIS", "SOSIOKULTURAL",
    "PJJ", "KURSUS", "PENATARAN", "BIMTEK", "MAGANG",
}  # fmt: skip
TOOK_PART = {"LULUS", "HADIR"}
LIVE = {"issued", "accepted"}


@dataclass
class Unit:
    code: str
    parent: str | None


@dataclass
class Person:
    id: int
    nip: str | None
    external_id: str | None
    unit: str
    status: str = "PNS"
    activity: str = "AKTIF"
    grade: str = "III/a"
    position_kind: str = "PELAKSANA"
    level: str = ""
    service_start: date = date(2010, 3, 1)
    retirement_date: date = date(2060, 1, 1)

    @property
    def key(self) -> str:
        return self.nip or self.external_id or ""


@dataclass
class History:
    person: int
    programme: str
    last_day: date
    result: str = "LULUS"
    kind: str = "TEKNIS"
    jp: int = 40


@dataclass
class Programme:
    code: str
    jp: int = 40
    kind: str = "TEKNIS"
    statuses: list[str] = field(default_factory=list)
    positions: list[str] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
    grade_min: str = ""
    grade_max: str = ""
    resets_wait: bool = True
    pppk_exempt: bool = False


@dataclass
class Klass:
    code: str
    programme: str
    first_day: date
    last_day: date
    seats: int = 2
    reserve: int = 0
    areas: list[str] = field(default_factory=list)
    allocation: str = "NASIONAL"
    area_seats: list[int] = field(default_factory=list)
    unit_cap: int = 0
    seed: str = "00" * 32


@dataclass
class Seat:
    """A place in a class got without an invitation: by hand or by the person."""

    person: int
    klass: str
    taken: bool = True


@dataclass
class Invitation:
    person: int
    klass: str
    state: str = "issued"
    stratum: str | None = None


@dataclass
class Hold:
    person: int
    until: date


@dataclass
class Settings:
    minimum_jp: int = 20
    promotion_cutoff_days: int = 3
    retirement_months: int = 24
    pppk_ceiling_jp: int = 24


@dataclass
class World:
    units: list[Unit]
    people: list[Person]
    catalogue: list[Programme]
    classes: list[Klass]
    history: list[History] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What matters of it, one thing a line: how Hypothesis shows a failing example to people."""
        visited = {s.klass for s in self.seats} | {i.klass for i in self.invitations}
        shown = [self.settings, *self.units, *self.people, *self.catalogue, *self.classes[:1]]
        shown += [k for k in self.classes[1:] if k.code in visited]
        shown += [*self.history, *self.seats, *self.invitations, *self.holds]
        printer.text("World(\n" + "".join(f"    {thing!r}\n" for thing in shown) + ")")

    def person(self, number: int) -> Person:
        return next(p for p in self.people if p.id == number)

    def klass(self, code: str) -> Klass:
        return next(k for k in self.classes if k.code == code)

    def programme(self, code: str) -> Programme | None:
        return next((p for p in self.catalogue if p.code == code), None)

    def parent(self, code: str) -> str | None:
        return next(u.parent for u in self.units if u.code == code)

    def root(self) -> str:
        return next(u.code for u in self.units if u.parent is None)


@dataclass
class Row:
    """One person of a selection: what selection_report says."""

    person: int
    outcome: str
    code: str = ""
    area: str = ""
    stratum: str | None = None
    rank: int | None = None
    area_rank: int | None = None
    reserve_no: int | None = None
    ever_trained: bool = False
    waiting_since: date = date.min
    service_start: date = date.min
    lottery: str = ""


@dataclass
class Selection:
    rows: dict[int, Row]
    #: person → gate code, found when a seat was to be given.
    marks: dict[int, str] = field(default_factory=dict)

    def having(self, outcome: str) -> list[Row]:
        """The rows with this outcome, in rank order."""
        return sorted((r for r in self.rows.values() if r.outcome == outcome), key=lambda r: r.rank or 0)


# --- What resets the wait ------------------------------------------------------------------------


def qualifies(record: History, catalogue: list[Programme], settings: Settings, today: date) -> bool:
    """Whether this history row resets the wait."""
    if record.result not in TOOK_PART or record.last_day > today:
        return False
    for programme in catalogue:
        if programme.code == record.programme:
            return programme.resets_wait
    return record.kind in RESETS_BY_DEFAULT and record.jp >= settings.minimum_jp


def standing(
    person: Person, history: list[History], catalogue: list[Programme], settings: Settings, today: date
) -> tuple[bool, date, date]:
    """(ever_trained, waiting_since, service_start) of a person."""
    days = [
        record.last_day
        for record in history
        if record.person == person.id and qualifies(record, catalogue, settings, today)
    ]
    if days:
        return True, max(days), person.service_start
    return False, person.service_start, person.service_start


# --- Gates ---------------------------------------------------------------------------------------


def add_months(day: date, months: int) -> date:
    """The same day `months` later; a day that the month lacks becomes its last day."""
    year, month = day.year, day.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def ancestry(world: World, unit: str) -> list[str]:
    """The unit itself and those above it, the root last."""
    chain: list[str] = []
    at: str | None = unit
    while at is not None:
        chain.append(at)
        at = world.parent(at)
    return chain


def areas_of(world: World, klass: Klass) -> list[str]:
    """Areas of the class by ascending code, byte by byte; each once; the root when none is given."""
    return sorted(set(klass.areas or [world.root()]), key=str.encode)


def area_of(world: World, klass: Klass, person: Person) -> str:
    """The deepest area above the person's unit, itself included; empty outside all of them."""
    areas = areas_of(world, klass)
    for unit in ancestry(world, person.unit):
        if unit in areas:
            return unit
    return ""


def gate(person: Person, klass: Klass, world: World, today: date) -> str | None:
    """The first gate that holds the person back, or None."""
    programme = world.programme(klass.programme)
    assert programme is not None
    mine = [h for h in world.history if h.person == person.id]

    if person.activity != "AKTIF":
        return "inactive"
    if not area_of(world, klass, person):
        return "area"
    if programme.statuses and person.status not in programme.statuses:
        return "status"
    if programme.positions and person.position_kind not in programme.positions:
        return "position"
    if programme.levels and person.level not in programme.levels:
        return "level"
    if person.status in ("PNS", "CPNS") and (programme.grade_min or programme.grade_max):
        if not person.grade:
            return "grade"
        if programme.grade_min and GRADES.index(person.grade) < GRADES.index(programme.grade_min):
            return "grade"
        if programme.grade_max and GRADES.index(person.grade) > GRADES.index(programme.grade_max):
            return "grade"
    if any(h.programme == programme.code and h.result == "LULUS" for h in mine):
        return "passed"
    if committed(person, klass, world, today):
        return "committed"
    if person.retirement_date < add_months(klass.last_day, world.settings.retirement_months):
        return "retiring"
    if person.status == "PPPK" and not programme.pppk_exempt:
        hours = sum(h.jp for h in mine if h.result in TOOK_PART and h.last_day.year == klass.first_day.year)
        if hours + programme.jp > world.settings.pppk_ceiling_jp:
            return "pppk_ceiling"
    if any(h.person == person.id and h.until > today for h in world.holds):
        return "hold"
    if any(i.person == person.id and i.klass == klass.code for i in world.invitations):
        return "invited"
    return None


def committed(person: Person, klass: Klass, world: World, today: date) -> bool:
    """A live invitation or a seat in another class, not ended, that overlaps or resets the wait."""
    elsewhere = [i.klass for i in world.invitations if i.person == person.id and i.state in LIVE]
    elsewhere += [s.klass for s in world.seats if s.person == person.id and s.taken]
    for code in elsewhere:
        if code == klass.code:
            continue
        other = world.klass(code)
        if other.last_day < today:
            continue
        if other.first_day <= klass.last_day and klass.first_day <= other.last_day:
            return True
        programme = world.programme(other.programme)
        assert programme is not None
        if programme.resets_wait:
            return True
    return False


# --- Order, strata, seats ------------------------------------------------------------------------


def lottery(seed: str, key: str) -> str:
    return hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()


def rank(world: World, klass: Klass, today: date) -> tuple[list[Row], list[Row]]:
    """The pool in order, with rank, area and area rank (outcome still waiting), and the excluded."""
    pool: list[Row] = []
    excluded: list[Row] = []
    for person in world.people:
        ever, since, start = standing(person, world.history, world.catalogue, world.settings, today)
        area = area_of(world, klass, person)
        row = Row(
            person.id, "waiting", area=area, stratum=None if klass.allocation == "NASIONAL" else area,
            ever_trained=ever, waiting_since=since, service_start=start,
            lottery=lottery(klass.seed, person.key),
        )  # fmt: skip
        code = gate(person, klass, world, today)
        if code is None:
            pool.append(row)
        else:
            row.outcome, row.code, row.stratum = "excluded", code, None
            excluded.append(row)
    pool.sort(key=lambda r: (r.ever_trained, r.waiting_since, r.service_start, r.lottery))
    seen: dict[str | None, int] = {}
    for position, row in enumerate(pool, 1):
        row.rank = position
        seen[row.stratum] = seen.get(row.stratum, 0) + 1
        row.area_rank = seen[row.stratum]
    return pool, excluded


def hamilton(total: int, weights: dict[str, int]) -> dict[str, int]:
    """Largest remainder of total·w/Σw; equal remainders: the lower code first; no weight, no seats."""
    whole = sum(weights.values())
    if whole == 0:
        return dict.fromkeys(weights, 0)
    shares = {code: total * weight // whole for code, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda code: (-(total * weights[code] % whole), code.encode()))
    for code in by_remainder[: total - sum(shares.values())]:
        shares[code] += 1
    return shares


def split(world: World, klass: Klass, total: int, pool: list[Row]) -> dict[str | None, int]:
    """`total` seats (or reserve places) over the strata by the ALOKASI of the class."""
    if klass.allocation == "NASIONAL":
        return {None: total}
    strata = areas_of(world, klass)
    if klass.allocation == "RATA":
        each, left = divmod(total, len(strata))
        return {code: each + (1 if place < left else 0) for place, code in enumerate(strata)}
    if klass.allocation == "PROPORSIONAL":
        return dict(hamilton(total, {code: sum(r.stratum == code for r in pool) for code in strata}))
    listed = dict(zip(klass.areas, klass.area_seats, strict=True))
    if total == sum(listed.values()):
        return dict(listed)
    return dict(hamilton(total, {code: listed[code] for code in strata}))


def free_seats(world: World, klass: Klass) -> int:
    """S minus live and accepted invitations."""
    return klass.seats - sum(i.klass == klass.code and i.state in LIVE for i in world.invitations)


def taken_by_unit(world: World, klass: Klass) -> dict[str, int]:
    """Live and accepted invitations of this class per unit."""
    taken: dict[str, int] = {}
    for invitation in world.invitations:
        if invitation.klass == klass.code and invitation.state in LIVE:
            unit = world.person(invitation.person).unit
            taken[unit] = taken.get(unit, 0) + 1
    return taken


def allocate(world: World, klass: Klass, today: date) -> Selection:
    """The whole selection: who is selected, in reserve, waiting or excluded, and why."""
    pool, excluded = rank(world, klass, today)
    seats = free_seats(world, klass)
    taken = taken_by_unit(world, klass)
    passed_over: set[int] = set()

    def take_if_under_cap(row: Row) -> bool:
        unit = world.person(row.person).unit
        if klass.unit_cap > 0 and taken.get(unit, 0) >= klass.unit_cap:
            passed_over.add(row.person)
            return False
        taken[unit] = taken.get(unit, 0) + 1
        row.outcome = "selected"
        return True

    # 1. Each stratum, in order, until its seats are filled.
    for stratum, quota in split(world, klass, seats, pool).items():
        filled = 0
        for row in pool:
            if filled == quota:
                break
            if row.stratum == stratum and take_if_under_cap(row):
                filled += 1

    # 2. Seats left unfilled, in pool order.
    left = seats - sum(row.outcome == "selected" for row in pool)
    for row in pool:
        if left == 0:
            break
        if row.outcome != "selected" and take_if_under_cap(row):
            left -= 1

    # 3. The reserve.
    for stratum, quota in split(world, klass, klass.reserve, pool).items():
        number = 0
        for row in pool:
            if number == quota:
                break
            if row.stratum == stratum and row.outcome != "selected":
                number += 1
                row.outcome, row.reserve_no = "reserve", number

    for row in pool:
        if row.person in passed_over and row.outcome != "selected":
            row.code = "unit_cap"
    return Selection({row.person: row for row in pool + excluded})


# --- Approval and after --------------------------------------------------------------------------


def approve(world: World, klass: Klass, selection: Selection, today: date) -> list[int]:
    """Check every gate again, invite those who pass, promote for those who do not; people invited."""
    invited: list[int] = []
    freed: list[Row] = []
    for row in selection.having("selected"):
        code = gate(world.person(row.person), klass, world, today)
        if code is None:
            invited.append(row.person)
        else:
            selection.marks[row.person] = code
            freed.append(row)
    for number in invited:
        world.invitations.append(Invitation(number, klass.code, "issued", selection.rows[number].stratum))
    for row in freed:
        promoted = promote(world, klass, selection, row.stratum, today)
        if promoted is not None:
            invited.append(promoted)
    return invited


def reserve_left(world: World, klass: Klass, selection: Selection) -> list[Row]:
    """The reserve still there, in rank order: not invited and not marked."""
    invited = {i.person for i in world.invitations if i.klass == klass.code}
    return [
        row
        for row in selection.having("reserve")
        if row.person not in invited and row.person not in selection.marks
    ]


def promote(world: World, klass: Klass, selection: Selection, stratum: str | None, today: date) -> int | None:
    """Offer one freed seat of a stratum; the person invited, or None. Marks those who fail a gate."""
    if (klass.first_day - today).days <= world.settings.promotion_cutoff_days:
        return None
    if free_seats(world, klass) <= 0:
        return None
    left = reserve_left(world, klass, selection)
    own = sorted((r for r in left if r.stratum == stratum), key=lambda r: r.reserve_no or 0)
    others = [r for r in left if r.stratum != stratum]  # in pool order
    for row in own + others:
        person = world.person(row.person)
        code = gate(person, klass, world, today)
        if code is not None:
            selection.marks[row.person] = code
            continue
        if klass.unit_cap > 0 and taken_by_unit(world, klass).get(person.unit, 0) >= klass.unit_cap:
            continue
        world.invitations.append(Invitation(row.person, klass.code, "issued", row.stratum))
        return row.person
    return None


def answer(
    world: World, klass: Klass, selection: Selection, person: int, reply: str, today: date
) -> tuple[str, int | None] | None:
    """Accept or decline; (state, person promoted), or None where the answer is refused."""
    invitation = next(i for i in world.invitations if i.klass == klass.code and i.person == person)
    wanted = {"accept": "accepted", "decline": "declined"}[reply]
    if invitation.state == wanted:
        return wanted, None
    if invitation.state not in LIVE:
        return None
    invitation.state = wanted
    if wanted == "accepted":
        return wanted, None
    return wanted, promote(world, klass, selection, invitation.stratum, today)


def may_select_again(world: World, klass: Klass, issued: list[Selection], today: date) -> bool:
    """Whether a further selection of this class may run."""
    return (
        free_seats(world, klass) > 0
        and klass.first_day > today
        and not any(reserve_left(world, klass, selection) for selection in issued)
    )
