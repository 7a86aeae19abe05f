"""Who had no training when invited: few of many, whom the list looked for from the latest invitation on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invitations", "0010_rank_pages")]

    operations = [
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                condition=models.Q(("reason__ever_trained", False)),
                fields=["-selection", "rank", "id"],
                name="invitations_never_trained",
            ),
        ),
    ]
