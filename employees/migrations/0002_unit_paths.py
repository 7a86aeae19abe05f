"""The database keeps every unit's path equal to its place in the tree, and refuses a cycle."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION employees_unit_repath() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Order the writers: two moves at once could close a cycle that neither of them sees.
    PERFORM pg_advisory_xact_lock(hashtext('employees_unit_repath'));
    WITH RECURSIVE tree AS (
        SELECT id, '/' || id || '/' AS path FROM employees_unit WHERE parent_id IS NULL
        UNION ALL
        SELECT u.id, tree.path || u.id || '/' FROM employees_unit u JOIN tree ON u.parent_id = tree.id
    ), place AS (
        -- A unit that no root reaches sits in a cycle.
        SELECT u.id, tree.path FROM employees_unit u LEFT JOIN tree USING (id)
    )
    UPDATE employees_unit u SET path = COALESCE(place.path, '') FROM place
    WHERE place.id = u.id AND u.path IS DISTINCT FROM COALESCE(place.path, '');
    IF EXISTS (SELECT 1 FROM employees_unit WHERE path = '') THEN
        RAISE EXCEPTION 'units would form a cycle' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER employees_unit_placed AFTER INSERT ON employees_unit
    FOR EACH STATEMENT EXECUTE FUNCTION employees_unit_repath();
CREATE TRIGGER employees_unit_moved AFTER UPDATE OF parent_id ON employees_unit
    FOR EACH STATEMENT EXECUTE FUNCTION employees_unit_repath();
"""

BACKWARD = """
DROP TRIGGER employees_unit_moved ON employees_unit;
DROP TRIGGER employees_unit_placed ON employees_unit;
DROP FUNCTION employees_unit_repath();
"""


class Migration(migrations.Migration):
    dependencies = [("employees", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
