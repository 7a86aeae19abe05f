"""A person's candidates are found by pages of ranks, not by an index written at random places."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
INSERT INTO invitations_rankpage (selection_id, page, people, ranks)
SELECT selection_id, employee_id >> 8, array_agg((employee_id & 255)::smallint), array_agg(rank)
FROM invitations_candidate GROUP BY selection_id, employee_id >> 8;

CREATE TRIGGER invitations_rank_page_keep BEFORE UPDATE OR DELETE ON invitations_rankpage
    FOR EACH ROW EXECUTE FUNCTION invitations_candidate_keep();
"""

BACKWARD = "DROP TRIGGER invitations_rank_page_keep ON invitations_rankpage;"


class Migration(migrations.Migration):
    dependencies = [("invitations", "0009_lists")]

    operations = [
        migrations.CreateModel(
            name="RankPage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("page", models.BigIntegerField()),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(), size=None
                    ),
                ),
                (
                    "ranks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(), size=None
                    ),
                ),
                (
                    "selection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="invitations.selection",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="rankpage",
            constraint=models.UniqueConstraint(
                fields=("page", "selection"), name="invitations_rank_page_once"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveIndex(model_name="candidate", name="invitations_candidate_person"),
    ]
