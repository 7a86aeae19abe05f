"""The standing is kept right by the database, in the transaction of the history row.

Whatever changes it: history (single rows, bulk loads, updates, deletes), people, the catalogue and the
settings of the rule. Every change recomputes the people concerned from their history; nothing is added
up from deltas. The rule: selection.md, "What resets the wait".
"""

from django.db import migrations

FORWARD = """
INSERT INTO trainings_rulesettings (id) VALUES (1) ON CONFLICT DO NOTHING;

CREATE FUNCTION trainings_today() RETURNS date LANGUAGE sql STABLE AS $$
    SELECT (now() AT TIME ZONE 'Asia/Jakarta')::date
$$;

-- Kinds that reset the wait for trainings outside the catalogue (the table in formats.md).
CREATE FUNCTION trainings_kind_resets(kind text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT kind IN ('STRUKTURAL', 'MANAJERIAL', 'FUNGSIONAL', 'TEKNIS', 'SOSIOKULTURAL',
                    'PJJ', 'KURSUS', 'PENATARAN', 'BIMTEK', 'MAGANG')
$$;

-- What each person's standing should be, from history. The checker reads it too.
CREATE VIEW trainings_standing_expected AS
    SELECT e.id AS employee_id, e.service_start, q.last_training
    FROM employees_employee e LEFT JOIN (
        SELECT h.employee_id, max(h.last_day) AS last_training
        FROM trainings_historyrecord h
        CROSS JOIN (SELECT minimum_jp FROM trainings_rulesettings WHERE id = 1) s
        LEFT JOIN trainings_programme p ON p.code = h.programme_code
        WHERE h.result IN ('LULUS', 'HADIR') AND h.last_day <= trainings_today()
            AND CASE WHEN p.id IS NOT NULL THEN p.resets_wait
                     ELSE trainings_kind_resets(h.kind) AND h.jp >= s.minimum_jp END
        GROUP BY h.employee_id
    ) q ON q.employee_id = e.id;

-- Recompute the standing of these people. The rows are locked first, in order, so that of two writers
-- the second computes from what the first has committed.
CREATE FUNCTION trainings_restand(people bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF COALESCE(cardinality(people), 0) = 0 THEN RETURN; END IF;
    PERFORM 1 FROM trainings_standing WHERE employee_id = ANY (people) ORDER BY employee_id FOR UPDATE;
    UPDATE trainings_standing s SET
        last_training = q.last_training,
        ever_trained = q.last_training IS NOT NULL,
        waiting_since = COALESCE(q.last_training, e.service_start),
        service_start = e.service_start
    FROM employees_employee e LEFT JOIN (
        SELECT h.employee_id, max(h.last_day) AS last_training
        FROM trainings_historyrecord h
        CROSS JOIN (SELECT minimum_jp FROM trainings_rulesettings WHERE id = 1) r
        LEFT JOIN trainings_programme p ON p.code = h.programme_code
        WHERE h.employee_id = ANY (people)
            AND h.result IN ('LULUS', 'HADIR') AND h.last_day <= trainings_today()
            AND CASE WHEN p.id IS NOT NULL THEN p.resets_wait
                     ELSE trainings_kind_resets(h.kind) AND h.jp >= r.minimum_jp END
        GROUP BY h.employee_id
    ) q ON q.employee_id = e.id
    WHERE s.employee_id = e.id AND e.id = ANY (people)
        AND (s.last_training, s.ever_trained, s.waiting_since, s.service_start) IS DISTINCT FROM
            (q.last_training, q.last_training IS NOT NULL, COALESCE(q.last_training, e.service_start), e.service_start);
END $$;

-- History. Writers of history share a lock that a change of the catalogue or of the settings takes alone:
-- otherwise a row and a programme committed at the same moment would not see each other.
CREATE FUNCTION trainings_history_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('trainings_catalogue'));
    IF TG_OP <> 'DELETE' THEN  -- nested: a delete has no fresh rows, not even to be named
        IF EXISTS (SELECT 1 FROM fresh WHERE last_day > trainings_today()) THEN
            RAISE EXCEPTION 'history cannot end after today' USING ERRCODE = 'check_violation', CONSTRAINT = 'trainings_history_not_future';
        END IF;
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM trainings_restand((SELECT array_agg(DISTINCT employee_id) FROM fresh));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM trainings_restand((SELECT array_agg(DISTINCT employee_id) FROM stale));
    ELSE
        PERFORM trainings_restand((SELECT array_agg(DISTINCT employee_id) FROM
            (SELECT employee_id FROM fresh UNION SELECT employee_id FROM stale) both_sides));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER trainings_history_inserted AFTER INSERT ON trainings_historyrecord
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION trainings_history_written();
CREATE TRIGGER trainings_history_updated AFTER UPDATE ON trainings_historyrecord
    REFERENCING NEW TABLE AS fresh OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION trainings_history_written();
CREATE TRIGGER trainings_history_deleted AFTER DELETE ON trainings_historyrecord
    REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION trainings_history_written();

-- People: everybody has a standing from the first moment.
CREATE FUNCTION trainings_people_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO trainings_standing (employee_id, last_training, ever_trained, waiting_since, service_start)
            SELECT id, NULL, false, service_start, service_start FROM fresh;
    ELSE
        PERFORM trainings_restand((SELECT array_agg(fresh.id) FROM fresh JOIN stale USING (id)
            WHERE fresh.service_start <> stale.service_start));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER trainings_people_inserted AFTER INSERT ON employees_employee
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION trainings_people_written();
CREATE TRIGGER trainings_people_updated AFTER UPDATE ON employees_employee
    REFERENCING NEW TABLE AS fresh OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION trainings_people_written();
CREATE FUNCTION trainings_person_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM trainings_standing WHERE employee_id = OLD.id;
    RETURN OLD;
END $$;
CREATE TRIGGER trainings_person_deleted BEFORE DELETE ON employees_employee
    FOR EACH ROW EXECUTE FUNCTION trainings_person_deleted();

-- The catalogue and the settings.
CREATE FUNCTION trainings_catalogue_written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE codes text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(code) INTO codes FROM fresh;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(code) INTO codes FROM stale;
    ELSE
        SELECT array_agg(code) INTO codes FROM (
            SELECT unnest(ARRAY[fresh.code, stale.code]) AS code FROM fresh JOIN stale USING (id)
            WHERE (fresh.code, fresh.resets_wait) IS DISTINCT FROM (stale.code, stale.resets_wait)
        ) changed;
    END IF;
    IF codes IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('trainings_catalogue'));
        PERFORM trainings_restand((SELECT array_agg(DISTINCT employee_id) FROM trainings_historyrecord
            WHERE programme_code = ANY (codes)));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER trainings_catalogue_inserted AFTER INSERT ON trainings_programme
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION trainings_catalogue_written();
CREATE TRIGGER trainings_catalogue_updated AFTER UPDATE ON trainings_programme
    REFERENCING NEW TABLE AS fresh OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION trainings_catalogue_written();
CREATE TRIGGER trainings_catalogue_deleted AFTER DELETE ON trainings_programme
    REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION trainings_catalogue_written();
CREATE FUNCTION trainings_settings_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.minimum_jp <> OLD.minimum_jp THEN
        PERFORM pg_advisory_xact_lock(hashtext('trainings_catalogue'));
        PERFORM trainings_restand((SELECT array_agg(DISTINCT h.employee_id) FROM trainings_historyrecord h
            WHERE NOT EXISTS (SELECT 1 FROM trainings_programme p WHERE p.code = h.programme_code)));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER trainings_settings_written AFTER UPDATE ON trainings_rulesettings
    FOR EACH ROW EXECUTE FUNCTION trainings_settings_written();
"""

BACKWARD = """
DROP TRIGGER trainings_settings_written ON trainings_rulesettings;
DROP FUNCTION trainings_settings_written();
DROP TRIGGER trainings_catalogue_deleted ON trainings_programme;
DROP TRIGGER trainings_catalogue_updated ON trainings_programme;
DROP TRIGGER trainings_catalogue_inserted ON trainings_programme;
DROP FUNCTION trainings_catalogue_written();
DROP TRIGGER trainings_person_deleted ON employees_employee;
DROP FUNCTION trainings_person_deleted();
DROP TRIGGER trainings_people_updated ON employees_employee;
DROP TRIGGER trainings_people_inserted ON employees_employee;
DROP FUNCTION trainings_people_written();
DROP TRIGGER trainings_history_deleted ON trainings_historyrecord;
DROP TRIGGER trainings_history_updated ON trainings_historyrecord;
DROP TRIGGER trainings_history_inserted ON trainings_historyrecord;
DROP FUNCTION trainings_history_written();
DROP FUNCTION trainings_restand(bigint[]);
DROP VIEW trainings_standing_expected;
DROP FUNCTION trainings_kind_resets(text);
DROP FUNCTION trainings_today();
"""


class Migration(migrations.Migration):
    dependencies = [("trainings", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
