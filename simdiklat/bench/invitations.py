"""Invitations: issuing a thousand, a class in three areas, and selections and replies at the same moment."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from django.db import connection

from employees.models import Employee, Unit
from invitations import actions, ranking
from invitations.delivery import issuing
from invitations.models import Invitation, Selection
from outbox.models import Message
from simdiklat.bench.classes import approved, open_class, three_areas
from simdiklat.bench.measure import Figure, Setting, in_turn, seconds, timed
from simdiklat.bench.processes import Work, at_once
from simdiklat.bench.selection import RANKED

#: Invitations of one issue, and replies at one time; fewer where there are not so many people.
MANY = 1000
#: Classes that are selected for, and others that are answered, at the same moment.
CLASSES = 10
#: Processes that answer.
ANSWERING = 8
_SEED = {"seed": "0" * 64}

Say = Callable[[str], None]


def measure(setting: Setting) -> list[Figure]:
    """All of them. Leaves the classes it opened behind."""
    many = min(MANY, Employee.objects.count() // 12)
    return [_issued(many, setting.runs), *_three_areas(setting.runs), *_at_once(many, setting.say)]


def _issued(many: int, runs: int) -> Figure:
    """The invitations of an approved selection with their messages and seats, every gate asked again."""
    figure = Figure(
        "invitations issued, with messages", "INSERT … SELECT of the same rows, bare", many, goal=1.0
    )
    for number in range(runs + 1):
        selection = approved(open_class(seats=many, reserve=many // 2))
        taken = timed(lambda pk=selection.pk: issuing.issue(pk))  # type: ignore[misc]
        figure.rows = selection.invitations.count()
        floor = _bare_rows(selection)
        if number:
            figure.times.append(taken)
            figure.floors.append(floor)
    return figure


def _bare_rows(selection: Selection) -> float:
    """Seconds of writing these invitations and messages again into tables without index or constraint."""
    tables = {
        Invitation._meta.db_table: "selection_id = %s",
        Message._meta.db_table: "about_type = 'invitation' AND about_id IN"
        " (SELECT id FROM invitations_invitation WHERE selection_id = %s)",
    }
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"CREATE TABLE bare_{table} (LIKE {table})")

        def write() -> None:
            for table, which in tables.items():
                cursor.execute(
                    f"INSERT INTO bare_{table} SELECT * FROM {table} WHERE {which}",
                    [selection.pk],
                )

        taken = timed(write)
        for table in tables:
            cursor.execute(f"DROP TABLE bare_{table}")
    return taken


def _three_areas(runs: int) -> list[Figure]:
    """What a planner waits for with a class in three areas: the preview; and its proposal, stored."""
    areas = three_areas()
    training_class = open_class(areas, seats=30, reserve=15, allocation="RATA")
    previewed = Figure("preview, a class in three areas", "bare ranked SELECT of the areas' people", goal=0.3)
    previewed.rows = ranking.preview(training_class).pool_size
    in_turn(previewed, runs, lambda: ranking.preview(training_class), partial(_bare_ranked, areas))
    stored = Figure("selection in three areas, stored", "bare ranked SELECT of everybody", previewed.rows)

    def propose() -> None:
        actions.run_selection(started.pk)

    for number in range(runs + 1):
        opened = open_class(areas, seats=30, reserve=15, allocation="RATA")
        started = actions.start_selection(training_class=opened, by=None, in_background=False)
        times = timed(propose), timed(_bare_ranked)
        if number:
            stored.times.append(times[0])
            stored.floors.append(times[1])
    return [previewed, stored]


def _bare_ranked(areas: Sequence[Unit] = ()) -> None:
    within = " OR ".join(["starts_with(u.path, %s)"] * len(areas)) or "true"
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '256MB'")
        sql = cursor.mogrify(RANKED, _SEED).decode().replace("%", "%%")
        cursor.execute(
            f"{sql} AND e.unit_id IN (SELECT u.id FROM employees_unit u WHERE {within})",
            [area.path for area in areas],
        )
        cursor.fetchall()
        cursor.execute("RESET work_mem")


def _at_once(many: int, say: Say) -> list[Figure]:
    """Ten selections and a thousand replies: each kind alone, then both at the same moment."""

    alone_selecting, _none = at_once(_selections())
    alone_answering, alone = at_once(_replies(many))
    waits: Counter[str] = Counter()
    selecting, answering = _selections(), _replies(many)
    together, results = at_once([*selecting, *answering], waits)
    beside = [one for result in results[len(selecting) :] for one in result]
    _tell(say, [one for result in alone for one in result], beside, waits)
    say(
        f"  ten selections alone {seconds(alone_selecting)}, {len(beside):,} replies alone "
        f"{seconds(alone_answering)}, both at once {seconds(together)}"
    )
    figure = Figure("ten selections and the replies at once", "one kind after the other", len(beside))
    figure.times, figure.floors = [together], [alone_selecting + alone_answering]
    return [figure]


def _selections() -> list[Work]:
    """One for each of ten classes, each in another regional office."""
    works: list[Work] = []
    for office in _offices(0):
        opened = open_class([office])
        started = actions.start_selection(training_class=opened, by=None, in_background=False)
        works.append(partial(_propose, started.pk))
    return works


def _offices(first: int) -> list[Unit]:
    """As many regional offices, from the first-th on; from the beginning again where there are not so many."""
    offices = list(Unit.objects.filter(kind="KANWIL").order_by("code"))
    return [offices[number % len(offices)] for number in range(first, first + CLASSES)]


def _propose(selection_id: int) -> None:
    actions.run_selection(selection_id)


def _replies(many: int) -> list[Work]:
    """Answers of ANSWERING processes to ten classes: six in ten accept, the others' seats go on."""
    invited: list[int] = []
    for office in _offices(CLASSES):
        seats = max(1, many // CLASSES)
        selection = approved(open_class([office], seats=seats, reserve=seats))
        issuing.issue(selection.pk)
        invited += selection.invitations.order_by("pk").values_list("pk", flat=True)
    # As they come: class by class mixed, not one after the other.
    mixed = [pk for start in range(97) for pk in invited[start::97]]
    return [partial(_answer, mixed[start::ANSWERING]) for start in range(ANSWERING)]


def _answer(ids: Sequence[int]) -> list[float]:
    """Seconds of each answer."""
    taken = []
    for number, pk in enumerate(ids):
        invitation = Invitation.objects.select_related("employee__unit", "training_class").get(pk=pk)
        how = {"answer": "accept"} if number % 10 < 6 else {"answer": "decline", "reason": "DINAS"}
        began = time.perf_counter()
        actions.answer(invitation=invitation, by=None, **how)
        taken.append(time.perf_counter() - began)
    return taken


def _tell(say: Say, alone: list[float], beside: list[float], waits: Counter[str]) -> None:
    def p95(times: list[float]) -> str:
        return seconds(statistics.quantiles(times, n=20)[-1])

    say(
        f"  one reply: median {seconds(statistics.median(alone))}, p95 {p95(alone)} alone; "
        f"median {seconds(statistics.median(beside))}, p95 {p95(beside)} beside the selections"
    )
    looks = waits.pop("looks", 0)
    say(f"  waits for locks in {looks} looks at all connections: {sum(waits.values())}")
    for what, times in waits.most_common(8):
        say(f"    {times:>5} × {what}")
