"""Training history, each person's standing, and holds."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from audit.tracking import tracked
from employees.models import Employee
from trainings.codes import TOOK_PART, ProgrammeKind, Result
from trainings.models.classes import TrainingClass
from trainings.querysets import HistoryQuerySet


@tracked()
class HistoryRecord(models.Model):
    """One training of one person. Appended or superseded, never silently overwritten.

    The programme is named by code, not by key: a record may name a programme that the catalogue does
    not (yet) know, and follows the catalogue when it does.
    """

    class Source(models.TextChoices):
        CLAIM = "claim", _("Claimed by the person, verified by the unit")

    employee = models.ForeignKey(
        Employee, on_delete=models.PROTECT, related_name="history",
        db_index=False,  # trainings_history_person begins with it
    )  # fmt: skip
    programme_code = models.CharField(max_length=40, blank=True, db_default="", db_collation="C")
    title = models.CharField(_("training"), max_length=250, blank=True, db_default="")
    #: What makes two records the same besides person and last day: the code, or the title in lower case.
    identity = models.CharField(max_length=260, editable=False)
    kind = models.CharField(
        _("kind"), max_length=20, choices=ProgrammeKind.choices, blank=True, db_default=""
    )
    organiser = models.CharField(_("organiser"), max_length=200, blank=True, db_default="")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    jp = models.PositiveSmallIntegerField(_("hours (JP)"), default=0, db_default=0)
    result = models.CharField(_("result"), max_length=20, choices=Result.choices)
    certificate_number = models.CharField(_("certificate number"), max_length=120, blank=True, db_default="")
    #: The class of this portal that produced the record, if one did.
    training_class = models.ForeignKey(
        TrainingClass, null=True, on_delete=models.PROTECT, related_name="history"
    )
    #: How it came here, where that is neither a file nor a class.
    source = models.CharField(max_length=10, choices=Source.choices, blank=True, default="", db_default="")

    objects = HistoryQuerySet.as_manager()

    class Meta:
        ordering = ["-last_day", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "identity", "last_day"], name="trainings_history_once"
            ),
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="trainings_history_dates"
            ),
        ]
        indexes = [
            models.Index(fields=["employee", "-last_day"], name="trainings_history_person"),
            models.Index(fields=["programme_code", "employee"], name="trainings_history_programme"),
            models.Index(fields=["last_day", "id"], name="trainings_history_latest"),
            models.Index(fields=["result", "last_day", "id"], name="trainings_history_result"),
            # The hours of a year, for the ceiling of the PPPK and the coverage of a year, without the table.
            models.Index(
                fields=["last_day"],
                include=["employee", "jp"],
                condition=models.Q(result__in=TOOK_PART),
                name="trainings_history_year",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title or self.programme_code} ({self.last_day})"

    @staticmethod
    def identity_of(programme_code: str, title: str) -> str:
        """The programme's code, or without one the title in lower case with single blanks (formats.md)."""
        return f"c:{programme_code}" if programme_code else f"t:{' '.join(title.lower().split())}"


class Standing(models.Model):
    """Where a person stands in every ranking. Kept by the database in the transaction of the history row."""

    employee = models.OneToOneField(
        Employee, primary_key=True, on_delete=models.CASCADE, related_name="standing"
    )
    last_training = models.DateField(null=True)
    ever_trained = models.BooleanField()
    waiting_since = models.DateField()
    service_start = models.DateField()

    class Meta:
        indexes = [
            models.Index(
                fields=["ever_trained", "waiting_since", "service_start"],
                include=["employee"],
                name="trainings_ranking_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} since {self.waiting_since}"


class NthTraining(models.Model):
    """The day a person's latest, second latest … training taken part in ended. Kept by the database, as the standing is.

    Whoever has N trainings since a day has the N-th on that day or later: one range of an index, whatever N.
    """

    pk = models.CompositePrimaryKey("employee_id", "number")
    employee = models.ForeignKey(
        Employee, on_delete=models.DO_NOTHING, related_name="nth_trainings",
        db_constraint=False,  # the history row it is made from has the constraint, and is deleted first
        db_index=False,  # the primary key begins with it
    )  # fmt: skip
    #: 1 is the latest.
    number = models.IntegerField()
    last_day = models.DateField()

    class Meta:
        indexes = [
            models.Index(fields=["number", "last_day"], include=["employee"], name="trainings_nth_latest")
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.number}: {self.last_day}"


class Hold(models.Model):
    """Nobody with a hold that ends after today is invited (unexcused absence)."""

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="holds")
    until = models.DateField()
    reason = models.CharField(max_length=300)
    training_class = models.ForeignKey(TrainingClass, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["employee", "until"], name="trainings_hold_person")]

    def __str__(self) -> str:
        return f"{self.employee_id} until {self.until}"
