"""Recomputing many standings joins them as sets, whatever the planner believes about the tables."""

import pytest
from django.db import connection

from tests import factories
from trainings.models import Standing

PEOPLE = 1_500

_PEOPLE = """
INSERT INTO employees_employee (nip, name, sex, birth_date, status, activity, position_kind, unit_id, service_start, retirement_date)
SELECT '19700101' || lpad(n::text, 10, '0'), 'Pegawai ' || n, 'P', date '1970-01-01', 'PNS', 'AKTIF', 'FUNGSIONAL',
    %s, date '2000-01-01', date '2040-01-01' FROM generate_series(1, %s) n
"""
_HISTORY = """
INSERT INTO trainings_historyrecord (employee_id, title, identity, kind, first_day, last_day, jp, result)
SELECT e.id, 'Pelatihan', 't:pelatihan ' || k, 'TEKNIS', date '2012-01-01' + k, date '2012-01-03' + k, 40, 'LULUS'
FROM employees_employee e, generate_series(1, 3) k
"""
#: What a table is remembered as that was emptied and not analysed since.
_EMPTIED = """
UPDATE pg_class SET reltuples = 0, relpages = 50
WHERE relname IN ('trainings_historyrecord', 'employees_employee', 'trainings_standing')
"""


@pytest.mark.django_db
def test_a_bulk_load_into_tables_remembered_as_empty_joins_no_two_large_sets_row_by_row():
    unit = factories.unit("R")
    with connection.cursor() as cursor:
        cursor.execute(_EMPTIED)
        cursor.execute(_PEOPLE, [unit.pk, PEOPLE])
        cursor.execute("LOAD 'auto_explain'")
        cursor.execute("SET LOCAL auto_explain.log_nested_statements = on")
        cursor.execute("SET LOCAL client_min_messages = 'log'")
        cursor.execute("SET LOCAL auto_explain.log_min_duration = 0")
        del connection.connection.notices[:]
        cursor.execute(_HISTORY)
        cursor.execute("SET LOCAL auto_explain.log_min_duration = -1")
        (plan,) = [text for text in connection.connection.notices if "Update on trainings_standing" in text]
        cursor.execute("SHOW enable_nestloop")
        assert cursor.fetchone() == ("on",)
    assert Standing.objects.filter(ever_trained=True).count() == PEOPLE
    # The people, their standings and what their history says; below it lie only small tables.
    nodes = [line.strip() for line in plan.splitlines() if "ANY (" not in line]
    assert any("Aggregate" in node for node in nodes)
    above = nodes[: next(n for n, node in enumerate(nodes) if "Aggregate" in node)]
    assert not [node for node in above if "Nested Loop" in node]
