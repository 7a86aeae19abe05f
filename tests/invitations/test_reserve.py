"""A freed seat goes on without reading the whole ranked pool: what it costs, and that the order stays."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invitations import actions
from invitations.delivery import issuing, seats
from invitations.models import Candidate, CandidateMark, Invitation
from tests import factories

POOL = 4000


@pytest.fixture
def issued(cast: Any, tree: Any, settings: Any, tmp_path: Any) -> Any:
    """An issued class: four seats, a reserve of twelve, of two offices in turn."""
    settings.EVIDENCE_DIR = tmp_path
    for number in range(16):
        unit = (tree.surabaya, tree.madrasah)[number % 2]
        # Whoever serves longest waits longest: the order in which they are made.
        start = date(2005, 1, 1) + timedelta(days=number)
        factories.employee(unit, name=f"Orang {number:02d}", service_start=start)
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.surabaya], seats=4, reserve=12
    )
    selection = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.central)
    actions.issue(selection.pk)
    selection.refresh_from_db()
    return selection


def plan_of(queryset: Any) -> str:
    sql, values = queryset.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_the_reserve_is_found_by_index_in_a_large_pool(issued: Any) -> None:
    with connection.cursor() as cursor:
        # People who wait in the pool; candidates have no foreign keys.
        cursor.execute("ALTER TABLE invitations_candidate DISABLE TRIGGER USER")
        cursor.execute(
            """
            INSERT INTO invitations_candidate (selection_id, employee_id, rank, area_rank, area_id, unit_id, outcome,
                ever_trained, waiting_since, service_start, lottery)
            SELECT %s, 900000 + n, 100 + n, 100 + n, 1, 1, 'waiting', true, '2020-01-01', '2010-01-01', md5(n::text)
            FROM generate_series(1, %s) n
            """,
            [issued.pk, POOL],
        )
        cursor.execute("ALTER TABLE invitations_candidate ENABLE TRIGGER USER")
        cursor.execute("ANALYZE invitations_candidate, invitations_candidatemark")
    in_line = Candidate.objects.get(selection=issued, rank=1)
    plans = [plan_of(seats.open_reserve(issued.training_class_id).order_by())]
    # Somebody displaced, whatever the outcome, is in line as well, and found by the person's own index.
    Invitation.objects.filter(employee=in_line.employee).delete()
    seats.mark(in_line, CandidateMark.Kind.DISPLACED)
    plans.append(plan_of(seats.open_reserve(issued.training_class_id).order_by()))
    for plan in plans:
        assert "invitations_candidate_in_line" in plan, plan
        assert "Seq Scan on invitations_candidate " not in plan, plan
        assert "invitations_candidate_rank" not in plan, plan
    line = list(seats.open_reserve(issued.training_class_id))
    assert [candidate.rank for candidate in line] == [1, *range(5, 17)]


@pytest.mark.parametrize("freed", [1, 4])
def test_the_reserve_is_read_once_for_all_seats_that_are_freed_together(issued: Any, freed: int) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    overdue = Invitation.objects.order_by("rank")[:freed].values_list("pk", flat=True)
    Invitation.objects.filter(pk__in=list(overdue)).update(answer_by=yesterday)
    with CaptureQueriesContext(connection) as captured:
        assert issuing.expire_class(issued.training_class_id, on=timezone.localdate()) == freed
    reads = [query["sql"] for query in captured.captured_queries if "\"outcome\" = 'reserve'" in query["sql"]]
    assert len(reads) == 1
    called = Invitation.objects.exclude(replaces=None).order_by("pk")
    assert [invitation.rank for invitation in called] == list(range(5, 5 + freed))


def test_seats_freed_together_keep_to_the_cap_and_past_whom_a_gate_stops(issued: Any, tree: Any) -> None:
    training_class = issued.training_class
    training_class.unit_cap = 2
    training_class.save()
    reserve = list(seats.open_reserve(training_class.pk))
    stopped = reserve[0].employee
    stopped.activity = "PENSIUN"
    stopped.save()
    # Two of each office hold a seat: those of one office are freed, so its next two are called up.
    madrasah = Invitation.objects.filter(employee__unit=tree.madrasah)
    madrasah.update(answer_by=timezone.localdate() - timedelta(days=1))
    assert issuing.expire_class(training_class.pk, on=timezone.localdate()) == 2
    called = Invitation.objects.exclude(replaces=None).order_by("pk")
    expected = [one for one in reserve[1:] if one.employee.unit_id == tree.madrasah.pk][:2]
    assert [invitation.employee_id for invitation in called] == [one.employee_id for one in expected]
    marked = CandidateMark.objects.filter(kind="gate").values_list("employee", flat=True)
    assert list(marked) == [stopped.pk]
