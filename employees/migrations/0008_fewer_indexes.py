"""Three of thirteen indexes on people answered nothing and cost every row of an import.

Numbers are compared byte by byte (collation C), so the unique indexes find their beginnings as well as the
pattern indexes that Django adds; and of merged records there are a handful. That a record is not merged stands
in the index of the list's order instead, which then answers counts and skipped rows alone.
"""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
DROP INDEX IF EXISTS employees_employee_nip_89f4fd60_like;
DROP INDEX IF EXISTS employees_employee_external_id_7c1fe9af_like;
"""
BACKWARD = """
CREATE INDEX employees_employee_nip_89f4fd60_like ON employees_employee (nip varchar_pattern_ops);
CREATE INDEX employees_employee_external_id_7c1fe9af_like ON employees_employee (external_id varchar_pattern_ops);
"""


class Migration(migrations.Migration):
    dependencies = [("employees", "0007_changes")]

    operations = [
        migrations.AlterField(
            model_name="employee",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged_records",
                to="employees.employee",
            ),
        ),
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="employees_merged",
            ),
        ),
        migrations.RemoveIndex(model_name="employee", name="employees_in_order"),
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(
                fields=["name", "id"], include=("activity", "merged_into"), name="employees_in_order"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
