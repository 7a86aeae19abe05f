"""Who had no training for two years, or never, and who has waited longest: by unit, by province, over time.

Everything about the present comes from one count per unit, so that cards, maps, tables and charts agree.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

from employees.filters import UNTRAINED_YEARS, years_before
from reports.scope import Counted, Scope

#: Ends of quarters over which the trend goes.
QUARTERS = 12
#: Years of waiting that are counted; the list of people has the same (employees.filters).
WAITS = (5, 10)


@dataclass(frozen=True)
class People:
    """Active people, those without qualifying training for two years, and those who never had one.

    `wait5` and `wait10`: who has been waiting for five, for ten years or more, since the last training that
    counts or since the first day of service.
    """

    people: int = 0
    untrained: int = 0
    never: int = 0
    wait5: int = 0
    wait10: int = 0

    def __add__(self, other: "People") -> "People":
        return People(
            self.people + other.people,
            self.untrained + other.untrained,
            self.never + other.never,
            self.wait5 + other.wait5,
            self.wait10 + other.wait10,
        )


@dataclass(frozen=True)
class UnitPeople:
    """The people who work in one unit itself."""

    path: str
    province: str
    count: People


def per_unit(scope: Scope) -> Counted[list[UnitPeople]]:
    """One count per unit in scope that has active people."""
    return scope.kept("present", _count_units)


def _count_units(scope: Scope) -> list[UnitPeople]:
    where, values = scope.condition()
    today = timezone.localdate()
    limits = [years_before(today, years) for years in (UNTRAINED_YEARS, *WAITS)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT u.path, u.province_code, count(*),
                count(*) FILTER (WHERE s.last_training IS NULL OR s.last_training < %s),
                count(*) FILTER (WHERE NOT s.ever_trained),
                count(*) FILTER (WHERE s.waiting_since <= %s),
                count(*) FILTER (WHERE s.waiting_since <= %s)
            FROM employees_employee e
            JOIN employees_unit u ON u.id = e.unit_id
            JOIN trainings_standing s ON s.employee_id = e.id
            WHERE e.activity = 'AKTIF' AND {where}
            GROUP BY u.path, u.province_code
            """,
            [*limits, *values],
        )
        return [UnitPeople(path, province, People(*count)) for path, province, *count in cursor.fetchall()]


def total(units: Iterable[UnitPeople]) -> People:
    """All of them together."""
    return sum((unit.count for unit in units), People())


def by_province(units: Iterable[UnitPeople]) -> dict[str, People]:
    """Province code → its people; "" for units that stand in none."""
    found: dict[str, People] = defaultdict(People)
    for unit in units:
        found[unit.province] += unit.count
    return dict(found)


def below(units: Iterable[UnitPeople], path: str) -> dict[str, People]:
    """Path of each unit right below `path` → its people and those of all units below it.

    Whoever works in the unit at `path` itself is under its own path.
    """
    found: dict[str, People] = defaultdict(People)
    for unit in units:
        if unit.path.startswith(path):
            head = unit.path[len(path) :].partition("/")[0]
            found[f"{path}{head}/" if head else path] += unit.count
    return dict(found)


# --- Over time ------------------------------------------------------------------------------------


def quarter_ends(until: date, number: int = QUARTERS) -> list[date]:
    """The last days of the latest complete quarters up to the day, the earliest first."""
    ends: list[date] = []
    year, quarter = until.year, (until.month - 1) // 3  # complete quarters of this year
    while len(ends) < number:
        if quarter == 0:
            year, quarter = year - 1, 4
        first_after = date(year + (quarter == 4), quarter * 3 % 12 + 1, 1)
        ends.append(first_after - timedelta(days=1))
        quarter -= 1
    return ends[::-1]


@dataclass(frozen=True)
class Quarter:
    """At the end of a quarter: people of today who were in service then, and those without training."""

    end: date
    people: int
    untrained: int


def trend(scope: Scope) -> Counted[list[Quarter]]:
    """Who had no qualifying training in the two years before each quarter's end.

    Counted over the people in active service today who were in service at that time; who has left since
    is not in it.
    """
    return scope.kept("trend", _count_trend)


def _count_trend(scope: Scope) -> list[Quarter]:
    ends = quarter_ends(timezone.localdate())
    where, values = scope.condition()
    with connection.cursor() as cursor:
        # Each training covers the quarters that end within two years of its last day: a run of bits.
        # Put together per person without sorting anything.
        cursor.execute(
            f"""
            WITH covered AS (
                SELECT h.employee_id, bit_or(
                    ((1 << width_bucket((h.last_day + interval '{UNTRAINED_YEARS} years')::date, %(ends)s)) - 1)
                    & ~((1 << width_bucket(h.last_day - 1, %(ends)s)) - 1)) AS quarters
                FROM trainings_historyrecord h
                CROSS JOIN (SELECT minimum_jp FROM trainings_rulesettings WHERE id = 1) r
                LEFT JOIN trainings_programme p ON p.code = h.programme_code
                WHERE h.result IN ('LULUS', 'HADIR') AND h.last_day >= %(since)s
                    AND CASE WHEN p.id IS NOT NULL THEN p.resets_wait
                             ELSE trainings_kind_resets(h.kind) AND h.jp >= r.minimum_jp END
                GROUP BY h.employee_id
            )
            SELECT width_bucket(e.service_start - 1, %(ends)s) AS began, COALESCE(c.quarters, 0), count(*)
            FROM employees_employee e
            JOIN employees_unit u ON u.id = e.unit_id
            LEFT JOIN covered c ON c.employee_id = e.id
            WHERE e.activity = 'AKTIF' AND {_named(where)}
            GROUP BY 1, 2
            """,
            {
                "ends": ends,
                "since": years_before(ends[0], UNTRAINED_YEARS),
                **{f"root{i}": value for i, value in enumerate(values)},
            },
        )
        rows = cursor.fetchall()
    return [
        Quarter(
            end,
            people=sum(n for began, _covered, n in rows if began <= i),
            untrained=sum(n for began, covered, n in rows if began <= i and not covered >> i & 1),
        )
        for i, end in enumerate(ends)
    ]


def _named(where: str) -> str:
    """The scope's condition with named parameters root0, root1, …"""
    parts = where.split("%s")
    return "".join(part + (f"%(root{i})s" if i < len(parts) - 1 else "") for i, part in enumerate(parts))
