"""A ministry of any size out of a seeded one: its people and their histories copied by SQL, in sets.

Copies have other numbers and names made of the parts of two people's, so that a search finds as many in a
hundred of them as before. Only for measuring: they have no accounts.
"""

from __future__ import annotations

from collections.abc import Callable

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
WHERE c.id > %(last)s AND c.external_id LIKE 'U%%'
ON CONFLICT DO NOTHING
"""

_STANDING = """
UPDATE trainings_standing s SET last_training = x.last_training, ever_trained = x.last_training IS NOT NULL,
    waiting_since = COALESCE(x.last_training, x.service_start)
FROM trainings_standing_expected x
WHERE x.employee_id = s.employee_id AND s.last_training IS DISTINCT FROM x.last_training
"""


def grow(people: int, history: int, tell: Callable[[str], None]) -> None:
    """Add copies to the seeded ministry in use until it has about so many people and history rows."""
    with connection.cursor() as cursor:
        cursor.execute("SET gin_pending_list_limit = '256MB'; SET work_mem = '256MB'")
        cursor.execute(
            "SELECT count(*), max(id), (SELECT count(*) FROM employees_employee) FROM employees_employee"
            " WHERE external_id IS NULL OR external_id NOT LIKE 'U%-%'"
        )
        seeded, last, have = cursor.fetchone()
        shift = -(-(have - seeded) // seeded)
        while have < people:
            shift += 1
            values = {"shift": shift, "last": last, "people": seeded, "wanted": min(seeded, people - have)}
            with transaction.atomic():
                cursor.execute(_PEOPLE, values)
                have += cursor.rowcount
            tell(f"{have:,} people")
        cursor.execute("VACUUM ANALYZE employees_employee")
        rounds = 0
        while True:
            cursor.execute("SELECT count(*) FROM trainings_historyrecord")
            (rows,) = cursor.fetchone()
            tell(f"{rows:,} history rows")
            if rows >= history or rounds == 4:
                break
            with transaction.atomic():
                # The standing of everybody at once, below, instead of row by row as it is kept in service.
                cursor.execute("ALTER TABLE trainings_historyrecord DISABLE TRIGGER USER")
                cursor.execute(_HISTORY.format(back=f"{rounds} * 400"), {"last": last})
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("ALTER TABLE trainings_historyrecord ENABLE TRIGGER USER")
            rounds += 1
        cursor.execute("ANALYZE trainings_historyrecord")
        cursor.execute(_STANDING)
        tell("standing")
        for table in ("employees_employee", "trainings_standing", "trainings_historyrecord"):
            cursor.execute(f"VACUUM ANALYZE {table}")
