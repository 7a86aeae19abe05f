"""The gates and the order, as SQL: selection.md, "Gates" and "Order"."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection

from employees.codes import PNS_GRADES
from invitations.ranking.parameters import Parameters
from trainings.codes import Allocation
from trainings.querysets import SEAT_HELD

# The gates cost far more than the planner thinks, so it would not share them out among processors.
BOTH_PROCESSORS = "SET LOCAL parallel_tuple_cost = 0.01; SET LOCAL parallel_setup_cost = 100"

# The gates of selection.md, in their order: the first that holds is the code, '' is the pool.
_GATE = """
CASE
    WHEN e.activity <> 'AKTIF' THEN 'inactive'
    WHEN ua.area_id IS NULL THEN 'area'
    WHEN cardinality(%(target_statuses)s::text[]) > 0 AND e.status <> ALL (%(target_statuses)s::text[]) THEN 'status'
    WHEN cardinality(%(target_positions)s::text[]) > 0 AND e.position_kind <> ALL (%(target_positions)s::text[])
        THEN 'position'
    WHEN cardinality(%(target_levels)s::text[]) > 0 AND e.level <> ALL (%(target_levels)s::text[]) THEN 'level'
    WHEN e.status IN ('PNS', 'CPNS') AND (
        (%(grade_min)s <> '' AND COALESCE(array_position(%(grades)s::text[], e.grade::text), 0)
            < array_position(%(grades)s::text[], %(grade_min)s))
        OR (%(grade_max)s <> '' AND COALESCE(array_position(%(grades)s::text[], e.grade::text), 99)
            > array_position(%(grades)s::text[], %(grade_max)s))
    ) THEN 'grade'
    WHEN passed.employee_id IS NOT NULL THEN 'passed'
    WHEN committed.employee_id IS NOT NULL THEN 'committed'
    WHEN e.retirement_date < (%(last_day)s::date + make_interval(months => %(retirement_months)s))::date THEN 'retiring'
    WHEN e.status = 'PPPK' AND NOT %(pppk_exempt)s AND COALESCE(hours.jp, 0) + %(jp)s > %(pppk_ceiling_jp)s
        THEN 'pppk_ceiling'
    WHEN held.employee_id IS NOT NULL THEN 'hold'
    WHEN invited.employee_id IS NOT NULL THEN 'invited'
    ELSE ''
END
"""

# Everybody with the code of the first gate that holds. `{people}` narrows it to some people, `{theirs}` what
# is looked up of them: the planner does not carry the one condition into the groups of the other tables.
_GATED = f"""
WITH unit_area AS NOT MATERIALIZED (
    -- Each unit with its deepest area; in line, so that both processors may go through the people.
    SELECT * FROM unnest(%(unit_ids)s::bigint[], %(unit_areas)s::bigint[]) AS u (unit_id, area_id)
), gated AS (
    SELECT e.id AS employee_id, e.unit_id, ua.area_id, {_GATE} AS code,
        s.ever_trained, s.waiting_since, s.service_start, e.nip, e.external_id,
        COALESCE(e.nip, e.external_id) AS key
    FROM employees_employee e
    JOIN trainings_standing s ON s.employee_id = e.id AND e.merged_into_id IS NULL
    LEFT JOIN unit_area ua ON ua.unit_id = e.unit_id
    LEFT JOIN (
        SELECT DISTINCT employee_id FROM trainings_historyrecord
        WHERE programme_code = %(programme_code)s AND result = 'LULUS' {{theirs}}
    ) passed ON passed.employee_id = e.id
    LEFT JOIN (
        SELECT DISTINCT p.employee_id FROM trainings_participation p
        JOIN trainings_trainingclass c ON c.id = p.training_class_id
        JOIN trainings_programme g ON g.id = c.programme_id
        WHERE p.state = ANY (%(seat_held)s::text[]) AND CASE
            -- A seat in this very class that no invitation gave (by hand, self-enrolled): nothing to offer.
            WHEN p.training_class_id = %(class_id)s THEN p.source <> 'invitation'
            ELSE p.last_day >= %(on)s
                AND ((p.first_day <= %(last_day)s AND p.last_day >= %(first_day)s) OR g.resets_wait)
        END {{theirs}}
    ) committed ON committed.employee_id = e.id
    {{hours}}
    LEFT JOIN (
        SELECT DISTINCT employee_id FROM trainings_hold WHERE until > %(on)s {{theirs}}
    ) held ON held.employee_id = e.id
    LEFT JOIN (
        SELECT DISTINCT employee_id FROM invitations_invitation WHERE training_class_id = %(class_id)s {{theirs}}
    ) invited ON invited.employee_id = e.id
    {{people}}
)
"""

# The key's lottery number (selection.md, "Order"), and its bytes, which have the same order and half the size.
LOTTERY_BYTES = "sha256(convert_to(%(seed)s || ':' || key, 'UTF8'))"
LOTTERY = f"encode({LOTTERY_BYTES}, 'hex')"

# `ever_trained`, `waiting_since`, `service_start` as one number of the same order: compared at once instead of
# one after the other, which halves the sorting. 24 bits hold the days of 45,000 years.
_TUPLE = """
    (ever_trained::int::bigint << 48) | ((waiting_since - date '0001-01-01')::bigint << 24)
        | (service_start - date '0001-01-01')::bigint
"""

# The whole ranking in one statement: gates, lottery, order, and the positions allocation needs. Everybody is
# gone through once, so that gates, lottery and sorting are shared out among the processors; the pool comes
# first, then the excluded, as the evidence lists them. A position that the class does not use is not computed.
_CONSIDER = (
    "CREATE TEMPORARY TABLE considered ON COMMIT DROP AS "
    + _GATED
    + f""", drawn AS (
    SELECT gated.*, {LOTTERY_BYTES} AS lottery, unit.code AS unit_code, area.code AS area_code
    FROM gated JOIN employees_unit unit ON unit.id = gated.unit_id
    LEFT JOIN employees_unit area ON area.id = gated.area_id
), placed AS (
    -- selection.md, "Order"; the key ends it, so that the order is total whatever happens.
    SELECT drawn.*, row_number() OVER (
        ORDER BY ((code <> '')::int::bigint << 49) | {_TUPLE}, lottery, employee_id
    ) AS place
    FROM drawn
)
SELECT employee_id, unit_id, area_id, code, ever_trained, waiting_since, service_start, nip, external_id, lottery,
    unit_code, area_code, CASE WHEN code = '' THEN place END AS rank,
    CASE WHEN code = '' THEN {{{{stratum}}}} END AS stratum_id,
    CASE WHEN code = '' THEN {{{{area_rank}}}} END AS area_rank,
    CASE WHEN code = '' THEN {{{{unit_rank}}}} END AS unit_rank,
    NULL::text AS outcome, NULL::smallint AS step, NULL::bigint AS reserve_no
FROM placed
"""
)


def gated_sql(params: Parameters) -> str:
    """The CTE `gated`: everybody with the code of the first gate that holds ('' is the pool)."""
    return _GATED.format(people="", theirs="", hours=_hours_join(params))


def consider_sql(params: Parameters, *, everybody: bool = True) -> str:
    """The statement that fills the table `considered` for a class with these parameters.

    Without `everybody` those are left out whose unit lies outside all areas (they are only counted).
    """
    by_area = params.allocation != Allocation.NASIONAL
    people = "" if everybody else "WHERE e.unit_id = ANY (%(unit_ids)s::bigint[])"
    return _CONSIDER.format(people=people, theirs="", hours=_hours_join(params)).format(
        stratum="area_id" if by_area else "NULL::bigint",
        # The excluded stand behind the whole pool, so they push nobody down.
        area_rank="row_number() OVER (PARTITION BY area_id ORDER BY place)" if by_area else "place",
        unit_rank="row_number() OVER (PARTITION BY unit_id ORDER BY place)"
        if params.unit_cap
        else "NULL::bigint",
    )


def _hours_join(params: Parameters, theirs: str = "") -> str:
    """This year's hours of the PPPK, where their ceiling can matter at all."""
    if params.pppk_exempt or (params.target_statuses and "PPPK" not in params.target_statuses):
        return "CROSS JOIN (SELECT 0 AS jp) hours"
    return f"""
    LEFT JOIN (
        SELECT employee_id, sum(jp) AS jp FROM trainings_historyrecord
        WHERE result IN ('LULUS', 'HADIR') AND last_day BETWEEN %(year_start)s AND %(year_end)s {theirs}
        GROUP BY employee_id
    ) hours ON hours.employee_id = e.id"""


def areas_of_units(params: Parameters, *, of: Sequence[int] | None = None) -> dict[int, int]:
    """Unit → the deepest area of the class at or above it; units outside all areas are left out.

    `of`: only the units of these people.
    """
    theirs = ""
    units: list[int] = []
    with connection.cursor() as cursor:
        if of is not None:
            theirs = "WHERE u.id = ANY (%(units)s)"
            cursor.execute("SELECT DISTINCT unit_id FROM employees_employee WHERE id = ANY (%s)", [list(of)])
            units = [unit for (unit,) in cursor.fetchall()]
        cursor.execute(
            f"""
            SELECT DISTINCT ON (u.id) u.id, a.id FROM employees_unit u
            JOIN employees_unit a ON a.id = ANY (%(areas)s) AND starts_with(u.path, a.path) {theirs}
            ORDER BY u.id, length(a.path) DESC
            """,
            {"areas": [area.unit_id for area in params.areas], "units": units},
        )
        return dict(cursor.fetchall())


def count_everybody() -> tuple[int, int]:
    """How many people there are who are in active service, and who are not."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE activity = 'AKTIF'), count(*) FILTER (WHERE activity <> 'AKTIF')
            FROM employees_employee WHERE merged_into_id IS NULL
            """
        )
        return cursor.fetchone()


def values(params: Parameters, on: date, *, of: Sequence[int] | None = None, **more: Any) -> dict[str, Any]:
    """What the statements of this module fill in; `of`: for these people alone."""
    areas = areas_of_units(params, of=of)
    return {
        "unit_ids": list(areas),
        "unit_areas": list(areas.values()),
        "target_statuses": list(params.target_statuses),
        "target_positions": list(params.target_positions),
        "target_levels": list(params.target_levels),
        "grade_min": params.grade_min,
        "grade_max": params.grade_max,
        "grades": list(PNS_GRADES),
        "programme_code": params.programme_code,
        "class_id": params.class_id,
        "seat_held": list(SEAT_HELD),
        "on": on,
        "first_day": params.first_day,
        "last_day": params.last_day,
        "retirement_months": params.retirement_months,
        "pppk_exempt": params.pppk_exempt,
        "pppk_ceiling_jp": params.pppk_ceiling_jp,
        "jp": params.jp,
        "year_start": date(params.first_day.year, 1, 1),
        "year_end": date(params.first_day.year, 12, 31),
        **more,
    }


def gate_codes(params: Parameters, employee_ids: Iterable[int], *, on: date) -> dict[int, str]:
    """The gates for these people today: employee id → exclusion code, '' for who passes them all."""
    theirs = "AND employee_id = ANY (%(people)s::bigint[])"
    narrowed = _GATED.format(
        people="WHERE e.id = ANY (%(people)s::bigint[])", theirs=theirs, hours=_hours_join(params, theirs)
    )
    sql = narrowed + "SELECT employee_id, code FROM gated"
    people = list(employee_ids)
    with connection.cursor() as cursor:
        cursor.execute(sql, values(params, on, of=people, people=people))
        return dict(cursor.fetchall())
