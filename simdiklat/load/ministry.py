"""The made-up ministry of a run: seeded once for each size, copied for every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from employees.models import Employee
from simdiklat import scratch
from simdiklat.demo import seeding


@contextmanager
def ministry(
    employees: int, folder: Path, say: Callable[[str], None], *, keep: bool, fresh: bool
) -> Iterator[str]:
    """The name of a database with the ministry of this size, which is made unless it is there.

    It stays for the next time with `keep`; `fresh` makes it up again. Not the bench's: rows that were only
    laid there for its lists would be found by `check_data`. Nobody may be in it while it is copied.
    """
    name = f"simdiklat_load_{employees}"
    if fresh or not keep:
        scratch.drop(name)
    try:
        with scratch.scratch_database(name, folder, keep=True):
            if Employee.objects.count() != employees:
                say(f"Making up a ministry of {employees:,} people ...")
                seeding.seed(employees, lambda _line: None)
        yield name
    finally:
        if not keep:
            scratch.drop(name)
