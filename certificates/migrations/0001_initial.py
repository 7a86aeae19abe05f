"""Certificates: templates, series, certificates and their versions."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("employees", "0002_unit_paths"),
        ("trainings", "0005_history_year"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Logo",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("content", models.BinaryField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("seq", models.PositiveIntegerField()),
                ("number", models.CharField(max_length=120, verbose_name="number")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "organiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="employees.unit"
                    ),
                ),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificate",
                        to="trainings.historyrecord",
                    ),
                ),
                (
                    "training_class",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="trainings.trainingclass",
                    ),
                ),
            ],
            options={
                "ordering": ["organiser", "year", "seq"],
            },
        ),
        migrations.CreateModel(
            name="CertificateTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("texts", models.JSONField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificate_templates",
                        to="employees.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["-version"],
            },
        ),
        migrations.CreateModel(
            name="CertificateVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                ("public_id", models.CharField(db_collation="C", max_length=32, unique=True)),
                ("dated", models.DateField()),
                ("data", models.JSONField()),
                ("sha256", models.CharField(blank=True, db_default="", default="", max_length=64)),
                ("signed_at", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("valid", "Valid"), ("replaced", "Replaced"), ("revoked", "Revoked")],
                        default="valid",
                        max_length=10,
                    ),
                ),
                ("because", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_because", models.CharField(blank=True, db_default="", default="", max_length=500)),
                (
                    "certificate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="certificates.certificate",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="certificates.certificatetemplate",
                    ),
                ),
            ],
            options={
                "ordering": ["-version"],
            },
        ),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("first", models.PositiveIntegerField(default=1)),
                ("last", models.PositiveIntegerField()),
                (
                    "organiser",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificate_series",
                        to="employees.unit",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="certificate",
            index=models.Index(fields=["training_class", "year", "seq"], name="certificates_of_class"),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.UniqueConstraint(
                fields=("organiser", "year", "seq"), name="certificates_numbered_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("number"), name="certificates_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="certificatetemplate",
            constraint=models.UniqueConstraint(
                fields=("organiser", "version"), name="certificates_template_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="certificateversion",
            constraint=models.UniqueConstraint(
                fields=("certificate", "version"), name="certificates_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="certificateversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "valid")), fields=("certificate",), name="certificates_one_valid"
            ),
        ),
        migrations.AddConstraint(
            model_name="certificateversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "valid")),
                    models.Q(models.Q(("state", "valid"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="certificates_ended_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.UniqueConstraint(
                fields=("organiser", "year"), name="certificates_one_series_a_year"
            ),
        ),
        migrations.AddConstraint(
            model_name="numberseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("first__gte", 1),
                    (
                        "last__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("first"), "-", models.Value(1)
                        ),
                    ),
                ),
                name="certificates_series_counts_up",
            ),
        ),
    ]
