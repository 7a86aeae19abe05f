"""The standing of many people is recomputed quickly, whatever the planner believes about the tables.

A table that was emptied once is remembered as empty until it is analysed again. The join of a bulk load
was then planned as a nested loop over a few rows and ran for hours over thousands. Recomputing many people
at once does without nested loops; a few people keep the plan by index. The statement is planned for the
very people it is about, so no plan for one person is used for everybody.
"""

from django.db import migrations

_COMPUTE = """
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
        WHERE h.employee_id = ANY ({people})
            AND h.result IN ('LULUS', 'HADIR') AND h.last_day <= trainings_today()
            AND CASE WHEN p.id IS NOT NULL THEN p.resets_wait
                     ELSE trainings_kind_resets(h.kind) AND h.jp >= r.minimum_jp END
        GROUP BY h.employee_id
    ) q ON q.employee_id = e.id
    WHERE s.employee_id = e.id AND e.id = ANY ({people}){more}
        AND (s.last_training, s.ever_trained, s.waiting_since, s.service_start) IS DISTINCT FROM
            (q.last_training, q.last_training IS NOT NULL, COALESCE(q.last_training, e.service_start), e.service_start)
"""

_LOCK = "PERFORM 1 FROM trainings_standing WHERE employee_id = ANY (people) ORDER BY employee_id FOR UPDATE;"

FORWARD = f"""
CREATE OR REPLACE FUNCTION trainings_restand(people bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    many CONSTANT boolean := COALESCE(cardinality(people), 0) > 200;
    before CONSTANT text := current_setting('enable_nestloop');
BEGIN
    IF COALESCE(cardinality(people), 0) = 0 THEN RETURN; END IF;
    {_LOCK}
    IF many THEN PERFORM set_config('enable_nestloop', 'off', true); END IF;
    EXECUTE $statement${_COMPUTE.format(people="$1", more=" AND s.employee_id = ANY ($1)")}$statement$ USING people;
    IF many THEN PERFORM set_config('enable_nestloop', before, true); END IF;
END $$;
"""

BACKWARD = f"""
CREATE OR REPLACE FUNCTION trainings_restand(people bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF COALESCE(cardinality(people), 0) = 0 THEN RETURN; END IF;
    {_LOCK}
    {_COMPUTE.format(people="people", more="")};
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("trainings", "0013_changes")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
