"""Certificates stay as they were made: numbers without gaps, papers that only end, nothing deleted."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION certificates_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% stays as it is', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER certificates_certificate_keep BEFORE UPDATE OR DELETE ON certificates_certificate
    FOR EACH ROW EXECUTE FUNCTION certificates_refuse();
CREATE TRIGGER certificates_template_keep BEFORE UPDATE OR DELETE ON certificates_certificatetemplate
    FOR EACH ROW EXECUTE FUNCTION certificates_refuse();
CREATE TRIGGER certificates_logo_keep BEFORE UPDATE OR DELETE ON certificates_logo
    FOR EACH ROW EXECUTE FUNCTION certificates_refuse();

-- A paper stays as it was made: its hash is written once, and it ends once. Whoever has its address printed
-- finds it for ever.
CREATE FUNCTION certificates_version_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    mutable CONSTANT text[] := ARRAY['sha256', 'signed_at', 'state', 'ended_at', 'ended_by_id', 'ended_because'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a certificate stays on record' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (to_jsonb(OLD) - mutable) <> (to_jsonb(NEW) - mutable)
        OR (OLD.sha256 <> '' AND (OLD.sha256, OLD.signed_at) IS DISTINCT FROM (NEW.sha256, NEW.signed_at))
        OR (OLD.state <> 'valid' AND (OLD.state, OLD.ended_at, OLD.ended_by_id, OLD.ended_because)
            IS DISTINCT FROM (NEW.state, NEW.ended_at, NEW.ended_by_id, NEW.ended_because))
    THEN
        RAISE EXCEPTION 'a certificate is not changed after it was made' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER certificates_version_keep BEFORE UPDATE OR DELETE ON certificates_certificateversion
    FOR EACH ROW EXECUTE FUNCTION certificates_version_keep();

-- A series of numbers only counts up.
CREATE FUNCTION certificates_series_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.last < OLD.last
        OR (NEW.organiser_id, NEW.year, NEW.first) <> (OLD.organiser_id, OLD.year, OLD.first)
    THEN
        RAISE EXCEPTION 'a series of numbers only counts up' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER certificates_series_keep BEFORE UPDATE OR DELETE ON certificates_numberseries
    FOR EACH ROW EXECUTE FUNCTION certificates_series_keep();
"""

BACKWARD = """
DROP TRIGGER certificates_series_keep ON certificates_numberseries;
DROP TRIGGER certificates_version_keep ON certificates_certificateversion;
DROP TRIGGER certificates_logo_keep ON certificates_logo;
DROP TRIGGER certificates_template_keep ON certificates_certificatetemplate;
DROP TRIGGER certificates_certificate_keep ON certificates_certificate;
DROP FUNCTION certificates_series_keep();
DROP FUNCTION certificates_version_keep();
DROP FUNCTION certificates_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("certificates", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
