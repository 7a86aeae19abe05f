"""A seat that only changes from held to confirmed leaves the count as it is, so the class is not locked for it.

Whatever gives, frees or moves a seat is counted anew under the class's lock, as before.
"""

from django.db import migrations

_FUNCTION = """
CREATE OR REPLACE FUNCTION trainings_seats_written() RETURNS trigger LANGUAGE plpgsql AS $$
{declare}BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM trainings_count_seats((SELECT array_agg(DISTINCT training_class_id) FROM fresh));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM trainings_count_seats((SELECT array_agg(DISTINCT training_class_id) FROM stale));
    ELSE
        {changed}
    END IF;
    RETURN NULL;
END $$;
"""

FORWARD = _FUNCTION.format(
    declare="DECLARE classes bigint[];\n",
    changed="""SELECT array_agg(DISTINCT training_class_id) INTO classes FROM (
            -- What holds a seat on one side and not, or in another class, on the other.
            (SELECT id, training_class_id FROM fresh WHERE state IN ('held', 'confirmed')
                EXCEPT SELECT id, training_class_id FROM stale WHERE state IN ('held', 'confirmed'))
            UNION ALL
            (SELECT id, training_class_id FROM stale WHERE state IN ('held', 'confirmed')
                EXCEPT SELECT id, training_class_id FROM fresh WHERE state IN ('held', 'confirmed'))
        ) changed;
        IF classes IS NOT NULL THEN PERFORM trainings_count_seats(classes); END IF;""",
)

BACKWARD = _FUNCTION.format(
    declare="",
    changed="""PERFORM trainings_count_seats((SELECT array_agg(DISTINCT training_class_id) FROM
            (SELECT training_class_id FROM fresh UNION SELECT training_class_id FROM stale) both_sides));""",
)


class Migration(migrations.Migration):
    dependencies = [("trainings", "0016_two_at_once")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
