"""Finding records that may be one person: born on the same day, of the same sex, with much the same name.

The database blocks by day and sex, so the work grows with the people of one day and not with all pairs;
the names are compared by RapidFuzz.
"""

from typing import Any

from django.db import connection, transaction

from employees.merging.likeness import ALIKE, ALIKE_ELSEWHERE, likeness, plain
from jobs import runner
from jobs.models import Job


def find(job: Job | None = None) -> dict[str, Any]:
    """Look through everybody and keep the pairs not known yet; return how many were compared and found."""
    found: list[tuple[int, int, int, bool]] = []
    compared = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, unit_id, birth_date, sex FROM employees_employee "
            "WHERE merged_into_id IS NULL ORDER BY birth_date, sex, id"
        )
        block: list[tuple[int, str, int]] = []
        key: Any = None
        while rows := cursor.fetchmany(20_000):
            for pk, name, unit, born, sex in rows:
                if (born, sex) != key:
                    key, block = (born, sex), []
                words = plain(name)
                for other, other_words, other_unit in block:
                    compared += 1
                    alike = likeness(words, other_words)
                    if alike and alike >= (ALIKE if unit == other_unit else ALIKE_ELSEWHERE):
                        found.append((min(pk, other), max(pk, other), round(alike), unit == other_unit))
                block.append((pk, words, unit))
        made = 0
        for start in range(0, len(found), 5_000):
            part = [list(column) for column in zip(*found[start : start + 5_000], strict=True)]
            cursor.execute(
                "INSERT INTO employees_duplicatepair (first_id, second_id, alike, same_unit) "
                "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::boolean[]) "
                "ON CONFLICT (first_id, second_id) DO NOTHING",
                part,
            )
            made += cursor.rowcount
    if job is not None:
        runner.progress(job, done=1, total=1)
    return {"compared": compared, "pairs": len(found), "new": made}
