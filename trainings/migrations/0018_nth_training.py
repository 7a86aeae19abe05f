"""Each person's trainings numbered from the latest, so that "so many since a day" is one row of an index.

"N trainings or more since the day D" says that the N-th latest ended on D or later. The database keeps the
numbers in the transaction of the history row, behind the lock that the person's standing already is.
"""

import django.db.models.deletion
from django.db import migrations, models

# The two statements begin alike: the trainings taken part in, numbered from the latest.
_NUMBERED = """
    SELECT h.employee_id, row_number() OVER (PARTITION BY h.employee_id ORDER BY h.last_day DESC) AS number, h.last_day
    FROM trainings_historyrecord h WHERE h.result IN ('LULUS', 'HADIR')
"""

FORWARD = f"""
CREATE FUNCTION trainings_renumber(people bigint[], fewer boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    many CONSTANT boolean := COALESCE(cardinality(people), 0) > 200;
    before CONSTANT text := current_setting('enable_nestloop');
BEGIN
    IF COALESCE(cardinality(people), 0) = 0 THEN RETURN; END IF;
    IF many THEN PERFORM set_config('enable_nestloop', 'off', true); END IF;
    EXECUTE $statement$
        INSERT INTO trainings_nthtraining AS t (employee_id, number, last_day)
        {_NUMBERED} AND h.employee_id = ANY ($1)
        ON CONFLICT (employee_id, number) DO UPDATE SET last_day = EXCLUDED.last_day
            WHERE t.last_day <> EXCLUDED.last_day
    $statement$ USING people;
    IF fewer THEN
        EXECUTE $statement$
            DELETE FROM trainings_nthtraining t WHERE t.employee_id = ANY ($1) AND NOT EXISTS (
                SELECT 1 FROM ({_NUMBERED} AND h.employee_id = ANY ($1)) n
                WHERE n.employee_id = t.employee_id AND n.number = t.number)
        $statement$ USING people;
    END IF;
    IF many THEN PERFORM set_config('enable_nestloop', before, true); END IF;
END $$;

CREATE OR REPLACE FUNCTION trainings_history_written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE people bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('trainings_catalogue'));
    IF TG_OP <> 'DELETE' THEN  -- nested: a delete has no fresh rows, not even to be named
        IF EXISTS (SELECT 1 FROM fresh WHERE last_day > trainings_today()) THEN
            RAISE EXCEPTION 'history cannot end after today' USING ERRCODE = 'check_violation', CONSTRAINT = 'trainings_history_not_future';
        END IF;
    END IF;
    IF TG_OP = 'INSERT' THEN
        people := (SELECT array_agg(DISTINCT employee_id) FROM fresh);
    ELSIF TG_OP = 'DELETE' THEN
        people := (SELECT array_agg(DISTINCT employee_id) FROM stale);
    ELSE
        people := (SELECT array_agg(DISTINCT employee_id) FROM
            (SELECT employee_id FROM fresh UNION SELECT employee_id FROM stale) both_sides);
    END IF;
    PERFORM trainings_restand(people);  -- locks the people's standings, which the numbers rely on
    PERFORM trainings_renumber(people, TG_OP <> 'INSERT');
    RETURN NULL;
END $$;

INSERT INTO trainings_nthtraining (employee_id, number, last_day) {_NUMBERED};
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION trainings_history_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('trainings_catalogue'));
    IF TG_OP <> 'DELETE' THEN
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
DROP FUNCTION trainings_renumber(bigint[], boolean);
"""


class Migration(migrations.Migration):
    dependencies = [("trainings", "0017_seats_that_stay")]
    operations = [
        migrations.CreateModel(
            name="NthTraining",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "employee_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("last_day", models.DateField()),
                (
                    "employee",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="nth_trainings",
                        to="employees.employee",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["number", "last_day"], include=["employee"], name="trainings_nth_latest"
                    )
                ]
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
