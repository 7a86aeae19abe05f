"""Several seats freed at once: each goes to the right person of the reserve."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from invitations import actions
from invitations.delivery import issuing, seats
from invitations.models import CandidateMark, Invitation
from tests import factories


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
