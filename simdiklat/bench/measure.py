"""Measuring something against its floor: both in turn, several times; the median, and the 95th of a hundred."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

#: Fewest measurements of which a 95th percentile says anything.
ENOUGH_FOR_P95 = 20
#: From this many people on it is everybody who serves the ministry, and other times are asked for.
EVERYBODY = 1_000_000


@dataclass(frozen=True)
class Setting:
    """What a part of the bench is to measure: so many people, so many times; its files go under `folder`.

    `quick`: only to see that it works; nothing need be long or often enough to mean something. `messages`: how
    many are delivered, by so many `senders` in turn.
    """

    employees: int
    runs: int
    folder: Path
    say: Callable[[str], None]
    quick: bool = False
    messages: int = 2_000
    senders: tuple[int, ...] = (1, 2, 4)

    @property
    def everybody(self) -> bool:
        """Whether this is the size beyond the ministry."""
        return self.employees >= EVERYBODY


@dataclass
class Figure:
    """One line of the table: what was measured, and the same of its floor.

    `unit` is "s" (seconds), "MB", or "/s" (as many in a second, where more is better); `rows` is how many
    rows both worked on; `goal` is what is asked for, in the unit, and `tail` says that it is asked of the
    95th percentile rather than of the median.
    """

    what: str
    against: str
    rows: int = 0
    times: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    unit: str = "s"
    goal: float | None = None
    tail: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float | None:
        """The 95th percentile; None of too few measurements."""
        if len(self.times) < ENOUGH_FOR_P95:
            return None
        return sorted(self.times)[-(-len(self.times) * 95 // 100) - 1]

    @property
    def floor(self) -> float:
        return statistics.median(self.floors)

    @property
    def ratio(self) -> float:
        """How many times the floor; of a rate, how many times the floor is quicker."""
        return self.floor / self.median if self.unit == "/s" else self.median / self.floor

    @property
    def reached(self) -> bool | None:
        """Whether what is asked for was reached; None where nothing is, or too little was measured."""
        value = self.p95 if self.tail else self.median
        if self.goal is None or value is None:
            return None
        return value >= self.goal if self.unit == "/s" else value <= self.goal

    def shown(self, value: float | None) -> str:
        """A value of this figure in words."""
        if value is None:
            return ""
        if self.unit == "s":
            return seconds(value)
        return f"{value:,.0f} {self.unit}"

    @property
    def goal_shown(self) -> str:
        if self.goal is None:
            return ""
        sign = ">=" if self.unit == "/s" else "<="
        return f"{'p95 ' if self.tail else ''}{sign} {self.shown(self.goal)}"


def timed(work: Callable[[], Any]) -> float:
    """Seconds that the work took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turn(figure: Figure, runs: int, work: Callable[[], Any], floor: Callable[[], Any]) -> Figure:
    """Fill the figure with `runs` times of each, taken in turn, after one of each that does not count."""
    for number in range(runs + 1):
        times = timed(work), timed(floor)
        if number:
            figure.times.append(times[0])
            figure.floors.append(times[1])
    return figure


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def table(figures: Iterable[Figure]) -> list[str]:
    """The figures as lines of text."""
    lines = [
        f"{'':<44} {'rows':>9} {'median':>10} {'p95':>10} {'floor':>10} {'ratio':>8}  {'asked for':<16} floor"
    ]
    for figure in figures:
        missed = "  MISSED" if figure.reached is False else ""
        lines.append(
            f"{figure.what:<44} {figure.rows:>9,} {figure.shown(figure.median):>10} "
            f"{figure.shown(figure.p95) or '-':>10} {figure.shown(figure.floor):>10} {figure.ratio:>7.1f}×  "
            f"{figure.goal_shown or '-':<16}  {figure.against}{missed}"
        )
    return lines


def machine() -> str:
    """Cores, memory, PostgreSQL and Python."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
        cursor.execute("SHOW shared_buffers")
        (buffers,) = cursor.fetchone()
    return (
        f"{len(os.sched_getaffinity(0))} cores, {_memory():.0f} GB, PostgreSQL {version} (shared_buffers {buffers}), "
        f"Python {platform.python_version()}"
    )


def load() -> str:
    """How busy the machine has been for the last minute: with the bench itself, and with what else it does."""
    return f"{os.getloadavg()[0]:.1f}"


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
