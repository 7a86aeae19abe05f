"""All figures, in databases of their own: a seeded ministry, a copy of it to work on, an empty one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from employees.models import Employee
from simdiklat import scratch
from simdiklat.bench import (
    certificates,
    delivery,
    files,
    imports,
    invitations,
    lists,
    multiply,
    pages,
    selection,
)
from simdiklat.bench.measure import Figure, machine
from simdiklat.demo import FULL_SIZE, seeding

#: Records of training for each person beyond the ministry's own size: ten million for 1.8 million people.
HISTORY_EACH = 5.5

Say = Callable[[str], None]


def usual_size() -> int:
    """As many people as the portal's database holds; the whole ministry where it holds none."""
    if Employee._meta.db_table not in connection.introspection.table_names():
        return FULL_SIZE
    return Employee.objects.count() or FULL_SIZE


def run(
    employees: int, runs: int, say: Say, *, keep: bool = True, fresh: bool = False, messages: int = 0
) -> list[Figure]:
    """Measure everything at this size.

    The seeded ministry stays in its database for the next time with `keep`; `fresh` makes it up again.
    `messages` are delivered; 0: a few.
    """
    seed = f"simdiklat_bench_{employees}"
    if fresh or not keep:
        scratch.drop(seed)
    try:
        with tempfile.TemporaryDirectory(prefix="simdiklat-bench-") as folder:
            return _measure(seed, employees, runs, Path(folder), say, messages)
    finally:
        if not keep:
            scratch.drop(seed)


def _measure(seed: str, employees: int, runs: int, folder: Path, say: Say, messages: int) -> list[Figure]:
    with scratch.scratch_database(seed, folder, keep=True):
        if Employee.objects.count() != employees:
            say(f"Making up a ministry of {employees:,} people ...")
            if employees > FULL_SIZE:
                if not Employee.objects.exists():
                    seeding.seed(FULL_SIZE, lambda _line: None)
                multiply.grow(employees, round(employees * HISTORY_EACH), say)
            else:
                seeding.seed(employees, lambda _line: None)
        say(machine())
    with scratch.scratch_database(f"{seed}_work", folder, template=seed):
        written = files.write(folder)
        say("Measuring pages ...")
        found = pages.figures(max(runs, 5))
        say("Measuring exports ...")
        found += lists.exports(runs)
        say("Measuring the selection ...")
        found = selection.figures(runs) + found
        say("Measuring invitations ...")
        found += invitations.figures(runs, say)
        say("Measuring the delivery ...")
        found += delivery.figures(messages or min(2_000, employees // 4), say)
        say("Measuring certificates ...")
        found += certificates.figures(say)
    with scratch.scratch_database(f"{seed}_empty", folder):
        say("Measuring the imports ...")
        found = imports.figures(written, runs) + found
        say(machine())
    return found
