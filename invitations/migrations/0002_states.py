"""States move only along the allowed edges, a live invitation holds its seat, and a proposal stays as it was."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION invitations_edge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (
        ('issued', 'accepted'), ('issued', 'declined'), ('issued', 'expired'), ('issued', 'withdrawn'), ('issued', 'replaced'),
        ('accepted', 'declined'), ('accepted', 'withdrawn'), ('accepted', 'replaced')
    ) THEN
        RAISE EXCEPTION 'an invitation does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invitations_allowed_edge';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invitations_edge BEFORE UPDATE OF state ON invitations_invitation
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION invitations_edge();

CREATE FUNCTION invitations_selection_edge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('queued', 'ranking'), ('ranking', 'queued'), ('ranking', 'proposed'), ('proposed', 'in_review'),
        ('proposed', 'approved'), ('in_review', 'approved'), ('approved', 'issued'),
        ('queued', 'void'), ('ranking', 'void'), ('proposed', 'void'), ('in_review', 'void'), ('approved', 'void'),
        ('queued', 'failed'), ('ranking', 'failed')
    ) THEN
        RAISE EXCEPTION 'a selection does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invitations_selection_allowed_edge';
    END IF;
    IF OLD.evidence_sha256 <> '' AND
        (OLD.evidence_sha256, OLD.evidence_file, OLD.seed_id, OLD.training_class_id, OLD.number, OLD.rule_version, OLD.run_on,
         OLD.parameters, OLD.pool_size, OLD.selected_count, OLD.reserve_count, OLD.excluded, OLD.requested_by_id, OLD.proposed_at)
        IS DISTINCT FROM
        (NEW.evidence_sha256, NEW.evidence_file, NEW.seed_id, NEW.training_class_id, NEW.number, NEW.rule_version, NEW.run_on,
         NEW.parameters, NEW.pool_size, NEW.selected_count, NEW.reserve_count, NEW.excluded, NEW.requested_by_id, NEW.proposed_at)
    THEN
        RAISE EXCEPTION 'the evidence of a selection is unchangeable' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invitations_selection_edge BEFORE UPDATE ON invitations_selection
    FOR EACH ROW EXECUTE FUNCTION invitations_selection_edge();

-- A candidate is written while its selection is ranked; afterwards it is neither changed nor deleted.
CREATE FUNCTION invitations_candidate_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM invitations_selection WHERE id = OLD.selection_id AND evidence_sha256 = ''
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the ranked pool of a selection is unchangeable' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER invitations_candidate_keep BEFORE UPDATE OR DELETE ON invitations_candidate
    FOR EACH ROW EXECUTE FUNCTION invitations_candidate_keep();

-- A live invitation holds a seat, an accepted one confirms it, a closed one releases it.
CREATE FUNCTION invitations_seat_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO trainings_participation (training_class_id, employee_id, state, source, first_day, last_day)
            SELECT f.training_class_id, f.employee_id,
                   CASE f.state WHEN 'accepted' THEN 'confirmed' ELSE 'held' END, 'invitation', c.first_day, c.last_day
            FROM fresh f JOIN trainings_trainingclass c ON c.id = f.training_class_id
            WHERE f.state IN ('issued', 'accepted');
    ELSE
        UPDATE trainings_participation p
            SET state = CASE f.state WHEN 'accepted' THEN 'confirmed' ELSE 'released' END
            FROM fresh f JOIN stale s USING (id)
            WHERE f.state <> s.state AND s.state IN ('issued', 'accepted') AND p.source = 'invitation'
                AND p.training_class_id = f.training_class_id AND p.employee_id = f.employee_id
                AND p.state IN ('held', 'confirmed');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invitations_seat_given AFTER INSERT ON invitations_invitation
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION invitations_seat_follows();
CREATE TRIGGER invitations_seat_changed AFTER UPDATE ON invitations_invitation
    REFERENCING NEW TABLE AS fresh OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION invitations_seat_follows();
"""

BACKWARD = """
DROP TRIGGER invitations_seat_changed ON invitations_invitation;
DROP TRIGGER invitations_seat_given ON invitations_invitation;
DROP FUNCTION invitations_seat_follows();
DROP TRIGGER invitations_candidate_keep ON invitations_candidate;
DROP FUNCTION invitations_candidate_keep();
DROP TRIGGER invitations_selection_edge ON invitations_selection;
DROP FUNCTION invitations_selection_edge();
DROP TRIGGER invitations_edge ON invitations_invitation;
DROP FUNCTION invitations_edge();
"""


class Migration(migrations.Migration):
    dependencies = [("invitations", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
