"""Letters: numbers without gaps or doubles, letters that stay as they were made."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

FORWARD = """
-- A letter stays as it was made: its hash is written once, and it ends once.
CREATE FUNCTION invitations_letter_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    mutable CONSTANT text[] := ARRAY['sha256', 'state', 'superseded_by_id', 'ended_at', 'ended_by_id', 'ended_because'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a letter stays on record' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (to_jsonb(OLD) - mutable) <> (to_jsonb(NEW) - mutable)
        OR (OLD.sha256 <> '' AND OLD.sha256 <> NEW.sha256)
        OR (OLD.state <> 'valid' AND
            (OLD.state, OLD.superseded_by_id, OLD.ended_at, OLD.ended_by_id, OLD.ended_because)
            IS DISTINCT FROM (NEW.state, NEW.superseded_by_id, NEW.ended_at, NEW.ended_by_id, NEW.ended_because))
    THEN
        RAISE EXCEPTION 'a letter is not changed after it was made' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invitations_letter_keep BEFORE UPDATE OR DELETE ON invitations_letter
    FOR EACH ROW EXECUTE FUNCTION invitations_letter_keep();

CREATE FUNCTION invitations_letter_name_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.current AND NOT NEW.current
        AND (OLD.id, OLD.letter_id, OLD.invitation_id) = (NEW.id, NEW.letter_id, NEW.invitation_id)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the names on a letter stay on record' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER invitations_letter_name_keep BEFORE UPDATE OR DELETE ON invitations_lettername
    FOR EACH ROW EXECUTE FUNCTION invitations_letter_name_keep();

CREATE FUNCTION invitations_template_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of the texts stays as it is' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER invitations_template_keep BEFORE UPDATE OR DELETE ON invitations_lettertemplate
    FOR EACH ROW EXECUTE FUNCTION invitations_template_keep();

-- A series of numbers only counts up.
CREATE FUNCTION invitations_series_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.last < OLD.last
        OR (NEW.organiser_id, NEW.year, NEW.first) <> (OLD.organiser_id, OLD.year, OLD.first)
    THEN
        RAISE EXCEPTION 'a series of numbers only counts up' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invitations_series_keep BEFORE UPDATE OR DELETE ON invitations_numberseries
    FOR EACH ROW EXECUTE FUNCTION invitations_series_keep();
"""

BACKWARD = """
DROP FUNCTION invitations_letter_keep() CASCADE;
DROP FUNCTION invitations_letter_name_keep() CASCADE;
DROP FUNCTION invitations_template_keep() CASCADE;
DROP FUNCTION invitations_series_keep() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("employees", "0002_unit_paths"),
        ("invitations", "0004_objections"),
        ("trainings", "0004_class_revision"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LetterTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("texts", models.JSONField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letter_templates",
                        to="employees.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["-version"],
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.CharField(db_collation="C", max_length=32, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("first", "Summons"),
                            ("supplementary", "Additional summons"),
                            ("change", "Changed summons"),
                        ],
                        max_length=15,
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("seq", models.PositiveIntegerField()),
                ("number", models.CharField(max_length=120, unique=True)),
                ("dated", models.DateField()),
                ("data", models.JSONField()),
                ("facts", models.JSONField()),
                ("names_count", models.PositiveIntegerField()),
                ("sha256", models.CharField(blank=True, db_default="", default="", max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("valid", "Valid"),
                            ("superseded", "Superseded"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="valid",
                        max_length=10,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_because", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "office",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="employees.unit",
                    ),
                ),
                (
                    "organiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="employees.unit"
                    ),
                ),
                (
                    "superseded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supersedes",
                        to="invitations.letter",
                    ),
                ),
                (
                    "training_class",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="trainings.trainingclass",
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="invitations.lettertemplate",
                    ),
                ),
            ],
            options={
                "ordering": ["organiser", "year", "seq"],
            },
        ),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("first", models.PositiveIntegerField(default=1)),
                ("last", models.PositiveIntegerField()),
                (
                    "organiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="number_series",
                        to="employees.unit",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LetterName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("current", models.BooleanField(db_default=True, default=True)),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="named_on",
                        to="invitations.invitation",
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="names",
                        to="invitations.letter",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("current", True)),
                        fields=("invitation",),
                        name="invitations_on_one_letter",
                    ),
                    models.UniqueConstraint(fields=("letter", "invitation"), name="invitations_named_once"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="lettertemplate",
            constraint=models.UniqueConstraint(
                fields=("organiser", "version"), name="invitations_template_version"
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["office", "-id"], name="invitations_letter_office"),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.UniqueConstraint(
                fields=("organiser", "year", "seq"), name="invitations_letter_numbered_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "superseded"), ("superseded_by__isnull", False)),
                    models.Q(models.Q(("state", "superseded"), _negated=True), ("superseded_by", None)),
                    _connector="OR",
                ),
                name="invitations_letter_superseded_by_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.UniqueConstraint(
                fields=("organiser", "year"), name="invitations_one_series_a_year"
            ),
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("first__gte", 1),
                    (
                        "last__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("first"), "-", models.Value(1)
                        ),
                    ),
                ),
                name="invitations_series_counts_up",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
