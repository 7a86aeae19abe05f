"""All people as CSV and as XLSX, each in a process of its own: the time of a worker, and its memory.

Run as a program (`python -m simdiklat.bench.exports csv FILE`) it is that worker: it writes the export and
prints seconds, rows, and megabytes before and at most.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection

from simdiklat import scratch
from simdiklat.bench.measure import Figure, Setting, timed

#: Seconds asked for at the ministry's size; megabytes at any.
GOALS = {"csv": 2.0, "xlsx": 5.0}
MEMORY = 150.0


def measure(setting: Setting) -> Iterator[Figure]:
    """Time against COPY TO of the table of people; memory against that of the worker before it began."""
    memory = []
    for fmt, goal in GOALS.items():
        taken = Figure(
            f"people as {fmt.upper()}", "COPY TO of the table of people", goal=None if setting.everybody else goal
        )  # fmt: skip
        held = Figure(
            f"people as {fmt.upper()}, memory", "the worker before it began", unit="MB", goal=MEMORY
        )
        for number in range(setting.quick, setting.runs + 1):
            found = _worker(fmt, setting.folder / f"people.{fmt}")
            floor = timed(partial(_copy_people, setting.folder / "floor.csv"))
            taken.rows = held.rows = int(found["rows"])
            held.times.append(found["most"])
            held.floors.append(found["before"])
            if number:  # the first warms the cache and does not count
                taken.times.append(found["seconds"])
                taken.floors.append(floor)
        memory.append(held)
        yield taken
    yield from memory


def _worker(fmt: str, path: Path) -> dict[str, float]:
    done = subprocess.run(  # noqa: S603 - our own command, no shell
        [sys.executable, "-m", "simdiklat.bench.exports", fmt, str(path)],
        env={**os.environ, "DATABASE_URL": scratch.url()}, stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _copy_people(path: Path) -> None:
    with connection.cursor() as cursor, path.open("wb") as file:
        cursor.copy_expert("COPY employees_employee TO STDOUT (FORMAT csv)", file, 1 << 16)


def _megabytes(name: str) -> float:
    """A line of the process's own status in MB: VmRSS now, VmHWM at most."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def _write(fmt: str, path: Path) -> dict[str, Any]:
    from django.http import QueryDict

    from accounts.models import User
    from employees.exporting import files, lists
    from simdiklat.demo.accounts import PLANNER

    exported = lists.find("employees")
    if exported is None:
        raise LookupError("employees")
    content = exported.build(User.objects.get(username=PLANNER), QueryDict(""))
    before = _megabytes("VmRSS")
    rows = 0

    def work() -> None:
        nonlocal rows
        with files.snapshot() as read:
            rows = files.WRITERS[fmt](
                read, content.rows, content.columns, path, lambda _done, _total: None
            ).rows

    taken = timed(work)
    return {"seconds": taken, "rows": rows, "before": before, "most": _megabytes("VmHWM")}


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "simdiklat.settings")
    django.setup()
    sys.stdout.write(json.dumps(_write(sys.argv[1], Path(sys.argv[2]))) + "\n")
