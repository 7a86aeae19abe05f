"""The selection over the whole pool, and its preview, against the bare ranked statement on the same data."""

from __future__ import annotations

from itertools import cycle

from django.db import connection

from invitations import actions, ranking
from simdiklat.bench.classes import open_class
from simdiklat.bench.measure import Figure, in_turn, timed
from trainings import actions as training_actions
from trainings.models import HistoryRecord, RuleSettings

#: The order alone: no gates, no areas, no evidence, no index on the result.
RANKED = """
    SELECT s.employee_id, row_number() OVER (
            ORDER BY s.ever_trained, s.waiting_since, s.service_start,
                encode(sha256(convert_to(%(seed)s || ':' || COALESCE(e.nip, e.external_id), 'UTF8')), 'hex') COLLATE "C"
        ) AS rank, s.ever_trained, s.waiting_since, s.service_start
    FROM trainings_standing s JOIN employees_employee e ON e.id = s.employee_id WHERE e.activity = 'AKTIF'
"""


def figures(runs: int) -> list[Figure]:
    """Propose for a class of everybody, and preview it. Leaves `runs` selections behind."""
    proposed = Figure("selection, pool and evidence stored", "bare ranked INSERT … SELECT")
    for number in range(runs + 1):
        started = actions.start_selection(training_class=open_class(), by=None, in_background=False)
        times = timed(lambda pk=started.pk: actions.run_selection(pk)), timed(_bare_insert)  # type: ignore[misc]
        started.refresh_from_db()
        proposed.rows = started.pool_size or 0
        if number:  # the first warms the cache and does not count
            proposed.times.append(times[0])
            proposed.floors.append(times[1])
    training_class = open_class()
    previewed = Figure("preview of the same", "bare ranked SELECT of the first 200", rows=proposed.rows)
    in_turn(previewed, runs, lambda: ranking.preview(training_class), _bare_select)
    return [proposed, previewed, *_settings(runs)]


def _settings(runs: int) -> list[Figure]:
    """Another minimum of hours: whom it would concern, as its page says before; and the change itself."""
    minimum = RuleSettings.current().minimum_jp
    summary = Figure("settings of the rule, summary", "history grouped by person")
    summary.rows = HistoryRecord.objects.count()
    in_turn(summary, runs, lambda: training_actions.effect(minimum_jp=minimum + 20), _bare_groups)
    changed = Figure("settings of the rule, changed", "history grouped by person", summary.rows)
    turns = cycle((minimum + 20, minimum))
    in_turn(changed, runs + runs % 2, lambda: _change(next(turns)), _bare_groups)
    return [summary, changed]


def _change(minimum: int) -> None:
    RuleSettings.objects.update(minimum_jp=minimum)


def _bare_groups() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(last) FROM (SELECT max(last_day) AS last FROM trainings_historyrecord"
            " WHERE result IN ('LULUS', 'HADIR') GROUP BY employee_id) people"
        )
        cursor.fetchall()


def _bare_insert() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '256MB'")  # as the ranking has it
        cursor.execute(
            "CREATE TABLE bare (employee_id bigint, rank bigint, ever_trained boolean, waiting_since date, "
            "service_start date)"
        )
        cursor.execute(f"INSERT INTO bare {RANKED}", {"seed": "0" * 64})
        cursor.execute("DROP TABLE bare")
        cursor.execute("RESET work_mem")


def _bare_select() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '256MB'")
        cursor.execute(f"{RANKED} ORDER BY rank LIMIT 200", {"seed": "0" * 64})
        cursor.fetchall()
        cursor.execute("RESET work_mem")
