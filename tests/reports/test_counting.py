"""The numbers of the figures against plain Python over the same people."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from employees.filters import years_before
from employees.models import Employee
from reports.counting import coverage, hours
from reports.counting.coverage import People
from reports.scope import Scope
from tests import factories
from trainings.models import HistoryRecord


@pytest.fixture
def people(tree):
    """Twelve people in four units with all kinds of history; one of them is not in active service."""
    today = timezone.localdate()
    limit = years_before(today, 2)
    resets = factories.programme("TEK-01")
    seminar = factories.programme("SEM-01", kind="SEMINAR", jp=4, resets_wait=False)
    units = [tree.madrasah, tree.surabaya, tree.semarang, tree.east]
    everybody = [factories.employee(units[i % 4], service_start=date(2012, 1, 1)) for i in range(11)]
    gone = factories.employee(tree.madrasah, activity="PENSIUN")
    late = factories.employee(tree.semarang, service_start=today - timedelta(days=40))
    everybody += [gone, late]
    factories.history(everybody[0], limit, resets)  # on the day itself: not untrained yet
    factories.history(everybody[1], limit - timedelta(days=1), resets)  # one day too long ago
    factories.history(everybody[2], today - timedelta(days=30), seminar)  # does not reset the wait
    factories.history(everybody[3], today - timedelta(days=400), resets, result="TIDAK_HADIR")
    factories.history(everybody[4], today - timedelta(days=400), None, title="Kursus di luar", jp=30)
    factories.history(everybody[4], today - timedelta(days=100), resets)
    factories.history(everybody[5], today - timedelta(days=1200), resets)
    factories.history(everybody[6], today - timedelta(days=200), None, title="Singkat", jp=3)
    factories.history(gone, today - timedelta(days=10), resets)
    return everybody


def test_untrained_and_never_agree_with_the_lists_behind_them(people, cast):
    today = timezone.localdate()
    limit = years_before(today, 2)
    for user in (cast.central, cast.operator, cast.neighbour):
        visible = Employee.objects.visible_to(user).active()
        expected = People(
            visible.count(), visible.untrained_since(limit).count(), visible.never_trained().count(),
            *(visible.waiting_since_before(years_before(today, years)).count() for years in (5, 10)),
        )  # fmt: skip
        assert expected.people > expected.wait5 > 0
        assert coverage.total(coverage.per_unit(Scope.of(user)).numbers) == expected


def test_units_below_add_up_and_whoever_works_in_the_unit_itself_is_apart(people, cast, tree):
    units = coverage.per_unit(Scope.of(cast.central)).numbers
    below = coverage.below(units, tree.east.path)
    assert set(below) == {tree.east.path, tree.surabaya.path}
    assert sum(below.values(), People()) == coverage.below(units, tree.root.path)[tree.east.path]
    assert below[tree.surabaya.path].people == (Employee.objects.active().in_subtree(tree.surabaya).count())


def test_a_leader_of_one_area_counts_nobody_else(people, cast, tree):
    scope = Scope.of(cast.operator)
    assert {one.path for one in coverage.per_unit(scope).numbers} <= {
        tree.east.path, tree.surabaya.path, tree.madrasah.path,
    }  # fmt: skip
    assert coverage.total(coverage.per_unit(Scope((), True)).numbers) == People()


def test_the_trend_is_the_rule_applied_at_the_end_of_each_quarter(people):
    today = timezone.localdate()
    quarters = coverage.trend(Scope.ministry()).numbers
    assert len(quarters) == coverage.QUARTERS
    assert quarters[-1].end < today <= quarters[-1].end + timedelta(days=92)
    for quarter in quarters:
        there = [p for p in people if p.activity == "AKTIF" and p.service_start <= quarter.end]
        limit = years_before(quarter.end, 2)
        trained = [
            p
            for p in there
            if any(_resets(r) and limit <= r.last_day <= quarter.end for r in p.history.all())
        ]
        assert (quarter.people, quarter.untrained) == (len(there), len(there) - len(trained)), quarter.end


def _resets(record: HistoryRecord) -> bool:
    if record.result not in ("LULUS", "HADIR"):
        return False
    return record.programme_code == "TEK-01" or (not record.programme_code and record.jp >= 20)


def test_hours_of_the_year_and_their_spread(people):
    today = timezone.localdate()
    active = [p for p in people if p.activity == "AKTIF"]

    def took_part(person, since):
        return [r for r in person.history.all() if r.result in ("LULUS", "HADIR") and r.last_day >= since]

    this_year = Counter(sum(r.jp for r in took_part(p, date(today.year, 1, 1))) for p in active)
    counted = Counter()
    for heap in hours.this_year(Scope.ministry()).numbers:
        counted[heap.jp] += heap.people
    assert counted == this_year
    for years in hours.SPREAD_YEARS:
        since = years_before(today, years) + timedelta(days=1)
        spread = Counter((len(took_part(p, since)), sum(r.jp for r in took_part(p, since))) for p in active)
        heaps = hours.spread(Scope.ministry(), years).numbers
        assert {(h.trainings, h.jp): h.people for h in heaps} == spread


def gini_by_pairs(values):
    """The definition: the mean difference of all pairs over twice the mean."""
    n, total = len(values), sum(values)
    return sum(abs(a - b) for a in values for b in values) / (2 * n * total)


@given(st.lists(st.integers(min_value=0, max_value=200), min_size=1, max_size=30))
def test_gini_is_the_mean_difference_of_all_pairs(values):
    curve = hours.lorenz([hours.Heap(1, jp, 1) for jp in values])
    if not sum(values):
        assert curve.gini is None
        return
    assert curve.gini == pytest.approx(gini_by_pairs(values))
    ordered = sorted(values)
    half = len(values) // 2
    assert curve.held_by_least(half / len(values)) == pytest.approx(sum(ordered[:half]) / sum(values))
    assert curve.held_by_least(1.0) == pytest.approx(1.0)


def test_quarters_end_on_their_last_days():
    assert coverage.quarter_ends(date(2026, 11, 24), 3) == [
        date(2026, 3, 31),
        date(2026, 6, 30),
        date(2026, 9, 30),
    ]
    assert coverage.quarter_ends(date(2026, 1, 1), 2) == [date(2025, 9, 30), date(2025, 12, 31)]
    assert coverage.quarter_ends(date(2026, 3, 31), 1) == [date(2025, 12, 31)]
