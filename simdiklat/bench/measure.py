"""Measuring something against its floor: both in turn, several times, the median of each."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection


@dataclass
class Figure:
    """One line of the table. Times in seconds; `rows` is how many rows both worked on."""

    what: str
    against: str
    rows: int = 0
    times: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def floor(self) -> float:
        return statistics.median(self.floors)

    @property
    def ratio(self) -> float:
        """How many times the floor."""
        return self.median / self.floor


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
    lines = [f"{'':<34} {'rows':>9} {'median':>10} {'floor':>10} {'ratio':>7}  floor"]
    for figure in figures:
        lines.append(
            f"{figure.what:<34} {figure.rows:>9,} {seconds(figure.median):>10} {seconds(figure.floor):>10} "
            f"{figure.ratio:>6.1f}×  {figure.against}"
        )
    return lines


def machine() -> str:
    """Cores, PostgreSQL, Python, and how busy the machine is with other work."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
    return (
        f"{len(os.sched_getaffinity(0))} cores, PostgreSQL {version}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f}"
    )
