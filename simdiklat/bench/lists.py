"""Lists at any size: each page through every layer of the web process, beside an empty page; and exports.

Run at the size of the ministry and, with `--employees 1800000`, at that of all who serve it: the copy is made
by SQL (multiply.py) and kept.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection
from django.http import QueryDict

from accounts.models import User
from employees.exporting import files, lists
from simdiklat.bench.measure import Figure, in_turn
from simdiklat.demo.accounts import PLANNER

#: What is measured, and its address.
PAGES = {
    "people, last page": "/employees/?page=last",
    "people, page 300": "/employees/?page=300",
    "people, from a name": "/employees/?from=Sari",
    "people, part of a NIP": "/employees/?q=1986",
    "people, nobody found": "/employees/?q=zzqx",
    "people, longest wait": "/employees/?sort=waiting",
    "people, by unit": "/employees/?sort=unit",
    "people, by status": "/employees/?status=PPPK&training=none2",
    "people, counted to the end": "/employees/?count=exact",
    "history, first page": "/history/",
    "history, search for a name": "/history/?q=sari",
    "history, one result": "/history/?result=MENGUNDURKAN_DIRI",
    "history, by name": "/history/?sort=employee",
    "invitations, first page": "/invitations/",
    "audit trail, first page": "/audit/",
}


def pages(runs: int, get: Callable[[str], None]) -> list[Figure]:
    """Each page of PAGES against the empty page."""
    return [
        in_turn(Figure(what, "empty page, signed in", 25), runs, partial(get, at), partial(get, "/empty/"))
        for what, at in PAGES.items()
    ]


def exports(runs: int) -> list[Figure]:
    """All people as CSV and as XLSX against COPY TO of their table."""
    user = User.objects.get(username=PLANNER)
    content = lists.find("employees").build(user, QueryDict(""))  # type: ignore[union-attr]
    found = []
    with tempfile.TemporaryDirectory(prefix="simdiklat-bench-") as folder:
        for fmt, write in files.WRITERS.items():
            figure = Figure(f"people as {fmt.upper()}", "COPY TO of the table of people")
            figure.rows = content.rows.count()

            def work(write: Any = write, path: Path = Path(folder) / f"people.{fmt}") -> None:
                with files.snapshot() as read:
                    write(read, content.rows, content.columns, path, lambda _done, _total: None)

            found.append(in_turn(figure, runs, work, lambda: _copy_people(Path(folder) / "floor.csv")))
    return found


def _copy_people(path: Path) -> None:
    with connection.cursor() as cursor, path.open("wb") as file:
        cursor.copy_expert("COPY employees_employee TO STDOUT (FORMAT csv)", file, 1 << 16)
