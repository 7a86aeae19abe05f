"""How many hours (JP of 45 minutes) people had, and how evenly they are spread."""

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils import timezone

from employees.filters import years_before
from reports.scope import Counted, Scope

#: Years over which the spread of training is looked at; people may choose.
SPREAD_YEARS = (5, 10)


@dataclass(frozen=True)
class HoursOf:
    """So many people of one status with so many JP in the year."""

    status: str
    jp: int
    people: int


def this_year(scope: Scope) -> Counted[list[HoursOf]]:
    """JP of trainings taken part in that ended in this calendar year, per status."""
    return scope.kept("hours", _count_year)


def _count_year(scope: Scope) -> list[HoursOf]:
    where, values = scope.condition()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e.status, COALESCE(h.jp, 0), count(*)
            FROM employees_employee e JOIN employees_unit u ON u.id = e.unit_id
            LEFT JOIN (
                SELECT employee_id, sum(jp) AS jp FROM trainings_historyrecord
                WHERE result IN ('LULUS', 'HADIR') AND last_day >= %s
                GROUP BY employee_id
            ) h ON h.employee_id = e.id
            WHERE e.activity = 'AKTIF' AND {where}
            GROUP BY 1, 2
            """,
            [date(timezone.localdate().year, 1, 1), *values],
        )
        return [HoursOf(status, int(jp), people) for status, jp, people in cursor.fetchall()]


@dataclass(frozen=True)
class Heap:
    """So many people with the same number of trainings and of JP."""

    trainings: int
    jp: int
    people: int


def spread(scope: Scope, years: int) -> Counted[list[Heap]]:
    """Trainings taken part in and their JP per person over the last `years` years, those without included."""
    return scope.kept(f"spread{years}", lambda asked: _count_spread(asked, years))


def _count_spread(scope: Scope, years: int) -> list[Heap]:
    where, values = scope.condition()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT COALESCE(h.trainings, 0), COALESCE(h.jp, 0), count(*)
            FROM employees_employee e JOIN employees_unit u ON u.id = e.unit_id
            LEFT JOIN (
                SELECT employee_id, count(*) AS trainings, sum(jp) AS jp FROM trainings_historyrecord
                WHERE result IN ('LULUS', 'HADIR') AND last_day > %s
                GROUP BY employee_id
            ) h ON h.employee_id = e.id
            WHERE e.activity = 'AKTIF' AND {where}
            GROUP BY 1, 2
            """,
            [years_before(timezone.localdate(), years), *values],
        )
        return [Heap(int(trainings), int(jp), people) for trainings, jp, people in cursor.fetchall()]


@dataclass(frozen=True)
class Lorenz:
    """The curve as (share of people, share of all JP) from (0, 0) to (1, 1), and its Gini coefficient.

    Gini 0: everybody had the same hours; near 1: one person had them all. Without any hours it is None.
    """

    points: list[tuple[float, float]]
    gini: float | None

    def held_by_least(self, share: float) -> float:
        """The share of all hours of the people with the least, `share` of everybody (0 to 1)."""
        for (x0, y0), (x1, y1) in zip(self.points, self.points[1:], strict=False):
            if x0 <= share <= x1:
                return y0 if x1 == x0 else y0 + (y1 - y0) * (share - x0) / (x1 - x0)
        return 1.0


def lorenz(heaps: list[Heap]) -> Lorenz:
    """The Lorenz curve of JP over people."""
    per_jp: dict[int, int] = {}
    for heap in heaps:
        per_jp[heap.jp] = per_jp.get(heap.jp, 0) + heap.people
    people = sum(per_jp.values())
    hours = sum(jp * n for jp, n in per_jp.items())
    if not hours:
        return Lorenz([(0.0, 0.0), (1.0, 0.0)], None)
    points, x, y, twice_area = [(0.0, 0.0)], 0, 0, 0
    for jp, n in sorted(per_jp.items()):
        twice_area += n * (2 * y + jp * n)
        x, y = x + n, y + jp * n
        points.append((x / people, y / hours))
    return Lorenz(points, 1 - twice_area / (people * hours))
