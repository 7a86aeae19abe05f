"""Sessions that have not begun follow their organiser into another time zone (docs/adr/0058).

A session that would clash there keeps its moments: the agenda says so, and `check_data` reports it.
"""

from django.db import migrations

FORWARD = """
-- Sessions of an organiser that have not begun, may still change and are reckoned in another zone than its own.
CREATE FUNCTION trainings_sessions_to_follow(unit bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT s.id FROM trainings_trainingclass c JOIN trainings_session s ON s.training_class_id = c.id
    LEFT JOIN trainings_grading g ON g.training_class_id = c.id
    WHERE c.organiser_id = unit AND c.state <> 'cancelled' AND g.locked_at IS NULL AND s.starts_at > now()
        AND s.starts_at <> (s.day + s.starts) AT TIME ZONE trainings_zone(unit)
$$;
CREATE FUNCTION trainings_zone_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE late bigint; moved boolean;
BEGIN
    -- All at once, because two of its classes may share a trainer. The trigger of a session reckons its moments.
    BEGIN
        UPDATE trainings_session SET day = day WHERE id IN (SELECT trainings_sessions_to_follow(NEW.id));
        RETURN NULL;
    EXCEPTION WHEN exclusion_violation THEN
        NULL;
    END;
    -- One class after the other, as long as one more can follow; what clashes stays as it was.
    LOOP
        moved := false;
        FOR late IN SELECT DISTINCT training_class_id FROM trainings_session
            WHERE id IN (SELECT trainings_sessions_to_follow(NEW.id)) ORDER BY 1
        LOOP
            BEGIN
                UPDATE trainings_session SET day = day
                WHERE training_class_id = late AND id IN (SELECT trainings_sessions_to_follow(NEW.id));
                moved := true;
            EXCEPTION WHEN exclusion_violation THEN
                NULL;
            END;
        END LOOP;
        EXIT WHEN NOT moved;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER trainings_zone_changed AFTER UPDATE OF time_zone ON employees_unit
    FOR EACH ROW WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone) EXECUTE FUNCTION trainings_zone_changed();
"""

BACKWARD = """
DROP FUNCTION trainings_zone_changed() CASCADE;
DROP FUNCTION trainings_sessions_to_follow(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("trainings", "0014_standing_at_any_statistics"),
        ("employees", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
