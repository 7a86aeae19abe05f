"""Seats and reserve over the strata: selection.md, "Strata and seats"."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from invitations.ranking.parameters import Outcome, Parameters, Share
from trainings.codes import Allocation
from trainings.querysets import SEAT_HELD


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Hamilton: split `total` in proportion to `weights`; equal remainders: the earlier first.

    No weight at all: nobody gets anything (selection.md: an empty pool seats nobody).
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def split_seats(params: Parameters, total: int, pools: Sequence[int]) -> list[int]:
    """`total` seats (or reserve places) split over the strata by the class's ALOKASI.

    MANUAL gives the listed seats when it is about exactly those, otherwise their largest remainder.
    """
    n = len(params.strata)
    match params.allocation:
        case Allocation.NASIONAL:
            return [total]
        case Allocation.RATA:
            return [total // n + (i < total % n) for i in range(n)]
        case Allocation.PROPORSIONAL:
            return largest_remainder(total, pools)
        case Allocation.MANUAL:
            listed = [area.seats or 0 for area in params.areas]
            return listed if sum(listed) == total else largest_remainder(total, listed)
    raise ValueError(params.allocation)


def taken_by_unit(class_id: int) -> dict[int, int]:
    """Taken seats of a class per unit of the people who hold them: what the cap counts."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.unit_id, count(*) FROM trainings_participation p
            JOIN employees_employee e ON e.id = p.employee_id
            WHERE p.training_class_id = %s AND p.state = ANY (%s::text[]) GROUP BY e.unit_id
            """,
            [class_id, list(SEAT_HELD)],
        )
        return dict(cursor.fetchall())


def allocate(params: Parameters) -> Outcome:
    """Give out seats and reserve in the table `considered` (selection.md, "Strata and seats")."""
    taken = taken_by_unit(params.class_id) if params.unit_cap else {}
    strata = [area.unit_id if area else 0 for area in params.strata]
    with connection.cursor() as cursor:
        excluded, pools = _counts(cursor)
        sizes = [pools.get(stratum, 0) for stratum in strata]
        seats = split_seats(params, params.free_seats, sizes)
        reserve = split_seats(params, params.reserve, sizes)
        values: dict[str, Any] = {
            "strata": strata,
            "seats": seats,
            "reserve": reserve,
            "all_seats": sum(seats),
            "cap": params.unit_cap,
            "units": list(taken),
            "unit_taken": list(taken.values()),
        }
        if not params.unit_cap and all(places <= size for places, size in zip(seats, sizes, strict=True)):
            reserved = _by_area_rank(cursor, values)
            selected = dict(zip(strata, seats, strict=True))
        else:
            reserved, selected = _step_by_step(cursor, params, values)
    shares = tuple(
        Share(area, size, seat, spare, selected.get(area.unit_id if area else 0, 0))
        for area, size, seat, spare in zip(params.strata, sizes, seats, reserve, strict=True)
    )
    return Outcome(
        pool_size=sum(sizes),
        selected=sum(selected.values()),
        reserve=reserved,
        excluded=dict(sorted(excluded.items())),
        shares=shares,
        taken_by_unit=taken,
    )


def _counts(cursor: Any) -> tuple[dict[str, int], dict[int, int]]:
    """People of `considered` per exclusion code, and of the pool per stratum (0: all areas together)."""
    cursor.execute(
        "SELECT code, CASE WHEN code = '' THEN COALESCE(stratum_id, 0) END, count(*) FROM considered GROUP BY 1, 2"
    )
    excluded: dict[str, int] = {}
    pools: dict[int, int] = {}
    for code, stratum, count in cursor.fetchall():
        if code:
            excluded[code] = excluded.get(code, 0) + count
        else:
            pools[stratum] = count
    return excluded, pools


def _by_area_rank(cursor: Any, values: dict[str, Any]) -> int:
    """All steps at once where nobody is passed over and every stratum fills its own seats; the reserve's size.

    The area rank is the place then: the seats go to the first ones, the reserve to the next.
    """
    cursor.execute(
        """
        UPDATE considered c SET outcome = CASE WHEN c.area_rank <= q.seats THEN 'selected' ELSE 'reserve' END,
            step = CASE WHEN c.area_rank <= q.seats THEN 1 END,
            reserve_no = CASE WHEN c.area_rank > q.seats THEN c.area_rank - q.seats END
        FROM unnest(%(strata)s::bigint[], %(seats)s::int[], %(reserve)s::int[]) AS q (stratum_id, seats, places)
        WHERE c.rank IS NOT NULL AND COALESCE(c.stratum_id, 0) = q.stratum_id AND c.area_rank <= q.seats + q.places
        """,
        values,
    )
    return cursor.rowcount - values["all_seats"]


def _step_by_step(cursor: Any, params: Parameters, values: dict[str, Any]) -> tuple[int, dict[int, int]]:
    """Steps 1 to 3 of the rule; the size of the reserve, and the selected per stratum."""
    seats = values["seats"]
    # Step 1: each stratum fills its seats in order, under the cap.
    cursor.execute(
        """
        WITH quota AS (SELECT * FROM unnest(%(strata)s::bigint[], %(seats)s::int[]) AS q (stratum_id, seats)),
        before AS (SELECT * FROM unnest(%(units)s::bigint[], %(unit_taken)s::bigint[]) AS b (unit_id, n)),
        allowed AS (
            SELECT c.employee_id, q.seats, row_number() OVER (PARTITION BY q.stratum_id ORDER BY c.rank) AS place
            FROM considered c JOIN quota q ON q.stratum_id = COALESCE(c.stratum_id, 0)
            LEFT JOIN before b ON b.unit_id = c.unit_id
            WHERE c.code = '' AND CASE
                -- Without a cap nobody is passed over: the place is the area rank.
                WHEN %(cap)s = 0 THEN c.area_rank <= q.seats
                ELSE c.unit_rank + COALESCE(b.n, 0) <= %(cap)s
            END
        )
        UPDATE considered c SET outcome = 'selected', step = 1 FROM allowed a
        WHERE a.employee_id = c.employee_id AND a.place <= a.seats
        """,
        values,
    )
    filled = cursor.rowcount
    if params.unit_cap:
        # Who came before the last one taken of a stratum that filled, or at all in one that did not.
        cursor.execute(
            """
            WITH quota AS (SELECT * FROM unnest(%(strata)s::bigint[], %(seats)s::int[]) AS q (stratum_id, seats)),
            reached AS (
                SELECT q.stratum_id, q.seats, count(c.employee_id) AS filled, max(c.rank) AS last
                FROM quota q LEFT JOIN considered c
                    ON COALESCE(c.stratum_id, 0) = q.stratum_id AND c.outcome = 'selected'
                GROUP BY q.stratum_id, q.seats
            )
            UPDATE considered c SET code = 'unit_cap' FROM reached r
            WHERE COALESCE(c.stratum_id, 0) = r.stratum_id AND c.rank IS NOT NULL AND c.outcome IS NULL
                AND (r.filled < r.seats OR c.rank < r.last)
            """,
            values,
        )
    # Step 2: seats left go in pool order to people of the whole pool, under the same cap.
    left = sum(seats) - filled
    if left:
        cursor.execute(
            """
            WITH before AS (
                SELECT unit_id, sum(n) AS n FROM (
                    SELECT * FROM unnest(%(units)s::bigint[], %(unit_taken)s::bigint[]) AS b (unit_id, n)
                    UNION ALL
                    SELECT unit_id, count(*) FROM considered WHERE outcome = 'selected' GROUP BY unit_id
                ) both_runs GROUP BY unit_id
            ), allowed AS (
                SELECT c.employee_id, c.rank, row_number() OVER (PARTITION BY c.unit_id ORDER BY c.rank)
                    + COALESCE(b.n, 0) AS place_in_unit
                FROM considered c LEFT JOIN before b ON b.unit_id = c.unit_id
                WHERE c.rank IS NOT NULL AND c.outcome IS NULL
            )
            UPDATE considered c SET outcome = 'selected', step = 2 FROM (
                SELECT employee_id FROM allowed WHERE %(cap)s = 0 OR place_in_unit <= %(cap)s
                ORDER BY rank LIMIT %(left)s
            ) chosen WHERE chosen.employee_id = c.employee_id
            """,
            {**values, "left": left},
        )
        refilled = cursor.rowcount
        if params.unit_cap:
            # Seats still left: everybody who remains was passed over. Else: who came before the last.
            cursor.execute(
                """
                UPDATE considered SET code = 'unit_cap' WHERE rank IS NOT NULL AND outcome IS NULL
                    AND (%(short)s OR rank < (SELECT max(rank) FROM considered WHERE step = 2))
                """,
                {"short": refilled < left},
            )
    # Step 3: the reserve; the cap is not applied to the list itself.
    cursor.execute(
        """
        WITH quota AS (SELECT * FROM unnest(%(strata)s::bigint[], %(reserve)s::int[]) AS q (stratum_id, places)),
        next AS (
            SELECT c.employee_id, q.places, row_number() OVER (PARTITION BY q.stratum_id ORDER BY c.rank) AS place
            FROM considered c JOIN quota q ON q.stratum_id = COALESCE(c.stratum_id, 0)
            WHERE c.rank IS NOT NULL AND c.outcome IS NULL
                -- At most all seats went to people before them; nobody further down has to be numbered.
                AND c.area_rank <= %(all_seats)s + q.places
        )
        UPDATE considered c SET outcome = 'reserve', reserve_no = n.place FROM next n
        WHERE n.employee_id = c.employee_id AND n.place <= n.places
        """,
        values,
    )
    reserved = cursor.rowcount
    cursor.execute(
        "SELECT COALESCE(stratum_id, 0), count(*) FROM considered WHERE outcome = 'selected' GROUP BY 1"
    )
    selected = dict(cursor.fetchall())
    return reserved, selected
