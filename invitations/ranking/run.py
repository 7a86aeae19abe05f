"""Ranking and allocating in one go, and the preview of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

from django.db import connection, transaction
from django.utils import timezone

from invitations.ranking.allocation import allocate
from invitations.ranking.gates import BOTH_PROCESSORS, consider_sql, count_everybody, values
from invitations.ranking.parameters import Outcome, Parameters, parameters
from trainings.models import TrainingClass


@dataclass(frozen=True)
class PreviewRow:
    """One ranked person of a preview."""

    employee_id: int
    rank: int
    area_rank: int
    area_code: str
    outcome: str
    reserve_no: int | None
    code: str
    ever_trained: bool
    waiting_since: date
    service_start: date


@dataclass(frozen=True)
class Preview:
    """What a selection would do if it ran now. Nothing of it is stored."""

    rows: list[PreviewRow]
    pool_size: int
    selected: int
    reserve: int
    excluded: dict[str, int]
    by_area: list[tuple[str, str, int, int, int]]
    never_trained: int
    mean_wait_days: int


@contextmanager
def considered(params: Parameters, *, seed: str, on: date, everybody: bool = True) -> Iterator[Outcome]:
    """Rank and allocate; inside the block the temporary table `considered` holds everyone considered.

    Without `everybody` it holds those of the class's areas alone; the others are only counted.

    Columns: employee_id, nip, external_id, unit_id, unit_code, area_id, area_code, stratum_id, code,
    ever_trained, waiting_since, service_start, lottery (bytes), rank, area_rank, unit_rank, outcome ('selected',
    'reserve' or NULL), step, reserve_no. Must run inside a transaction; the table goes when the block ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(BOTH_PROCESSORS)
        cursor.execute(consider_sql(params, everybody=everybody), values(params, on, seed=seed))
    try:
        outcome = allocate(params)
        yield outcome if everybody else _with_outside(outcome)
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE considered")


def _with_outside(outcome: Outcome) -> Outcome:
    """With those outside all areas, whose code follows from the first two gates: everybody else there is."""
    active, inactive = count_everybody()
    inside = outcome.pool_size + sum(n for code, n in outcome.excluded.items() if code != "inactive")
    outside = {"area": active - inside, "inactive": inactive}
    counts = outcome.excluded | {code: n for code, n in outside.items() if n}
    return replace(outcome, excluded=dict(sorted(counts.items())))


def preview(
    training_class: TrainingClass,
    *,
    on: date | None = None,
    limit: int = 200,
    params: Parameters | None = None,
) -> Preview:
    """What a selection of this class would do today, the first `limit` ranked people included.

    `params` tries other seats, areas or allocation. Nothing is stored. The seed is the one that the
    class has committed to, so the preview and the worker give the same list.
    """
    on = on or timezone.localdate()
    params = params or parameters(training_class)
    seed = training_class.seeds.order_by("-number").first()
    with (
        transaction.atomic(),
        considered(params, seed=seed.value if seed else "", on=on, everybody=False) as outcome,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            """
            SELECT employee_id, rank, area_rank, area_code, COALESCE(outcome, 'waiting'), reserve_no,
                code, ever_trained, waiting_since, service_start
            FROM considered WHERE rank IS NOT NULL ORDER BY (outcome IS DISTINCT FROM 'selected'), rank LIMIT %s
            """,
            [limit],
        )
        rows = [PreviewRow(*row) for row in cursor.fetchall()]
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE NOT ever_trained), COALESCE(avg(%s - waiting_since), 0)::int
            FROM considered WHERE outcome = 'selected'
            """,
            [on],
        )
        never, mean_wait = cursor.fetchone()
    return Preview(
        rows=rows,
        pool_size=outcome.pool_size,
        selected=outcome.selected,
        reserve=outcome.reserve,
        excluded=outcome.excluded,
        by_area=[
            (s.area.code if s.area else "", s.area.name if s.area else "", s.seats, s.pool, s.selected)
            for s in outcome.shares
        ],
        never_trained=never,
        mean_wait_days=mean_wait,
    )
