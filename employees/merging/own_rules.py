"""The merge rules of this room's own relations to a person."""

from django.db import connection

from employees.merging.rules import Merge, moves, register


def _pairs(merge: Merge) -> None:
    """What was decided about the old record holds for the kept one; open pairs of it are looked for anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO employees_duplicatepair
                (first_id, second_id, alike, same_unit, state, found_at, decided_by_id, decided_at)
            SELECT LEAST(o.other, %(kept)s), GREATEST(o.other, %(kept)s), p.alike, p.same_unit, p.state, p.found_at,
                p.decided_by_id, p.decided_at
            FROM employees_duplicatepair p
            CROSS JOIN LATERAL (SELECT CASE WHEN p.first_id = %(gone)s THEN p.second_id ELSE p.first_id END AS other) o
            WHERE %(gone)s IN (p.first_id, p.second_id) AND p.state = 'different' AND o.other <> %(kept)s
            ON CONFLICT (first_id, second_id) DO UPDATE SET state = 'different',
                decided_by_id = EXCLUDED.decided_by_id, decided_at = EXCLUDED.decided_at
                WHERE employees_duplicatepair.state = 'open'
            """,
            {"kept": merge.kept.pk, "gone": merge.gone.pk},
        )
        cursor.execute(
            "DELETE FROM employees_duplicatepair WHERE state = 'open' AND %(gone)s IN (first_id, second_id) "
            "AND %(kept)s NOT IN (first_id, second_id)",
            {"kept": merge.kept.pk, "gone": merge.gone.pk},
        )


def register_rules() -> None:
    """Called once when the portal starts."""
    moves("employees.FormerNip.employee", "former numbers go on finding the person")
    moves("employees.UnitAssignment.employee", "units the person worked in")
    moves("employees.Employee.merged_into", "records merged into the old one point to the kept one")
    register("employees.DuplicatePair.first", _pairs, "what was decided holds for the kept record")
    register("employees.DuplicatePair.second", None, "done with the first")
    moves(
        "employees.CorrectionRequest.employee",
        "requests of the person; one for a field that is asked for on both stays where it was made",
        where="NOT (r.state = 'open' AND EXISTS (SELECT 1 FROM employees_correctionrequest k "
        "WHERE k.employee_id = :kept AND k.field = r.field AND k.state = 'open'))",
    )
