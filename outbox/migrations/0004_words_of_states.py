"""The states of a message have their words; nothing changes in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0003_long_names"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Waiting to be sent"),
                    ("sending", "Being sent"),
                    ("sent", "Sent"),
                    ("failed", "Could not be sent"),
                    ("cancelled", "Not sent"),
                    ("no_address", "No mail address"),
                ],
                db_default="pending",
                default="pending",
                max_length=10,
            ),
        ),
    ]
