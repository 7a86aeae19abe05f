"""What letters and certificates keep alike: versions of an organiser's texts, numbers given out in a year.

Abstract: each room has tables of its own, named by its own app.
"""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from employees.models import Unit


class TextsVersion(models.Model):
    """One version of an organiser's texts. Never changed: a new text is a new version.

    Whoever inherits names `organiser`, a unit.
    """

    organiser: "models.ForeignKey[Unit, Unit]"
    version = models.PositiveIntegerField()
    #: The fields of the room's `Texts`.
    texts = models.JSONField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["organiser", "version"], name="%(app_label)s_template_version"),
        ]

    def __str__(self) -> str:
        return f"{self.organiser} v{self.version}"


class YearlyNumbers(models.Model):
    """The numbers an organiser has given out in a year: `first` to `last`, every one of them used.

    Whoever inherits names `organiser`, a unit.
    """

    organiser: "models.ForeignKey[Unit, Unit]"
    year = models.PositiveSmallIntegerField()
    first = models.PositiveIntegerField(default=1)
    last = models.PositiveIntegerField()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["organiser", "year"], name="%(app_label)s_one_series_a_year"),
            models.CheckConstraint(
                condition=models.Q(first__gte=1, last__gte=models.F("first") - 1),
                name="%(app_label)s_series_counts_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organiser} {self.year}: {self.first}–{self.last}"
