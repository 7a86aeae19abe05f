"""A claim is filed open, decided once and kept; nothing of it changes afterwards but whose it is (a merge)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION trainings_claim_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a claim stays on record' USING ERRCODE = 'integrity_constraint_violation';
    ELSIF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'a claim is filed open' USING ERRCODE = 'check_violation', CONSTRAINT = 'trainings_claim_edge';
        END IF;
    ELSIF (to_jsonb(OLD) - '{employee_id,state,decided_by_id,decided_at,reason,record_id}'::text[])
            <> (to_jsonb(NEW) - '{employee_id,state,decided_by_id,decided_at,reason,record_id}'::text[]) THEN
        RAISE EXCEPTION 'what was claimed does not change' USING ERRCODE = 'integrity_constraint_violation';
    ELSIF OLD.state <> 'open' AND (to_jsonb(OLD) - '{employee_id,record_id}'::text[])
            <> (to_jsonb(NEW) - '{employee_id,record_id}'::text[]) THEN
        RAISE EXCEPTION 'a claim is decided once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'trainings_claim_edge';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER trainings_claim_keep BEFORE INSERT OR UPDATE OR DELETE ON trainings_claim
    FOR EACH ROW EXECUTE FUNCTION trainings_claim_keep();
"""

BACKWARD = """
DROP TRIGGER trainings_claim_keep ON trainings_claim;
DROP FUNCTION trainings_claim_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("trainings", "0010_claims")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
