"""Seats and reserve in plain Python: for the check of a stored selection, and for what-if on few people.

The same rule as `allocation` (selection.md, "Strata and seats"), written apart from its SQL on purpose:
`verify` holds the one against the other.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Ranked:
    """A person of the pool as far as giving out seats is concerned."""

    person: Any
    stratum: Any
    unit: Any


@dataclass
class Given:
    """Who got what. `short` is the number of seats nobody could take."""

    selected: list[Any] = field(default_factory=list)
    reserve: dict[Any, int] = field(default_factory=dict)
    passed_over: set[Any] = field(default_factory=set)
    short: int = 0
    reserve_short: int = 0


def give_out(
    ranked: Sequence[Ranked],
    *,
    seats: Mapping[Any, int],
    reserve: Mapping[Any, int],
    cap: int,
    taken_by_unit: Mapping[Any, int],
) -> Given:
    """Give seats and reserve places per stratum to people in ranking order; `cap` 0 means no cap.

    `seats` and `reserve` name every stratum in order; `taken_by_unit` are seats that count for the cap.
    """
    given = Given()
    in_unit: dict[Any, int] = defaultdict(int, taken_by_unit)
    taken: set[Any] = set()
    members: dict[Any, list[Ranked]] = {stratum: [] for stratum in seats}
    for one in ranked:
        members[one.stratum].append(one)

    def take(people: Sequence[Ranked], places: int) -> int:
        for one in people:
            if places == 0:
                break
            if one.person in taken:
                continue
            if cap and in_unit[one.unit] >= cap:
                given.passed_over.add(one.person)
                continue
            in_unit[one.unit] += 1
            taken.add(one.person)
            given.selected.append(one.person)
            places -= 1
        return places

    left = sum(take(members[stratum], places) for stratum, places in seats.items())
    given.short = take(ranked, left)
    given.passed_over -= taken
    for stratum, places in reserve.items():
        waiting = [one for one in members[stratum] if one.person not in taken]
        for number, one in enumerate(waiting[:places], start=1):
            given.reserve[one.person] = number
        given.reserve_short += max(0, places - len(waiting))
    return given
