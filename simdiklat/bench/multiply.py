"""A ministry of any size out of a seeded one: its people and their histories copied by SQL, in sets.

Copies have other numbers and names made of the parts of two people's, so that a search finds as many in a
hundred of them as before. Only for measuring: they have no accounts. Indexes and references are built when
the rows are in, in the same transaction: killed at any moment, the database is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

_PEOPLE = """
INSERT INTO employees_employee (nip, external_id, name, front_title, back_title, sex, birth_date, status, activity,
    grade, position_kind, level, position, unit_id, service_start, retirement_date, email, phone)
SELECT CASE WHEN e.nip IS NULL THEN NULL ELSE
        substr(e.nip, 1, 8) || lpad(((substr(e.nip, 9, 10)::bigint + %(shift)s::bigint * 104729 * 1000) %% 10000000000)::text, 10, '0')
    END, 'U' || %(shift)s || '-' || e.id,
    split_part(e.name, ' ', 1) || substr(o.name, strpos(o.name || ' ', ' ')), e.front_title, e.back_title, e.sex,
    e.birth_date, e.status, e.activity, e.grade, e.position_kind, e.level, e.position, e.unit_id,
    e.service_start, e.retirement_date, 'u%(shift)s.' || e.id || '@contoh.invalid', e.phone
FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM employees_employee WHERE id <= %(last)s) e
JOIN (SELECT name, row_number() OVER (ORDER BY id) AS n FROM employees_employee WHERE id <= %(last)s) o
    ON o.n = (e.n + %(shift)s * 7919) %% %(people)s + 1
WHERE e.n <= %(wanted)s
ON CONFLICT DO NOTHING
"""

_HISTORY = """
INSERT INTO trainings_historyrecord (employee_id, programme_code, title, identity, kind, organiser, first_day,
    last_day, jp, result, certificate_number)
SELECT c.id, h.programme_code, h.title, h.identity, h.kind, h.organiser, h.first_day - {back},
    h.last_day - {back}, h.jp, h.result, ''
FROM employees_employee c
JOIN trainings_historyrecord h ON h.employee_id = split_part(c.external_id, '-', 2)::bigint
WHERE c.id > %(last)s AND c.external_id LIKE 'U%%' AND h.employee_id <= %(last)s
ORDER BY c.id
ON CONFLICT DO NOTHING
"""

_STANDING = """
UPDATE trainings_standing s SET last_training = x.last_training, ever_trained = x.last_training IS NOT NULL,
    waiting_since = COALESCE(x.last_training, x.service_start)
FROM trainings_standing_expected x
WHERE x.employee_id = s.employee_id AND s.last_training IS DISTINCT FROM x.last_training
"""

_NUMBERS = """
TRUNCATE trainings_nthtraining;
INSERT INTO trainings_nthtraining (employee_id, number, last_day)
SELECT employee_id, number, last_day FROM trainings_nth_expected
"""

#: Marks what is only there to make lists long.
_TRAIL = "UKUR-DAFTAR"
#: Invitations of each class that is only there for the list.
_OF_A_CLASS = 40

_CLASSES = f"""
WITH made AS (
    INSERT INTO trainings_trainingclass (code, programme_id, organiser_id, first_day, last_day, confirm_by, seats, state)
    SELECT '{_TRAIL}-' || n, (SELECT min(id) FROM trainings_programme),
        (SELECT id FROM employees_unit WHERE parent_id IS NULL), day, day + 4, day - 5, {_OF_A_CLASS}, 'cancelled'
    FROM (SELECT n, CURRENT_DATE - 10 - n %% 1500 AS day FROM generate_series(%(first)s, %(classes)s) n) d
    RETURNING id
), seeds AS (
    INSERT INTO trainings_seed (training_class_id, number, value, commitment)
    SELECT id, 1, '', '' FROM made RETURNING id, training_class_id
)
INSERT INTO invitations_selection (training_class_id, number, seed_id, state, rule_version, parameters, excluded,
    evidence_file, evidence_sha256, error, pool_size)
SELECT training_class_id, 1, id, 'issued', '1', '{{}}', '{{}}', '', '', '', 1000 FROM seeds
"""

#: All closed, so that no seat and no ranking depends on them.
_INVITATIONS = f"""
INSERT INTO invitations_invitation (selection_id, training_class_id, employee_id, rank, reason, state, answer_by,
    issued_at)
SELECT s.id, s.training_class_id, e.id, k,
    jsonb_build_object('rank', k, 'pool', 1000, 'area', '', 'area_seats', 0, 'ever_trained', k %% 3 > 0,
        'waiting_since', c.first_day - 400 - (k * 97)),
    (ARRAY['expired', 'withdrawn', 'replaced'])[k %% 3 + 1], c.confirm_by, c.confirm_by - 10
FROM invitations_selection s
JOIN trainings_trainingclass c ON c.id = s.training_class_id AND c.code LIKE '{_TRAIL}-%%'
    AND substr(c.code, {len(_TRAIL) + 2})::bigint >= %(first)s
CROSS JOIN generate_series(1, {_OF_A_CLASS}) k
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM employees_employee) e
    ON e.n = (substr(c.code, {len(_TRAIL) + 2})::bigint * 7919 + k * 104729) %% %(people)s + 1
ON CONFLICT DO NOTHING
"""

_EVENTS = f"""
INSERT INTO audit_event (at, actor_id, actor_name, verb, object_type, object_id, unit_path, data, previous_hash, hash)
SELECT now() - (%(events)s - g.n) * interval '1 minute', u.id, u.username,
    (ARRAY['list.export', 'invitation.answered', 'class.changed', 'selection.proposed'])[g.n %% 4 + 1],
    (ARRAY['list', 'invitation', 'class', 'selection'])[g.n %% 4 + 1], g.n::text, o.path,
    jsonb_build_object('{_TRAIL}', g.n), '', ''
FROM generate_series(%(first)s, %(events)s) g (n)
JOIN (SELECT id, username, row_number() OVER (ORDER BY id) AS n FROM accounts_user) u
    ON u.n = g.n %% %(users)s + 1
JOIN (SELECT path, row_number() OVER (ORDER BY id) AS n FROM employees_unit) o
    ON o.n = g.n %% %(units)s + 1
"""


def grow(people: int, history: int, tell: Callable[[str], None]) -> None:
    """Add copies to the seeded ministry in use until it has about so many people and history rows."""
    tables = ("employees_employee", "trainings_standing", "trainings_historyrecord", "trainings_nthtraining")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL maintenance_work_mem = '1GB'; SET LOCAL work_mem = '512MB';"
            "SET LOCAL max_parallel_maintenance_workers = 2"
        )
        cursor.execute("SELECT count(*), max(id) FROM employees_employee")
        seeded, last = cursor.fetchone()
        with _bare(cursor, tables):
            have, shift = seeded, 0
            while have < people:
                shift += 1
                values = {
                    "shift": shift,
                    "last": last,
                    "people": seeded,
                    "wanted": min(seeded, people - have),
                }
                cursor.execute(_PEOPLE, values)
                have += cursor.rowcount
                tell(f"{have:,} people")
            cursor.execute("ANALYZE employees_employee; ANALYZE trainings_standing")
            _add_history(cursor, history, last, tell)
            cursor.execute(_STANDING)
            cursor.execute(_NUMBERS)
            tell("standing; building the indexes ...")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"VACUUM ANALYZE {table}")


def _add_history(cursor: Any, wanted: int, last: int, tell: Callable[[str], None]) -> None:
    for round_ in range(5):
        cursor.execute("SELECT count(*) FROM trainings_historyrecord")
        (rows,) = cursor.fetchone()
        tell(f"{rows:,} history rows")
        if rows >= wanted or round_ == 4:
            break
        # The standing of everybody at once, afterwards, instead of row by row as it is kept in service.
        cursor.execute("ALTER TABLE trainings_historyrecord DISABLE TRIGGER USER")
        cursor.execute(_HISTORY.format(back=f"{round_} * 400"), {"last": last})
        cursor.execute("ALTER TABLE trainings_historyrecord ENABLE TRIGGER USER")
    cursor.execute("ANALYZE trainings_historyrecord")


@contextmanager
def _bare(cursor: Any, tables: tuple[str, ...]) -> Iterator[None]:
    """These tables without foreign keys and without the indexes that keep nothing unique, for a while."""
    cursor.execute(
        """
        SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
            format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY (%(tables)s::regclass[])
        UNION ALL
        SELECT 'SELECT', format('ALTER INDEX %%s ALTER COLUMN %%s SET STATISTICS %%s', attrelid::regclass, attnum, attstattarget)
        FROM pg_attribute JOIN pg_index ON indexrelid = attrelid
        WHERE NOT indisunique AND indrelid = ANY (%(tables)s::regclass[]) AND attstattarget >= 0
        UNION ALL
        SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
        FROM pg_index WHERE NOT indisunique AND indrelid = ANY (%(tables)s::regclass[])
        """,
        {"tables": list(tables)},
    )
    found = cursor.fetchall()
    for drop, _make in found:
        cursor.execute(drop)
    yield
    # From the end: what is said of an index comes after it, and keys that others need before them.
    for _drop, make in reversed(found):
        cursor.execute(make)


def add_paper_trail(people: int, tell: Callable[[str], None]) -> None:
    """What `lay_paper_trail` makes, with fresh statistics; nothing happens where that is there."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trainings_trainingclass WHERE code LIKE %s", [f"{_TRAIL}-%"])
        if cursor.fetchone()[0] >= _classes(people):
            return
        cursor.execute("SET LOCAL work_mem = '256MB'")
        invitations = lay_paper_trail(cursor, people)
        tell(f"{invitations:,} invitations and {people:,} events for the lists")
    with connection.cursor() as cursor:
        for table in (
            "invitations_invitation", "audit_event", "trainings_trainingclass", "invitations_selection",
        ):  # fmt: skip
            cursor.execute(f"VACUUM ANALYZE {table}")


def _classes(people: int) -> int:
    return max(3, people // 2 // _OF_A_CLASS)


def lay_paper_trail(cursor: Any, people: int) -> int:
    """One invitation for every two people, to classes that were cancelled, and one event for each.

    Adds what is missing. Their triggers are not asked: nobody has a seat by them, and the events are outside the chain. Needs a
    programme, accounts and units; returns how many invitations there are.
    """
    cursor.execute(
        "SELECT (SELECT count(*) FROM accounts_user), (SELECT count(*) FROM employees_unit), "
        "(SELECT count(*) FROM trainings_trainingclass WHERE code LIKE %s), "
        "(SELECT count(*) FROM audit_event WHERE data ? %s)",
        [f"{_TRAIL}-%", _TRAIL],
    )
    users, units, classes, events = cursor.fetchone()
    for table in ("invitations_invitation", "audit_event"):
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    cursor.execute(_CLASSES, {"first": classes + 1, "classes": _classes(people)})
    cursor.execute(_INVITATIONS, {"first": classes + 1, "people": people})
    invitations = cursor.rowcount
    cursor.execute(_EVENTS, {"first": events + 1, "events": people, "users": users, "units": units})
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    for table in ("invitations_invitation", "audit_event"):
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return int(invitations)
