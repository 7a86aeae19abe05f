"""What belongs to the people found by a text, whether they are few or many."""

from datetime import date

import pytest
from django.db.models import QuerySet

from employees.models import Employee
from employees.querysets import EmployeeQuerySet
from tests import factories
from trainings.models import HistoryRecord


@pytest.mark.parametrize("most", [0, 1, 2, 10])
def test_few_are_named_and_many_are_not_and_the_records_are_the_same(tree, monkeypatch, most):
    people = [factories.employee(tree.surabaya, name=name) for name in ("Siti Nur", "Nur Siti", "Budi")]
    records = [factories.history(person, date(2024, 5, 3)) for person in people]
    found = Employee.objects.found("siti nur", most)
    assert isinstance(found, QuerySet) == (most < 2)
    assert set(found) == {person.pk for person in people[:2]}
    usual = EmployeeQuerySet.found
    monkeypatch.setattr(EmployeeQuerySet, "found", lambda self, text, **_most: usual(self, text, most))
    assert set(HistoryRecord.objects.search("siti nur")) == set(records[:2])
    assert set(HistoryRecord.objects.search("siti zqx")) == set()
    assert HistoryRecord.objects.search("  ").count() == 3
