"""All figures, in databases of their own: a seeded ministry, a copy of it to work on, an empty one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from employees.models import Employee
from simdiklat import scratch
from simdiklat.bench import files, imports, lists, multiply, pages, selection
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


@contextmanager
def ministry(
    employees: int, folder: Path, say: Say, *, keep: bool = True, fresh: bool = False
) -> Iterator[str]:
    """The name of a database with the made-up ministry of this size, which is made unless it is there.

    It stays for the next time with `keep`; `fresh` makes it up again. Nobody may be in it while it is copied.
    """
    seed = f"simdiklat_bench_{employees}"
    if fresh or not keep:
        scratch.drop(seed)
    try:
        with scratch.scratch_database(seed, folder, keep=True):
            if Employee.objects.count() != employees:
                say(f"Making up a ministry of {employees:,} people ...")
                _make_up(employees, say)
        yield seed
    finally:
        if not keep:
            scratch.drop(seed)


def _make_up(employees: int, say: Say) -> None:
    if employees <= FULL_SIZE:
        seeding.seed(employees, lambda _line: None)
        return
    if not Employee.objects.exists():
        seeding.seed(FULL_SIZE, lambda _line: None)
    multiply.grow(employees, round(employees * HISTORY_EACH), say)


def run(employees: int, runs: int, say: Say, *, keep: bool = True, fresh: bool = False) -> list[Figure]:
    """Measure everything at this size; `keep` and `fresh` as for `ministry`."""
    with tempfile.TemporaryDirectory(prefix="simdiklat-bench-") as name:
        folder = Path(name)
        with ministry(employees, folder, say, keep=keep, fresh=fresh) as seed:
            return _measure(seed, runs, folder, say)


def _measure(seed: str, runs: int, folder: Path, say: Say) -> list[Figure]:
    with scratch.scratch_database(f"{seed}_work", folder, template=seed):
        say(machine())
        written = files.write(folder)
        say("Measuring pages ...")
        found = pages.figures(max(runs, 5))
        say("Measuring exports ...")
        found += lists.exports(runs)
        say("Measuring the selection ...")
        found = selection.figures(runs) + found
    with scratch.scratch_database(f"{seed}_empty", folder):
        say("Measuring the imports ...")
        found = imports.figures(written, runs) + found
        say(machine())
    return found
