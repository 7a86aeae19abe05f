"""All figures, in databases of their own: a seeded ministry, a copy of it to work on, an empty one.

To measure something more, write a function that takes a `Setting` and gives `Figure`s and `Plan`s,
and name it in FILLED (it works in a copy of the ministry, which is thrown away) or EMPTY (it gets the ministry's
files and a database without a row). The table, docs/performance.md and the test follow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

from django.utils import timezone

from employees.models import Employee
from simdiklat import scratch
from simdiklat.bench import (
    certificates,
    delivery,
    exports,
    files,
    imports,
    invitations,
    lists,
    multiply,
    selection,
    serving,
)
from simdiklat.bench.measure import Figure, Setting, load, machine
from simdiklat.bench.plans import Plan
from simdiklat.bench.report import Section
from simdiklat.demo import seeding

#: People of the ministry, and everything measured at the portal's usual size.
MINISTRY = 237_000
#: Records of training for each person beyond the ministry's own size: ten million for 1.8 million people.
HISTORY_EACH = 5.5

Say = Callable[[str], None]
Measure = Callable[[Setting], Iterable[Figure | Plan]]

#: Measured in a copy of the ministry, in this order.
FILLED: tuple[tuple[str, Measure], ...] = (
    ("Lists", lists.measure),
    ("Web processes", serving.measure),
    ("Exports", exports.measure),
    ("Selection", lambda setting: selection.figures(setting.runs)),
    ("Invitations", invitations.measure),
    ("Delivery", delivery.measure),
    ("Certificates", certificates.measure),
)
#: Measured in an empty database.
EMPTY: tuple[tuple[str, Measure], ...] = (
    ("Imports by the commands", imports.by_command),
    ("Imports by the portal", imports.by_portal),
)


def run(
    employees: int,
    runs: int,
    say: Say,
    *,
    only: str = "",
    keep: bool = True,
    fresh: bool = False,
    quick: bool = False,
    messages: int = Setting.messages,
    senders: tuple[int, ...] = Setting.senders,
) -> Generator[Section, None, None]:
    """Measure at this size; give each section as soon as it is measured.

    The seeded ministry stays in its database for the next time with `keep`; `fresh` makes it up again. `only`:
    the sections whose titles contain one of these texts, in any case, with commas between them.
    """
    seed = f"simdiklat_bench_{employees}"
    if fresh or not keep:
        scratch.drop(seed)
    try:
        with tempfile.TemporaryDirectory(prefix="simdiklat-bench-") as folder:
            setting = Setting(employees, runs, Path(folder), say, quick, messages, senders)
            yield from _measure(seed, setting, only)
    finally:
        if not keep:
            scratch.drop(seed)


def prepare(employees: int, say: Say) -> None:
    """Make the ministry of this size where it is not there yet; the next `run` finds it."""
    with tempfile.TemporaryDirectory(prefix="simdiklat-bench-") as folder:
        _prepare(f"simdiklat_bench_{employees}", Setting(employees, 1, Path(folder), say))


def titles() -> list[str]:
    """The titles of all sections, in their order."""
    return [title for title, _measure in (*FILLED, *EMPTY)]


def _prepare(seed: str, setting: Setting) -> None:
    """Fill the database `seed` where it is not filled."""
    template = "template0"
    if setting.employees > MINISTRY and not scratch.exists(seed):
        prepare(MINISTRY, setting.say)
        template = f"simdiklat_bench_{MINISTRY}"
    with scratch.scratch_database(seed, setting.folder, keep=True, template=template):
        if Employee.objects.count() != setting.employees:
            setting.say(f"Making up a ministry of {setting.employees:,} people ...")
            if setting.employees > MINISTRY:
                multiply.grow(setting.employees, round(setting.employees * HISTORY_EACH), setting.say)
            else:
                seeding.seed(setting.employees, lambda _line: None)
        multiply.add_paper_trail(setting.employees, setting.say)


def _measure(seed: str, setting: Setting, only: str) -> Iterator[Section]:
    _prepare(seed, setting)
    wanted = [word.strip().lower() for word in only.split(",")]
    filled, empty = (
        [part for part in parts if any(word in part[0].lower() for word in wanted)]
        for parts in (FILLED, EMPTY)
    )
    with scratch.scratch_database(f"{seed}_work", setting.folder, template=seed):
        if empty:
            files.write(setting.folder)
        yield from _each(filled, setting)
    if empty:
        with scratch.scratch_database(f"{seed}_empty", setting.folder):
            yield from _each(empty, setting)


def _each(parts: Iterable[tuple[str, Measure]], setting: Setting) -> Iterator[Section]:
    for title, measure in parts:
        before = load()
        setting.say(f"Measuring {title[0].lower()}{title[1:]} ...")
        section = Section(title)
        for found in measure(setting):
            if isinstance(found, Plan):
                section.plans.append(found)
            else:
                section.figures.append(found)
        section.told = (
            f"{timezone.localdate():%Y-%m-%d}, {setting.employees:,} people, {setting.runs} runs; {machine()}, "
            f"load {before} before and {load()} after."
        )
        setting.say(section.told)
        yield section
