"""Joins two migrations that were written at the same time; changes nothing itself."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("trainings", "0015_agenda_follows_the_zone"), ("trainings", "0015_one_index_fewer")]
    operations = []
