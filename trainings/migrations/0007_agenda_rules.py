"""What the database keeps of a running class.

Moments and minutes of a session come from its day, its times and the organiser's time zone; a session lies
inside its class's dates and moves with them; a published curriculum stays as it is; corrections of
attendance and versions of results are appended; attendance and scores belong to the class's own people.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION trainings_zone(unit bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE time_zone WHEN 'WITA' THEN 'Asia/Makassar' WHEN 'WIT' THEN 'Asia/Jayapura' ELSE 'Asia/Jakarta' END
    FROM employees_unit WHERE id = unit
$$;

CREATE FUNCTION trainings_session_filled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE class_row record; zone text;
BEGIN
    SELECT first_day, last_day, organiser_id, state INTO class_row
    FROM trainings_trainingclass WHERE id = NEW.training_class_id FOR SHARE;
    IF NEW.day NOT BETWEEN class_row.first_day AND class_row.last_day THEN
        RAISE EXCEPTION 'session on % lies outside its class', NEW.day
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trainings_session_in_class';
    END IF;
    NEW.active := class_row.state <> 'cancelled';
    zone := trainings_zone(class_row.organiser_id);
    IF NEW.mode = 'self_paced' THEN
        NEW.starts := NULL; NEW.ends := NULL; NEW.starts_at := NULL; NEW.ends_at := NULL;
    ELSE
        NEW.starts_at := (NEW.day + NEW.starts) AT TIME ZONE zone;
        NEW.ends_at := (NEW.day + NEW.ends) AT TIME ZONE zone;
        -- A missing or reversed time is for the check constraint to refuse, not for the arithmetic.
        NEW.minutes := GREATEST(0, COALESCE(EXTRACT(epoch FROM NEW.ends - NEW.starts) / 60, 0));
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trainings_session_filled BEFORE INSERT OR UPDATE ON trainings_session
    FOR EACH ROW EXECUTE FUNCTION trainings_session_filled();

CREATE FUNCTION trainings_agenda_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE trainings_session SET day = day + (NEW.first_day - OLD.first_day) WHERE training_class_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER trainings_agenda_moved AFTER UPDATE OF first_day, last_day, state, organiser_id ON trainings_trainingclass
    FOR EACH ROW WHEN ((OLD.first_day, OLD.last_day, OLD.state, OLD.organiser_id)
        IS DISTINCT FROM (NEW.first_day, NEW.last_day, NEW.state, NEW.organiser_id))
    EXECUTE FUNCTION trainings_agenda_moved();

CREATE FUNCTION trainings_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is appended to, never changed', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER trainings_attendance_change_stays BEFORE UPDATE OR DELETE ON trainings_attendancechange
    FOR EACH ROW EXECUTE FUNCTION trainings_refuse_change();
CREATE TRIGGER trainings_completion_stays BEFORE UPDATE OR DELETE ON trainings_completion
    FOR EACH ROW EXECUTE FUNCTION trainings_refuse_change();
-- Of a version of a result only `current` ends, once.
CREATE TRIGGER trainings_result_stays BEFORE UPDATE ON trainings_participantresult
    FOR EACH ROW WHEN (NOT OLD.current OR NEW.current OR
        (OLD.id, OLD.training_class_id, OLD.participation_id, OLD.employee_id, OLD.version, OLD.outcome, OLD.final_score,
         OLD.attended_minutes, OLD.held_minutes, OLD.excused, OLD.reason, OLD.decided_by_id, OLD.approved_by_id)
        IS DISTINCT FROM
        (NEW.id, NEW.training_class_id, NEW.participation_id, NEW.employee_id, NEW.version, NEW.outcome, NEW.final_score,
         NEW.attended_minutes, NEW.held_minutes, NEW.excused, NEW.reason, NEW.decided_by_id, NEW.approved_by_id))
    EXECUTE FUNCTION trainings_refuse_change();
CREATE TRIGGER trainings_result_kept BEFORE DELETE ON trainings_participantresult
    FOR EACH ROW EXECUTE FUNCTION trainings_refuse_change();

CREATE TRIGGER trainings_curriculum_stays BEFORE UPDATE OR DELETE ON trainings_curriculumversion
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION trainings_refuse_change();
CREATE FUNCTION trainings_subject_written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE version bigint;
BEGIN
    version := CASE WHEN TG_OP = 'INSERT' THEN NEW.version_id ELSE OLD.version_id END;
    IF EXISTS (SELECT 1 FROM trainings_curriculumversion WHERE id = version AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a published curriculum stays as it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trainings_curriculum_stays';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER trainings_subject_written BEFORE INSERT OR UPDATE OR DELETE ON trainings_subject
    FOR EACH ROW EXECUTE FUNCTION trainings_subject_written();

-- A mark is for somebody of the session's own class.
CREATE FUNCTION trainings_mark_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT training_class_id FROM trainings_session WHERE id = NEW.session_id) IS DISTINCT FROM
       (SELECT training_class_id FROM trainings_participation WHERE id = NEW.participation_id) THEN
        RAISE EXCEPTION 'attendance of somebody of another class'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trainings_attendance_own_class';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trainings_mark_written BEFORE INSERT OR UPDATE OF session_id, participation_id ON trainings_attendance
    FOR EACH ROW EXECUTE FUNCTION trainings_mark_written();
CREATE FUNCTION trainings_score_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT training_class_id FROM trainings_component WHERE id = NEW.component_id) IS DISTINCT FROM
       (SELECT training_class_id FROM trainings_participation WHERE id = NEW.participation_id) THEN
        RAISE EXCEPTION 'a score of somebody of another class'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trainings_score_own_class';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trainings_score_written BEFORE INSERT OR UPDATE OF component_id, participation_id ON trainings_score
    FOR EACH ROW EXECUTE FUNCTION trainings_score_written();

-- Once the results are locked, what they were computed from stays.
CREATE FUNCTION trainings_lock_holds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE class_id bigint; entry jsonb; locked timestamptz;
BEGIN
    entry := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    class_id := CASE TG_TABLE_NAME
        WHEN 'trainings_component' THEN (entry->>'training_class_id')::bigint
        WHEN 'trainings_session' THEN (entry->>'training_class_id')::bigint
        WHEN 'trainings_score' THEN
            (SELECT training_class_id FROM trainings_component WHERE id = (entry->>'component_id')::bigint)
        ELSE (SELECT training_class_id FROM trainings_session WHERE id = (entry->>'session_id')::bigint) END;
    -- Locking updates the same row: whoever writes at that moment waits for it, then sees it.
    SELECT locked_at INTO locked FROM trainings_grading WHERE training_class_id = class_id FOR SHARE;
    IF locked IS NOT NULL THEN
        RAISE EXCEPTION 'the results of this class are locked'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trainings_results_locked';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER trainings_attendance_lock BEFORE INSERT OR UPDATE OR DELETE ON trainings_attendance
    FOR EACH ROW EXECUTE FUNCTION trainings_lock_holds();
CREATE TRIGGER trainings_score_lock BEFORE INSERT OR UPDATE OR DELETE ON trainings_score
    FOR EACH ROW EXECUTE FUNCTION trainings_lock_holds();
CREATE TRIGGER trainings_component_lock BEFORE INSERT OR UPDATE OR DELETE ON trainings_component
    FOR EACH ROW EXECUTE FUNCTION trainings_lock_holds();
CREATE TRIGGER trainings_session_lock BEFORE INSERT OR UPDATE OR DELETE ON trainings_session
    FOR EACH ROW EXECUTE FUNCTION trainings_lock_holds();
"""

BACKWARD = """
DROP FUNCTION trainings_lock_holds() CASCADE;
DROP FUNCTION trainings_score_written() CASCADE;
DROP FUNCTION trainings_mark_written() CASCADE;
DROP FUNCTION trainings_subject_written() CASCADE;
DROP FUNCTION trainings_refuse_change() CASCADE;
DROP FUNCTION trainings_agenda_moved() CASCADE;
DROP FUNCTION trainings_session_filled() CASCADE;
DROP FUNCTION trainings_zone(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("trainings", "0006_running_a_class")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
