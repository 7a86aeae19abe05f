"""A result never changes, but whose it is follows when two records of one person are merged.

The merge says so for its own transaction (`simdiklat.merging`); everything else of the row stays as it was.
"""

from django.db import migrations

_UNCHANGEABLE = """(NOT OLD.current OR NEW.current OR
        (OLD.id, OLD.training_class_id, OLD.participation_id, OLD.employee_id, OLD.version, OLD.outcome, OLD.final_score,
         OLD.attended_minutes, OLD.held_minutes, OLD.excused, OLD.reason, OLD.decided_by_id, OLD.approved_by_id)
        IS DISTINCT FROM
        (NEW.id, NEW.training_class_id, NEW.participation_id, NEW.employee_id, NEW.version, NEW.outcome, NEW.final_score,
         NEW.attended_minutes, NEW.held_minutes, NEW.excused, NEW.reason, NEW.decided_by_id, NEW.approved_by_id))"""

_TRIGGER = """
DROP TRIGGER trainings_result_stays ON trainings_participantresult;
CREATE TRIGGER trainings_result_stays BEFORE UPDATE ON trainings_participantresult
    FOR EACH ROW WHEN (%s) EXECUTE FUNCTION trainings_refuse_change();
"""

FORWARD = _TRIGGER % (
    "NOT (COALESCE(current_setting('simdiklat.merging', true), '') = 'on' "
    "AND to_jsonb(OLD) - 'employee_id' = to_jsonb(NEW) - 'employee_id') AND " + _UNCHANGEABLE
)
BACKWARD = _TRIGGER % _UNCHANGEABLE


class Migration(migrations.Migration):
    dependencies = [("trainings", "0011_claim_states"), ("employees", "0006_duplicates")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
