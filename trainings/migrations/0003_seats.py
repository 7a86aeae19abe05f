"""Seats: the dates follow the class, and the taken seats are counted under the class's lock.

The count is taken anew after the lock, never carried on from a delta; the check constraint
`trainings_seats_not_exceeded` then refuses a seat too many, whoever asked for it.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION trainings_seat_dates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT first_day, last_day INTO NEW.first_day, NEW.last_day
    FROM trainings_trainingclass WHERE id = NEW.training_class_id;
    RETURN NEW;
END $$;
CREATE TRIGGER trainings_seat_dates BEFORE INSERT OR UPDATE OF training_class_id ON trainings_participation
    FOR EACH ROW EXECUTE FUNCTION trainings_seat_dates();

CREATE FUNCTION trainings_class_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE trainings_participation SET first_day = NEW.first_day, last_day = NEW.last_day
    WHERE training_class_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER trainings_class_moved AFTER UPDATE OF first_day, last_day ON trainings_trainingclass
    FOR EACH ROW WHEN (OLD.first_day <> NEW.first_day OR OLD.last_day <> NEW.last_day)
    EXECUTE FUNCTION trainings_class_moved();

CREATE FUNCTION trainings_count_seats(classes bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- NO KEY UPDATE: does not wait for the key-share locks that foreign keys of other writers hold.
    PERFORM 1 FROM trainings_trainingclass WHERE id = ANY (classes) ORDER BY id FOR NO KEY UPDATE;
    UPDATE trainings_trainingclass c SET seats_taken = counted.n
    FROM (SELECT k.id, count(p.id) AS n FROM unnest(classes) AS k (id)
          LEFT JOIN trainings_participation p
              ON p.training_class_id = k.id AND p.state IN ('held', 'confirmed') GROUP BY k.id) counted
    WHERE c.id = counted.id AND c.seats_taken <> counted.n;
END $$;

CREATE FUNCTION trainings_seats_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM trainings_count_seats((SELECT array_agg(DISTINCT training_class_id) FROM fresh));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM trainings_count_seats((SELECT array_agg(DISTINCT training_class_id) FROM stale));
    ELSE
        PERFORM trainings_count_seats((SELECT array_agg(DISTINCT training_class_id) FROM
            (SELECT training_class_id FROM fresh UNION SELECT training_class_id FROM stale) both_sides));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER trainings_seats_inserted AFTER INSERT ON trainings_participation
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION trainings_seats_written();
CREATE TRIGGER trainings_seats_updated AFTER UPDATE ON trainings_participation
    REFERENCING NEW TABLE AS fresh OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION trainings_seats_written();
CREATE TRIGGER trainings_seats_deleted AFTER DELETE ON trainings_participation
    REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION trainings_seats_written();
"""

BACKWARD = """
DROP TRIGGER trainings_seats_deleted ON trainings_participation;
DROP TRIGGER trainings_seats_updated ON trainings_participation;
DROP TRIGGER trainings_seats_inserted ON trainings_participation;
DROP FUNCTION trainings_seats_written();
DROP FUNCTION trainings_count_seats(bigint[]);
DROP TRIGGER trainings_class_moved ON trainings_trainingclass;
DROP FUNCTION trainings_class_moved();
DROP TRIGGER trainings_seat_dates ON trainings_participation;
DROP FUNCTION trainings_seat_dates();
"""


class Migration(migrations.Migration):
    dependencies = [("trainings", "0002_standing")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
