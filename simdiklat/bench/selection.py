"""The selection over the whole pool, and its preview, against the bare ranked statement on the same data."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from django.db import connection
from django.utils import timezone

from employees.models import Unit
from invitations import actions, ranking
from simdiklat.bench.measure import Figure, in_turn, timed
from trainings.models import Programme, TrainingClass
from trainings.seeds import draw

#: The order alone: no gates, no areas, no evidence, no index on the result.
_RANKED = """
    SELECT s.employee_id, row_number() OVER (
            ORDER BY s.ever_trained, s.waiting_since, s.service_start,
                encode(sha256(convert_to(%(seed)s || ':' || COALESCE(e.nip, e.external_id), 'UTF8')), 'hex') COLLATE "C"
        ) AS rank, s.ever_trained, s.waiting_since, s.service_start
    FROM trainings_standing s JOIN employees_employee e ON e.id = s.employee_id WHERE e.activity = 'AKTIF'
"""
_numbers = count(1)


def _open_class() -> TrainingClass:
    """A class for everybody: no targets, the whole ministry as its area."""
    programme, _made = Programme.objects.get_or_create(
        code="UKUR",
        defaults={
            "name": "Pelatihan Ukur",
            "kind": "TEKNIS",
            "method": "KLASIKAL",
            "jp": 4,
            "resets_wait": False,
        },
    )
    first = timezone.localdate() + timedelta(days=60)
    made = TrainingClass.objects.create(
        code=f"UKUR-{next(_numbers)}", programme=programme, organiser=Unit.objects.get(parent=None), first_day=first,
        last_day=first + timedelta(days=4), confirm_by=first - timedelta(days=5), seats=40, reserve=20,
        state="scheduled",
    )  # fmt: skip
    draw(made)
    return made


def figures(runs: int) -> list[Figure]:
    """Propose for a class of everybody, and preview it. Leaves `runs` selections behind."""
    proposed = Figure("selection, pool and evidence stored", "bare ranked INSERT … SELECT")
    for number in range(runs + 1):
        started = actions.start_selection(training_class=_open_class(), by=None, in_background=False)
        times = timed(lambda pk=started.pk: actions.run_selection(pk)), timed(_bare_insert)  # type: ignore[misc]
        started.refresh_from_db()
        proposed.rows = started.pool_size or 0
        if number:  # the first warms the cache and does not count
            proposed.times.append(times[0])
            proposed.floors.append(times[1])
    training_class = _open_class()
    previewed = Figure("preview of the same", "bare ranked SELECT of the first 200", rows=proposed.rows)
    in_turn(previewed, runs, lambda: ranking.preview(training_class), _bare_select)
    return [proposed, previewed]


def _bare_insert() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '256MB'")  # as the ranking has it
        cursor.execute(
            "CREATE TABLE bare (employee_id bigint, rank bigint, ever_trained boolean, waiting_since date, "
            "service_start date)"
        )
        cursor.execute(f"INSERT INTO bare {_RANKED}", {"seed": "0" * 64})
        cursor.execute("DROP TABLE bare")
        cursor.execute("RESET work_mem")


def _bare_select() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '256MB'")
        cursor.execute(f"{_RANKED} ORDER BY rank LIMIT 200", {"seed": "0" * 64})
        cursor.fetchall()
        cursor.execute("RESET work_mem")
