"""The database keeps the unit somebody leaves, whoever moves the person: imports, actions, a merge."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION employees_unit_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO employees_unitassignment (employee_id, unit_id, since, until)
        SELECT fresh.id, stale.unit_id,
            (SELECT max(a.until) FROM employees_unitassignment a WHERE a.employee_id = fresh.id),
            (now() AT TIME ZONE 'Asia/Jakarta')::date
        FROM fresh JOIN stale USING (id)
        WHERE fresh.unit_id <> stale.unit_id AND fresh.merged_into_id IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER employees_unit_left AFTER UPDATE ON employees_employee
    REFERENCING NEW TABLE AS fresh OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION employees_unit_left();
"""

BACKWARD = """
DROP TRIGGER employees_unit_left ON employees_employee;
DROP FUNCTION employees_unit_left();
"""


class Migration(migrations.Migration):
    dependencies = [("employees", "0004_imports")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
