"""Lists at any size: each page through every layer of the web process, beside an empty page.

Every page is asked for in several shapes in turn (other names, other numbers, other units), so that its 95th
percentile is that of people working and not of one warm page.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from string import ascii_uppercase
from urllib.parse import quote

from django.db import connection
from django.utils import timezone

from simdiklat.bench import plans
from simdiklat.bench.browsing import signed_in
from simdiklat.bench.measure import Figure, Setting, in_turn, timed
from simdiklat.bench.plans import Plan

_ROWS = 25
#: Times each page is fetched.
_TIMES = 40
#: Seconds asked for, for the 95th percentile: at the ministry's size and with everybody who serves it.
GOALS = (0.050, 0.100)

_NAMES = ("sari", "budi", "siti nur", "ahmad", "wahyu", "aminah", "putra", "rahma", "hidayat", "zqx")


def addresses(name: str, *queries: str) -> list[str]:
    return [f"/{name}/?{query}" if query else f"/{name}/" for query in queries]


#: What is measured, and the addresses taken in turn.
PAGES: dict[str, list[str]] = {
    "people, first page": addresses("employees", ""),
    "people, last page": addresses("employees", "page=last"),
    "people, page 2 to 400": addresses("employees", *(f"page={n}" for n in range(2, 400, 13))),
    "people, from a letter on": addresses("employees", *(f"from={letter}" for letter in ascii_uppercase)),
    "people, search for a name": addresses("employees", *(f"q={quote(name)}" for name in _NAMES)),
    "people, part of a NIP": addresses("employees", *(f"q={1962 + n % 40}{n:02}" for n in range(1, 41)), "q=1986"),
    "people, longest wait": addresses("employees", "sort=waiting", "sort=-waiting", "sort=last_training"),
    "people, by unit": addresses("employees", "sort=unit", "sort=-unit"),
    "people, filtered": addresses(
        "employees", "status=PPPK&training=none2", "training=never", "position_kind=JPT", "status=CPNS",
        "training=wait10", "status=PNS_CPNS&hours=0-19", "province=35",
    ),
    "people, by trainings of ten years": addresses("employees", "trainings=10-&years=10", "trainings=0&years=10"),
    "people, counted to the end": addresses("employees", "count=exact"),
    "history, first page": addresses("history", ""),
    "history, last page": addresses("history", "page=last"),
    "history, search for a name": addresses("history", *(f"q={quote(name)}" for name in _NAMES)),
    "history, filtered": addresses(
        "history", "result=MENGUNDURKAN_DIRI", "programme=PKA", *(f"since={y}-01-01&until={y}-02-01" for y in range(2018, 2026))
    ),
    "history, by name": addresses("history", "sort=employee", "sort=-employee"),
    "invitations, first page": addresses("invitations", ""),
    "invitations, search for a name": addresses("invitations", *(f"q={quote(name)}" for name in _NAMES)),
    "invitations, filtered": addresses("invitations", "state=expired", "state=accepted", "wait=never"),
    "invitations, by name": addresses("invitations", "sort=employee", "sort=-employee"),
    "invitations, by unit": addresses("invitations", "sort=unit", "sort=-unit"),
    "invitations, by state or day": addresses("invitations", "sort=state", "sort=-state", "sort=answer_by", "sort=-answer_by"),
    "audit trail, first page": addresses("audit", ""),
    "audit trail, filtered": addresses("audit", "verb=list", "actor=perencana", "object_type=class"),
    "audit trail, from a day on": [],  # the days are today's: see _pages
}  # fmt: skip


def _pages() -> dict[str, list[str]]:
    today = timezone.localdate().toordinal()
    days = (type(timezone.localdate()).fromordinal(today - back) for back in (-1, 0, 1, 7, 30, 300))
    return PAGES | {"audit trail, from a day on": addresses("audit", *(f"since={day}" for day in days))}


def measure(setting: Setting) -> Iterator[Figure | Plan]:
    """Each page against an empty one; all of them together; the plan of each page's slowest statement."""
    times = 1 if setting.quick else _TIMES
    goal = GOALS[setting.everybody]
    everything = Figure("any of these pages", "empty page, signed in", _ROWS, goal=goal, tail=True)
    with signed_in() as get:
        for what, shapes in _pages().items():
            figure = Figure(what, "empty page, signed in", _ROWS, goal=goal, tail=True)
            for address in shapes[: 0 if setting.quick else 3]:
                get(address)
            for address in islice(cycle(shapes), max(times, len(shapes) if not setting.quick else 0)):
                figure.times.append(timed(partial(get, address)))
                figure.floors.append(timed(partial(get, "/empty/")))
            everything.times += figure.times
            everything.floors += figure.floors
            yield figure
        yield everything
        first = Figure("people, first page, beside its rows alone", "COPY TO of the page's rows", _ROWS)
        yield in_turn(first, max(setting.runs, 5), partial(get, "/employees/"), _copy_out)
        for what, shapes in list(_pages().items())[: 2 if setting.quick else None]:
            yield _slowest_plan(what, shapes, get)


def _slowest_plan(what: str, shapes: Sequence[str], get: Callable[[str], None]) -> Plan:
    """The plan of the slowest statement of the slowest shape of a page."""
    taken = {address: timed(partial(get, address)) for address in shapes[:12]}
    slowest = max(taken, key=lambda address: taken[address])
    return plans.slowest(f"{what} ({slowest})", partial(get, slowest))


def _copy_out() -> None:
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"""
            COPY (SELECT e.*, u.name, s.* FROM employees_employee e JOIN employees_unit u ON u.id = e.unit_id
                JOIN trainings_standing s ON s.employee_id = e.id
                WHERE e.activity = 'AKTIF' ORDER BY e.name, e.id LIMIT {_ROWS}) TO STDOUT
            """,
            io.StringIO(),
        )
