"""Of five records of the history one, about, is that of another person: the planner is told.

It counts other people in a sample, and of millions who have five records each it meets too few twice: it took 39
records for everybody's share, at 1.8 million people, and so walked through millions of records from the latest
on to meet those of 148 people, 4 seconds long, instead of looking up their 850.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE trainings_historyrecord ALTER COLUMN employee_id SET (n_distinct = -0.2);
ANALYZE trainings_historyrecord (employee_id);
"""
BACKWARD = """
ALTER TABLE trainings_historyrecord ALTER COLUMN employee_id RESET (n_distinct);
ANALYZE trainings_historyrecord (employee_id);
"""


class Migration(migrations.Migration):
    dependencies = [("trainings", "0019_nth_expected")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
