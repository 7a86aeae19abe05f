"""What the numbered trainings should be, from history: for the checker, as `trainings_standing_expected` is."""

from django.db import migrations

FORWARD = """
CREATE VIEW trainings_nth_expected AS
    SELECT h.employee_id, row_number() OVER (PARTITION BY h.employee_id ORDER BY h.last_day DESC) AS number, h.last_day
    FROM trainings_historyrecord h WHERE h.result IN ('LULUS', 'HADIR')
"""


class Migration(migrations.Migration):
    dependencies = [("trainings", "0018_nth_training")]
    operations = [migrations.RunSQL(FORWARD, "DROP VIEW trainings_nth_expected")]
