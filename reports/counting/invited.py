"""What became of the invitations of the last twelve months, and who was invited out of order."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from employees.filters import years_before
from reports.scope import Counted, Scope

#: Days after issue over which answers are followed.
FOLLOWED_DAYS = 21


@dataclass(frozen=True)
class Invited:
    """Invitations of one unit's people with the same state, reason, wait and days until the answer."""

    path: str
    state: str
    decline_reason: str
    #: Whole years between the last training and the invitation; None: never had one; -1: not recorded.
    wait_years: int | None
    #: Whole days from issue to answer; None: not answered.
    days: int | None
    quarter: date
    number: int


def invitations(scope: Scope) -> Counted[list[Invited]]:
    """The invitations issued in the last twelve months to people in scope, in heaps."""
    return scope.kept("invited", _count_invited)


def _count_invited(scope: Scope) -> list[Invited]:
    where, values = scope.condition()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT u.path, i.state, i.decline_reason,
                CASE WHEN i.reason->>'waiting_since' IS NULL THEN -1
                     WHEN (i.reason->>'ever_trained')::boolean
                     THEN extract(year FROM age(i.issued_at, (i.reason->>'waiting_since')::date))::int END,
                CASE WHEN i.state IN ('accepted', 'declined')
                     THEN GREATEST(0, extract(day FROM i.answered_at - i.issued_at)::int) END,
                date_trunc('quarter', i.issued_at AT TIME ZONE 'Asia/Jakarta')::date,
                count(*)
            FROM invitations_invitation i
            JOIN employees_employee e ON e.id = i.employee_id
            JOIN employees_unit u ON u.id = e.unit_id
            WHERE i.issued_at >= %s AND {where}
            GROUP BY 1, 2, 3, 4, 5, 6
            """,
            [timezone.make_aware(datetime.combine(year_ago(), time.min)), *values],
        )
        return [Invited(*row) for row in cursor.fetchall()]


def year_ago() -> date:
    """The day from which invitations count."""
    return years_before(timezone.localdate(), 1)


def answers_by_day(heaps: list[Invited]) -> list[tuple[int, int, int]]:
    """(day, accepted until then, declined until then), counted from each invitation's own issue."""
    accepted: Counter[int] = Counter()
    declined: Counter[int] = Counter()
    for heap in heaps:
        if heap.days is not None:
            (accepted if heap.state == "accepted" else declined)[min(heap.days, FOLLOWED_DAYS)] += heap.number
    lines, yes, no = [], 0, 0
    for day in range(FOLLOWED_DAYS + 1):
        yes, no = yes + accepted[day], no + declined[day]
        lines.append((day, yes, no))
    return lines


@dataclass(frozen=True)
class Overridden:
    """Overrides of one quarter with the same kind, category and state."""

    quarter: date
    category: str
    state: str
    number: int


def overrides(scope: Scope) -> Counted[list[Overridden]]:
    """The overrides asked for in the last twelve months for people in scope."""
    return scope.kept("overrides", _count_overrides)


def _count_overrides(scope: Scope) -> list[Overridden]:
    where, values = scope.condition()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT date_trunc('quarter', o.requested_at AT TIME ZONE 'Asia/Jakarta')::date,
                o.category, o.state, count(*)
            FROM invitations_override o
            JOIN employees_employee e ON e.id = o.employee_id
            JOIN employees_unit u ON u.id = e.unit_id
            WHERE o.requested_at >= %s AND {where}
            GROUP BY 1, 2, 3
            """,
            [year_ago(), *values],
        )
        return [Overridden(*row) for row in cursor.fetchall()]


def quarters_since(first: date, last: date) -> list[date]:
    """First days of the quarters that meet the two days, in order."""
    day = date(first.year, (first.month - 1) // 3 * 3 + 1, 1)
    found = []
    while day <= last:
        found.append(day)
        day = (day + timedelta(days=100)).replace(day=1)
        day = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return found
