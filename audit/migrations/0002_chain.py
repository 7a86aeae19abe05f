"""The database chains the events and refuses to change or delete them."""

from django.db import migrations

FORWARD = """
INSERT INTO audit_chainhead (id, seq, hash) VALUES (1, 0, '') ON CONFLICT DO NOTHING;

CREATE FUNCTION audit_event_hash(
    previous text, seq bigint, at timestamptz, actor_id bigint, actor_name text, verb text,
    object_type text, object_id text, unit_path text, data jsonb
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(
        jsonb_build_array(previous, seq, extract(epoch FROM at), actor_id, actor_name, verb,
                          object_type, object_id, unit_path, data)::text, 'UTF8')), 'hex')
$$;

-- Runs when the transaction commits: the head's row lock orders the commits, held only that long.
CREATE FUNCTION audit_event_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE head audit_chainhead;
BEGIN
    UPDATE audit_chainhead SET seq = seq + 1 WHERE id = 1 RETURNING * INTO STRICT head;
    UPDATE audit_event e SET seq = head.seq, previous_hash = head.hash,
        hash = audit_event_hash(head.hash, head.seq, e.at, e.actor_id, e.actor_name, e.verb,
                                e.object_type, e.object_id, e.unit_path, e.data)
    WHERE e.id = NEW.id RETURNING e.hash INTO head.hash;
    UPDATE audit_chainhead SET hash = head.hash WHERE id = 1;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_event_seal AFTER INSERT ON audit_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_event_seal();

CREATE FUNCTION audit_event_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seq IS NULL AND NEW.seq IS NOT NULL
        AND (OLD.id, OLD.at, OLD.actor_id, OLD.actor_name, OLD.verb, OLD.object_type, OLD.object_id, OLD.unit_path, OLD.data)
            IS NOT DISTINCT FROM
            (NEW.id, NEW.at, NEW.actor_id, NEW.actor_name, NEW.verb, NEW.object_type, NEW.object_id, NEW.unit_path, NEW.data)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit events are only appended' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_event_keep BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_keep();
"""

BACKWARD = """
DROP TRIGGER audit_event_keep ON audit_event;
DROP FUNCTION audit_event_keep();
DROP TRIGGER audit_event_seal ON audit_event;
DROP FUNCTION audit_event_seal();
DROP FUNCTION audit_event_hash(text, bigint, timestamptz, bigint, text, text, text, text, text, jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
