"""Which stored people the rows of an import name: what the log of reading has to keep when they are shown."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection

from audit import reading
from audit.marks import Mark
from employees.importing.models import ImportKind, ImportRun
from employees.importing.staged import STAGED, Line, Outcome, faults_table, rows_table

#: Kinds of files whose rows are about people.
ABOUT_PEOPLE = frozenset({ImportKind.EMPLOYEES, ImportKind.HISTORY})

# A row that is left out is known by its first cells only (checking._labels), NIP and ID among them.
_BY_NUMBERS = """
WITH numbers AS (
    SELECT DISTINCT part COLLATE "C" AS part, regexp_replace(part, '[^0-9]', '', 'g') COLLATE "C" AS digits
    FROM {faults} f CROSS JOIN LATERAL unnest(string_to_array(f.label, ' · ')) AS part {where}
)
SELECT COALESCE(e.merged_into_id, e.id) FROM numbers n JOIN employees_employee e ON e.nip = n.digits
UNION SELECT f.employee_id FROM numbers n JOIN employees_formernip f ON f.nip = n.digits
UNION SELECT COALESCE(e.merged_into_id, e.id) FROM numbers n
    JOIN employees_employee e ON e.external_id = n.part
"""


def note_page(*, run: ImportRun, outcome: Outcome, lines: Collection[Line], page: int, by: Any) -> bool:
    """Record that somebody was shown these rows; rows about people only. Whether it was recorded.

    Somebody who is not stored, or stands in the row without a number that is, has no key to be kept by: such
    rows are counted.
    """
    if run.kind not in ABOUT_PEOPLE or not lines:
        return False
    reading.note(
        reading.Kind.LISTED,
        by=by,
        subjects=_on_page(run, outcome, lines),
        what=run.file_name,
        object_type="import",
        object_id=run.pk,
        filters={"outcome": str(outcome), "page": str(page)},
        row_count=len(lines),
    )
    return True


def note_file(*, run: ImportRun, ending: str, sha256: str, by: Any) -> str:
    """Record that somebody takes the rows to mend; returns the file's name, marked with who and when."""
    stem = f"{run.file_name.rsplit('.', 1)[0]} {Mark.of(by).name_part}".strip()
    if run.kind in ABOUT_PEOPLE:
        with connection.cursor() as cursor:
            people = _by_numbers(cursor, run)
            cursor.execute(
                f"SELECT DISTINCT twin_id FROM {rows_table(run.pk)} WHERE outcome = %s AND twin_id IS NOT NULL",
                [Outcome.LIKELY],
            )
            people |= {key for (key,) in cursor.fetchall()}
        reading.note(
            reading.Kind.DOWNLOADED,
            by=by,
            subjects=people,
            what=f"{stem}.{ending}",
            object_type="import",
            object_id=run.pk,
            filters={"outcome": f"{Outcome.REJECTED}, {Outcome.CONFLICTING}, {Outcome.LIKELY}"},
            row_count=sum(run.count(o) for o in (Outcome.REJECTED, Outcome.CONFLICTING, Outcome.LIKELY)),
            sha256=sha256,
        )
    return stem


def _on_page(run: ImportRun, outcome: Outcome, lines: Iterable[Line]) -> set[int]:
    with connection.cursor() as cursor:
        if outcome == Outcome.MISSING or (run.kind == ImportKind.EMPLOYEES and outcome in STAGED):
            return {line.target_id for line in lines if line.target_id is not None}
        rows = [line.row for line in lines if line.row is not None]
        if outcome in STAGED:
            cursor.execute(
                f"SELECT DISTINCT employee_id FROM {rows_table(run.pk)} WHERE row = ANY (%s)", [rows]
            )
            return {key for (key,) in cursor.fetchall()}
        return _by_numbers(cursor, run, rows)


def _by_numbers(cursor: Any, run: ImportRun, rows: list[int] | None = None) -> set[int]:
    where = "" if rows is None else "WHERE f.row = ANY (%s)"
    cursor.execute(
        _BY_NUMBERS.format(faults=faults_table(run.pk), where=where), [] if rows is None else [rows]
    )
    return {key for (key,) in cursor.fetchall()}
