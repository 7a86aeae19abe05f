"""The database's own plans for every list page, on enough rows that it has a choice."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import log
from simdiklat.bench import multiply
from tests import factories

PEOPLE = 8_000
#: Tables that no list page may read from one end to the other.
LARGE = (
    "employees_employee",
    "trainings_historyrecord",
    "trainings_standing",
    "invitations_invitation",
    "audit_event",
)

_PEOPLE = """
INSERT INTO employees_employee (nip, external_id, name, sex, birth_date, status, activity, position_kind, unit_id,
    service_start, retirement_date)
SELECT to_char(date '1970-01-01' + n %% 9000, 'YYYYMMDD') || lpad((n * 7919 %% 10000000000)::text, 10, '0'), 'M' || n,
    (ARRAY['Ani', 'Budi', 'Citra', 'Dewi', 'Eko', 'Fitri', 'Gita'])[n %% 7 + 1] || ' '
        || (ARRAY['Sari', 'Putra', 'Lestari', 'Wijaya', 'Santoso'])[n %% 5 + 1] || ' ' || md5(n::text),
    'P', date '1970-01-01' + n %% 9000, CASE WHEN n %% 9 = 0 THEN 'PPPK' WHEN n %% 50 = 1 THEN 'CPNS' ELSE 'PNS' END,
    CASE WHEN n %% 40 = 0 THEN 'PENSIUN' ELSE 'AKTIF' END, CASE WHEN n %% 100 = 0 THEN 'JPT' ELSE 'FUNGSIONAL' END,
    %(first)s + n %% %(units)s, date '2000-01-01' + n %% 8000, date '2040-01-01' + n %% 3000
FROM generate_series(1, %(people)s) n
"""
_HISTORY = """
INSERT INTO trainings_historyrecord (employee_id, title, identity, kind, first_day, last_day, jp, result)
SELECT e.id, 'Pelatihan ' || e.id % 40, 't:pelatihan ' || e.id % 40 || k, 'TEKNIS', date '2012-01-01' + (e.id * k % 4700)::int,
    date '2012-01-03' + (e.id * k % 4700)::int, 40,
    CASE WHEN e.id % 100 = 3 THEN 'MENGUNDURKAN_DIRI' ELSE 'LULUS' END
FROM employees_employee e, generate_series(1, 3) k WHERE e.id % 3 > 0
"""
PAGES = [
    ("employees:list", [
        "", "q=sari", "q=zzqx", "q=zq", "q=1971", "q=budi+santoso", "page=7", "page=last", "from=Citra", "sort=-name",
        "sort=unit", "sort=-unit", "sort=status", "sort=-status", "sort=waiting", "sort=-waiting",
        "sort=last_training", "status=CPNS", "position_kind=JPT", "training=never", "training=none2",
        "status=PPPK&training=none2", "training=wait5", "training=wait10", "status=PNS_CPNS&hours=0-19",
        "status=PNS_CPNS&hours=0-0", "status=PPPK_ALL&hours=25-", "hours=1-9&sort=-waiting", "trainings=0",
        "trainings=10-&years=10", "trainings=3&years=5",
    ]),
    ("trainings:history_list", [
        "", "q=sari", "q=zzqx", "q=1971", "page=7", "page=last", "from=2015-01-01", "sort=last_day", "sort=employee",
        "sort=-employee", "result=MENGUNDURKAN_DIRI", "programme=X", "since=2020-01-01&until=2020-02-01",
    ]),
    ("invitations:list", [
        "", "q=sari", "q=zzqx", "page=7", "page=last", "sort=employee", "sort=-employee", "sort=unit", "sort=-unit",
        "sort=training_class", "sort=answer_by", "sort=-answer_by", "sort=state", "sort=-state", "state=accepted",
        "state=expired", "reason=SAKIT", "wait=never",
    ]),
    ("audit", [
        "", "verb=list", "actor=central", "object_type=class", "page=last", "since=2020-01-01", "since=2099-01-01",
    ]),
]  # fmt: skip
ADDRESSES = [(name, query) for name, queries in PAGES for query in queries]


@pytest.fixture
def ministry(cast, tree):
    """8,000 people in 200 units, 16,000 records, 4,000 invitations, 8,000 events; with statistics."""
    units = [factories.unit(f"U{n:03d}", [tree.east, tree.central_java][n % 2]) for n in range(200)]
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"first": units[0].pk, "units": len(units), "people": PEOPLE})
        # The standing is worked out once there are statistics: without them the plans for it are very poor.
        cursor.execute("ALTER TABLE trainings_historyrecord DISABLE TRIGGER USER")
        cursor.execute(_HISTORY)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ALTER TABLE trainings_historyrecord ENABLE TRIGGER USER")
        cursor.execute("ANALYZE employees_employee, trainings_standing, trainings_historyrecord")
        cursor.execute("SELECT trainings_restand((SELECT array_agg(id) FROM employees_employee))")
        factories.programme()
        assert multiply.lay_paper_trail(cursor, PEOPLE) == PEOPLE // 2
        cursor.execute("ANALYZE")
    return tree


def sequential_scans(queries) -> list[str]:
    """Plans among these queries that cannot but read one of the LARGE tables whole, with their query.

    The planner is told to avoid sequential scans, because on so few rows it may take one where an index is
    there; what it cannot avoid has no index.
    """
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in queries:
            if not query["sql"].startswith("SELECT"):
                continue
            cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"), [])
            plan = "\n".join(line for (line,) in cursor.fetchall())
            if any(f"Seq Scan on {table}" in plan for table in LARGE):
                found.append(f"{query['sql'][:300]}\n{plan}")
        cursor.execute("SET LOCAL enable_seqscan = on")
    return found


def test_no_list_page_reads_a_large_table_from_end_to_end(client, cast, ministry):
    offending = {}
    for who in ("central", "operator"):
        client.force_login(getattr(cast, who))
        for name, query in ADDRESSES:
            if name == "audit" and who == "operator":
                continue
            with CaptureQueriesContext(connection) as captured:
                response = client.get(f"{reverse(name)}?{query}")
            assert response.status_code == 200
            assert len(captured) <= 13, (name, query)
            if scans := sequential_scans(captured.captured_queries):
                offending[who, name, query] = scans
    assert not offending, "\n\n".join(f"{key}\n" + "\n".join(scans) for key, scans in offending.items())


def full_sorts(queries) -> list[str]:
    """Pages among these queries for which no index gives their order, with their plan.

    The planner is told to avoid sorting; what it cannot avoid would sort every row of the list for one page.
    """
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        for query in queries:
            if query["sql"].startswith("SELECT") and "LIMIT 26" in query["sql"]:
                cursor.execute("EXPLAIN " + query["sql"].replace("%", "%%"), [])
                plan = "\n".join(line for (line,) in cursor.fetchall())
                if re.search(r"(?<!Incremental )Sort  \(", plan):
                    found.append(f"{query['sql'][-300:]}\n{plan}")
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_sort = on")
    return found


def test_every_order_that_a_list_offers_is_given_by_an_index(client, cast, ministry):
    client.force_login(cast.central)
    offending = {}
    offered = [(name, query) for name, query in ADDRESSES if query == "" or query.startswith("sort=")]
    for name, query in offered:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{reverse(name)}?{query}").status_code == 200
        pages = [q for q in captured.captured_queries if "LIMIT 26" in q["sql"]]
        assert pages, (name, query)
        if sorts := full_sorts(pages):
            offending[name, query] = sorts
    assert not offending, "\n\n".join(f"{key}\n" + "\n".join(sorts) for key, sorts in offending.items())


@pytest.mark.django_db
def test_the_planner_is_told_how_many_records_a_person_has(tree):
    """A sample of millions shows too few of them twice; here it would say that all are of one person."""
    factories.history(factories.employee(tree.surabaya), date(2020, 5, 3))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE trainings_historyrecord (employee_id)")
        cursor.execute(
            "SELECT n_distinct FROM pg_stats WHERE tablename = 'trainings_historyrecord' AND attname = 'employee_id'"
        )
        assert cursor.fetchone()[0] == pytest.approx(-0.2)


@pytest.mark.django_db
def test_the_statistics_of_names_are_fine_and_stay_so_when_indexes_are_made_anew():
    def target() -> list[int]:
        cursor.execute(
            "SELECT attstattarget FROM pg_attribute WHERE (attrelid, attname) IN "
            "(('employees_name_trgm'::regclass, 'upper'), ('employees_employee'::regclass, 'nip'))"
        )
        return [target for (target,) in cursor.fetchall()]

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        before = target()
        with multiply._bare(cursor, ("employees_employee",)):
            pass
        assert before == target() == [500, 500]


@pytest.mark.django_db
def test_the_check_sees_a_sort_of_everybody(cast):
    with CaptureQueriesContext(connection) as captured, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM employees_employee ORDER BY phone LIMIT 26")
    assert full_sorts(captured.captured_queries)


@pytest.mark.django_db
def test_the_check_sees_a_sequential_scan(cast):
    with CaptureQueriesContext(connection) as captured, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM employees_employee WHERE phone LIKE '%7'")
    assert sequential_scans(captured.captured_queries)


@pytest.mark.parametrize("name", ["trainings:history_list", "audit"])
def test_the_other_lists_cost_the_same_at_one_row_and_at_three(
    client, cast, tree, name, django_assert_num_queries
):
    def write() -> None:
        factories.history(cast.employee, date(2020, 5, write.n), title=f"Pelatihan {write.n}")
        log.record(
            "test.done", by=cast.central, object_type="x", unit_path=tree.east.path, data={"n": write.n}
        )
        write.n += 1

    write.n = 1
    write()
    client.force_login(cast.central)
    with CaptureQueriesContext(connection) as one:
        assert client.get(reverse(name)).content.decode().count("<tr><td") == 1
    write()
    write()
    with django_assert_num_queries(len(one)):
        assert client.get(reverse(name)).content.decode().count("<tr><td") == 3


def test_history_and_audit_keep_to_the_readers_scope(client, cast, tree):
    factories.history(cast.employee, date(2020, 5, 5), title="Dekat")
    factories.history(cast.stranger, date(2020, 5, 5), title="Jauh")
    log.record("near.done", by=None, object_type="x", unit_path=tree.east.path)
    log.record("far.done", by=None, object_type="x", unit_path=tree.central_java.path)
    client.force_login(cast.operator)
    body = client.get(reverse("trainings:history_list")).content.decode()
    assert "Dekat" in body and "Jauh" not in body
    assert client.get(reverse("audit")).status_code == 403
    cast.auditor.grants.update(unit=tree.east)
    client.force_login(cast.auditor)
    body = client.get(reverse("audit")).content.decode()
    assert "near.done" in body and "far.done" not in body


def test_history_is_filtered_by_person_programme_days_and_result(client, cast, tree):
    factories.history(cast.employee, date(2020, 5, 5), title="A", programme_code="K-1", result="LULUS")
    factories.history(cast.employee, date(2021, 5, 5), title="B", programme_code="K-2", result="TIDAK_LULUS")
    factories.history(cast.stranger, date(2021, 6, 5), title="C", programme_code="K-2", result="LULUS")
    client.force_login(cast.central)

    def titles(**query) -> list[str]:
        table = client.get(reverse("trainings:history_list"), query).context["table"]
        return [row.record.title for row in table.page.object_list]

    assert titles() == ["C", "B", "A"]
    assert titles(q="wulan") == ["B", "A"]
    assert titles(q=cast.stranger.nip[2:9]) == ["C"]
    assert titles(programme="K-2") == ["C", "B"]
    assert titles(since="2021-01-01", until="2021-05-31") == ["B"]
    assert titles(result="TIDAK_LULUS") == ["B"]
    assert titles(unit=tree.semarang.pk) == ["C"]
    assert titles(sort="employee") == ["C", "B", "A"]
