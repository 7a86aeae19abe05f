"""Rows whose number nobody has, but that are likely about somebody stored: a human decides.

Compared are people born on the same day, of the same sex, by name; the same unit supports it. A person
who has a row of the own in the file is nobody's twin.
"""

from typing import Any

from employees.importing.staged import rows_table
from employees.merging.likeness import ALIKE, ALIKE_ELSEWHERE, likeness, plain


def find(cursor: Any, run_id: int) -> int:
    """Mark the new rows that are likely about somebody stored; return how many."""
    table = rows_table(run_id)
    cursor.execute(
        f"""
        SELECT i.row, i.name, e.id, e.name, e.unit_id = i.unit_id,
            e.name || ' · ' || COALESCE(e.nip, e.external_id, '') || ' · ' || u.name
        FROM {table} i JOIN employees_employee e ON e.birth_date = i.birth_date AND e.sex = i.sex
        JOIN employees_unit u ON u.id = e.unit_id
        WHERE i.outcome = 'new' AND e.merged_into_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM {table} s WHERE s.target_id = e.id)
        """
    )
    best: dict[int, tuple[float, int, str]] = {}
    while pairs := cursor.fetchmany(20_000):
        for row, name, person, stored, same_unit, label in pairs:
            alike = likeness(plain(name), plain(stored))
            if alike >= (ALIKE if same_unit else ALIKE_ELSEWHERE) and alike > best.get(row, (0.0,))[0]:
                best[row] = (alike, person, label)
    if best:
        cursor.execute(
            f"""
            UPDATE {table} i SET outcome = 'likely', twin_id = b.person, twin_label = b.label,
                label = concat_ws(' · ', i.label, (SELECT u.name FROM employees_unit u WHERE u.id = i.unit_id)),
                given = jsonb_build_object('nip', i.nip, 'external_id', i.external_id)
            FROM unnest(%s::int[], %s::bigint[], %s::text[]) AS b (row, person, label) WHERE b.row = i.row
            """,
            [list(best), [p for _a, p, _l in best.values()], [label for _a, _p, label in best.values()]],
        )
    return len(best)
