"""What another number of seats, other areas, allocation or cap would change. Nothing is stored.

Everybody goes through the gates once, without regard to areas; the areas, the head of each stratum and
the seats of the two variants then come from that one table. Only the head is put in order: a person far
down the line decides nothing here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from employees.models import Unit
from invitations.ranking.allocation import split_seats, taken_by_unit
from invitations.ranking.gates import BOTH_PROCESSORS, LOTTERY, areas_of_units, gated_sql, values
from invitations.ranking.parameters import Area, Parameters, parameters, with_changes
from invitations.ranking.plain import Given, Ranked, give_out
from trainings.codes import Allocation
from trainings.models import TrainingClass

#: People ordered beyond twice the places, before a longer head is asked for.
MARGIN = 200


@dataclass(frozen=True)
class Person:
    """Somebody who would come in or fall out."""

    employee_id: int
    ever_trained: bool
    waiting_since: date


@dataclass(frozen=True)
class Variant:
    """What a selection with these parameters would do today."""

    params: Parameters
    pool_size: int
    selected: int
    reserve: int
    #: (code, name, seats, pool, selected) of each stratum, in order.
    by_area: list[tuple[str, str, int, int, int]]
    #: People per exclusion code.
    excluded: dict[str, int]
    never_trained: int
    mean_wait_days: int
    #: Active people in the ministry without training in two years: now, and if everybody selected passes.
    untrained_before: int
    untrained_after: int


@dataclass(frozen=True)
class WhatIf:
    """Two variants side by side, and who would come in or fall out by the change."""

    base: Variant
    changed: Variant
    came_in: list[Person]
    fell_out: list[Person]
    active: int


def what_if(
    training_class: TrainingClass,
    *,
    seats: int | None = None,
    reserve: int | None = None,
    unit_cap: int | None = None,
    allocation: str | None = None,
    areas: Iterable[tuple[Unit, int | None]] | None = None,
    on: date | None = None,
) -> WhatIf:
    """Compare a class as planned with the class as it might be; what is None stays as planned.

    `areas` are pairs of unit and seats (seats only under MANUAL). ValueError when MANUAL seats do not
    add up to the seats.
    """
    on = on or timezone.localdate()
    base = parameters(training_class)
    changed = _changed(base, seats, reserve, unit_cap, allocation, areas)
    seed = training_class.seeds.order_by("-number").first()
    with transaction.atomic(), connection.cursor() as cursor:
        root = Unit.objects.get(parent=None)
        everywhere = with_changes(base, areas=(Area(root.pk, root.code, root.name),))
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(BOTH_PROCESSORS)
        cursor.execute(
            "CREATE TEMPORARY TABLE gated_people ON COMMIT DROP AS "
            + gated_sql(base)
            + "SELECT employee_id, unit_id, code, ever_trained, waiting_since, service_start, key FROM gated",
            values(everywhere, on),
        )
        lottery_seed = seed.value if seed else ""
        # Both variants read heads of the same length, so that the same areas are ordered only once.
        line = _Line(cursor, lottery_seed, on, 2 * max(_places(base), _places(changed)) + MARGIN)
        active = sum(group.people for group in line.groups if group.code != "inactive")
        untrained = sum(group.untrained for group in line.groups if group.code != "inactive")
        one = _run(base, line, on, untrained)
        two = one if changed == base else _run(changed, line, on, untrained)
        cursor.execute("DROP TABLE gated_people")
    before = {person.employee_id for person in one[1]}
    after = {person.employee_id for person in two[1]}
    return WhatIf(
        base=one[0],
        changed=two[0],
        came_in=[person for person in two[1] if person.employee_id not in before],
        fell_out=[person for person in one[1] if person.employee_id not in after],
        active=active,
    )


def _changed(
    base: Parameters,
    seats: int | None,
    reserve: int | None,
    unit_cap: int | None,
    allocation: str | None,
    areas: Iterable[tuple[Unit, int | None]] | None,
) -> Parameters:
    changes: dict[str, Any] = {"reserve": reserve, "unit_cap": unit_cap, "allocation": allocation}
    if seats is not None:
        changes |= {"seats": seats, "free_seats": max(0, seats - (base.seats - base.free_seats))}
    if areas is not None:
        given = sorted(areas, key=lambda pair: pair[0].code.encode())
        changes["areas"] = tuple(Area(unit.pk, unit.code, unit.name, n) for unit, n in given)
    changed = with_changes(base, **{name: value for name, value in changes.items() if value is not None})
    if changed.allocation == Allocation.MANUAL:
        listed = sum(area.seats or 0 for area in changed.areas)
        if listed != changed.seats:
            raise ValueError(f"the areas have {listed} seats, the class {changed.seats}")
    return changed


def _run(params: Parameters, line: "_Line", on: date, untrained: int) -> tuple[Variant, list[Person]]:
    by_area = params.allocation != Allocation.NASIONAL
    area_of = areas_of_units(params)
    excluded, pools = _counts(params, line, area_of)
    strata: list[int] = [area.unit_id if by_area and area else 0 for area in params.strata]
    sizes = [pools.get(stratum, 0) for stratum in strata]
    seats = dict(zip(strata, split_seats(params, params.free_seats, sizes), strict=True))
    reserve = dict(zip(strata, split_seats(params, params.reserve, sizes), strict=True))
    taken = taken_by_unit(params.class_id) if params.unit_cap else {}
    people, given = _give(params, line, area_of, by_area, sizes, seats, reserve, taken)
    chosen = [people[employee] for employee in given.selected]
    two_years_ago = _two_years_before(on)
    helped = sum(not p.ever_trained or p.waiting_since < two_years_ago for p in chosen)
    per_stratum: dict[int, int] = dict.fromkeys(strata, 0)
    for employee in given.selected:
        per_stratum[given_stratum(employee, people, area_of, by_area)] += 1
    variant = Variant(
        params=params,
        pool_size=sum(sizes),
        selected=len(chosen),
        reserve=len(given.reserve),
        by_area=[
            (area.code if area else "", area.name if area else "", seats[s], size, per_stratum[s])
            for area, s, size in zip(params.strata, strata, sizes, strict=True)
        ],
        excluded=excluded,
        never_trained=sum(not p.ever_trained for p in chosen),
        mean_wait_days=_mean([(on - p.waiting_since).days for p in chosen]),
        untrained_before=untrained,
        untrained_after=untrained - helped,
    )
    return variant, [Person(p.employee_id, p.ever_trained, p.waiting_since) for p in chosen]


@dataclass(frozen=True)
class _Head(Person):
    unit_id: int


def given_stratum(employee: int, people: dict[int, _Head], area_of: dict[int, int], by_area: bool) -> int:
    """The stratum of a person: the deepest area of the unit, or 0 for all areas together."""
    return area_of[people[employee].unit_id] if by_area else 0


def _mean(days: list[int]) -> int:
    """The mean in whole days, halves upwards as the database rounds; 0 for nobody."""
    return (2 * sum(days) + len(days)) // (2 * len(days)) if days else 0


def _two_years_before(on: date) -> date:
    try:
        return on.replace(year=on.year - 2)
    except ValueError:  # 29 February
        return on.replace(year=on.year - 2, day=28)


def _counts(
    params: Parameters, line: "_Line", area_of: dict[int, int]
) -> tuple[dict[str, int], dict[int, int]]:
    """People per exclusion code, and pool size per stratum, for these areas."""
    excluded: dict[str, int] = {}
    pools: dict[int, int] = {}
    by_area = params.allocation != Allocation.NASIONAL
    for unit, found, count, *_rest in line.groups:
        # The gate `area` comes right after `inactive`, before all others.
        code = "area" if unit not in area_of and found != "inactive" else found
        if code:
            excluded[code] = excluded.get(code, 0) + count
        else:
            stratum = area_of[unit] if by_area else 0
            pools[stratum] = pools.get(stratum, 0) + count
    return dict(sorted(excluded.items())), pools


def _give(
    params: Parameters,
    line: "_Line",
    area_of: dict[int, int],
    by_area: bool,
    sizes: list[int],
    seats: dict[int, int],
    reserve: dict[int, int],
    taken: dict[int, int],
) -> tuple[dict[int, _Head], Given]:
    """Give out the seats among the head of each stratum, with a longer head while that is not enough."""
    length = line.length
    while True:
        heads = line.heads(area_of, by_area, length)
        people = {head.employee_id: head for head in heads}
        ranked = [Ranked(h.employee_id, area_of[h.unit_id] if by_area else 0, h.unit_id) for h in heads]
        given = give_out(ranked, seats=seats, reserve=reserve, cap=params.unit_cap, taken_by_unit=taken)
        # Seats of a stratum that its head could not fill, though there are more people behind it.
        filled = sum(seats.values()) - given.short
        enough = length >= max(sizes, default=0) or (
            given.reserve_short == 0
            and given.short == 0
            and (params.unit_cap == 0 or _filled(ranked, given, seats))
        )
        if enough or filled > sum(sizes):
            return people, given
        length *= 8


def _places(params: Parameters) -> int:
    return params.free_seats + params.reserve


class _Group(NamedTuple):
    """People of one unit with one gate's code: how many, never trained, and without training in two years."""

    unit: int
    code: str
    people: int
    never: int
    untrained: int


class _Line:
    """What both variants ask of the gated people: counted once, each head ordered once."""

    def __init__(self, cursor: Any, seed: str, on: date, length: int) -> None:
        self.cursor = cursor
        cursor.execute(
            """
            SELECT unit_id, code, count(*), count(*) FILTER (WHERE NOT ever_trained),
                count(*) FILTER (WHERE NOT ever_trained OR waiting_since < (%s::date - interval '2 years')::date)
            FROM gated_people GROUP BY unit_id, code
            """,
            [on],
        )
        self.groups = [_Group(*row) for row in cursor.fetchall()]
        self.seed = seed
        self.length = length
        self.known: dict[Any, list[_Head]] = {}

    def heads(self, area_of: dict[int, int], by_area: bool, length: int) -> list[_Head]:
        key = (frozenset(area_of.items()), by_area, length)
        if key not in self.known:
            never_alone = self._never_suffice(area_of, by_area, length)
            self.known[key] = _heads(self.cursor, self.seed, area_of, by_area, length, never_alone)
        return self.known[key]

    def _never_suffice(self, area_of: dict[int, int], by_area: bool, length: int) -> bool:
        """Whether in every stratum those who never had a training already make up the head."""
        pool: dict[int, int] = {}
        never: dict[int, int] = {}
        for group in self.groups:
            if group.code == "" and group.unit in area_of:
                stratum = area_of[group.unit] if by_area else 0
                pool[stratum] = pool.get(stratum, 0) + group.people
                never[stratum] = never.get(stratum, 0) + group.never
        return all(never[stratum] >= min(length, people) for stratum, people in pool.items())


def _filled(ranked: list[Ranked], given: Given, seats: dict[int, int]) -> bool:
    """Whether every stratum filled its own seats from its own head."""
    selected = set(given.selected)
    own: dict[int, int] = {}
    for one in ranked:
        if one.person in selected:
            own[one.stratum] = own.get(one.stratum, 0) + 1
    return all(own.get(stratum, 0) >= places for stratum, places in seats.items())


def _heads(
    cursor: Any, seed: str, area_of: dict[int, int], by_area: bool, length: int, never_alone: bool
) -> list[_Head]:
    """The first `length` people of each stratum, ties with the last included, in ranking order.

    `never_alone`: they are all among those who never had a training, so nobody else need be ordered.
    """
    cursor.execute(
        f"""
        WITH unit_area AS (SELECT * FROM unnest(%(units)s::bigint[], %(areas)s::bigint[]) AS u (unit_id, stratum)),
        placed AS (
            -- Equal dates share a place: the lottery decides among them, and only those who matter are drawn.
            SELECT g.employee_id, g.ever_trained, g.waiting_since, g.service_start, g.unit_id, g.key,
                rank() OVER (PARTITION BY u.stratum ORDER BY g.ever_trained, g.waiting_since, g.service_start) AS place
            FROM gated_people g JOIN unit_area u USING (unit_id) WHERE g.code = ''
                AND NOT (%(never_alone)s AND g.ever_trained)
        )
        SELECT employee_id, ever_trained, waiting_since, unit_id FROM placed WHERE place <= %(length)s
        ORDER BY ever_trained, waiting_since, service_start, {LOTTERY} COLLATE "C", employee_id
        """,
        {
            "units": list(area_of),
            "areas": [area if by_area else 0 for area in area_of.values()],
            "length": length,
            "never_alone": never_alone,
            "seed": seed,
        },
    )
    return [_Head(employee, ever, waiting, unit) for employee, ever, waiting, unit in cursor.fetchall()]
