"""Classes, their areas, the seeds of their selections, and their seats."""

from datetime import date, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.tracking import tracked
from employees.models import Employee, Unit
from trainings.codes import Allocation
from trainings.models.catalogue import Programme
from trainings.querysets import SEAT_HELD, ParticipationQuerySet, TrainingClassQuerySet

#: Days before the first day on which an answer is due when a class names none (formats.md).
DEFAULT_CONFIRM_DAYS = 3


@tracked(exclude=["seats_taken"])
class TrainingClass(models.Model):
    """One run of a programme (kelas, angkatan): when, where, for whom, how many seats."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        CANCELLED = "cancelled", _("Cancelled")

    code = models.CharField(_("code"), max_length=40, unique=True, db_collation="C")
    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="classes", verbose_name=_("programme")
    )
    batch = models.CharField(_("batch (angkatan)"), max_length=60, blank=True, db_default="")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    organiser = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="classes", verbose_name=_("organiser")
    )
    place = models.CharField(_("place"), max_length=200, blank=True, db_default="")
    seats = models.PositiveIntegerField(_("seats"))
    #: Seats held by live invitations or confirmed; kept by the database from Participation.
    seats_taken = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    reserve = models.PositiveIntegerField(_("reserve"), default=0, db_default=0)
    allocation = models.CharField(
        _("allocation"), max_length=15, choices=Allocation.choices,
        default=Allocation.NASIONAL, db_default="NASIONAL",
    )  # fmt: skip
    unit_cap = models.PositiveIntegerField(_("most from one unit (0: no limit)"), default=0, db_default=0)
    confirm_by = models.DateField(_("last day to answer"))
    #: Days in which regional offices may review a proposal; 0: none.
    review_days = models.PositiveSmallIntegerField(_("review days"), default=0, db_default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT, db_default="draft")
    #: The curriculum that the agenda follows; None: the programme's hours alone count.
    curriculum = models.ForeignKey(
        "trainings.CurriculumVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="classes"
    )
    #: Employees of its areas may take a free seat themselves (a webinar).
    self_enrolment = models.BooleanField(_("open for self-enrolment"), default=False, db_default=False)
    #: Counts the changes that invited people were told of: the SEQUENCE of their calendar entries.
    revision = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = TrainingClassQuerySet.as_manager()

    class Meta:
        ordering = ["first_day", "code"]
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="trainings_class_dates"
            ),
            models.CheckConstraint(condition=models.Q(seats__gt=0), name="trainings_class_has_seats"),
            models.CheckConstraint(
                condition=models.Q(seats_taken__lte=models.F("seats")), name="trainings_seats_not_exceeded"
            ),
        ]
        indexes = [models.Index(fields=["first_day", "code"], name="trainings_class_start")]

    def __str__(self) -> str:
        return f"{self.programme.name} {self.batch}".strip()

    @property
    def free_seats(self) -> int:
        return self.seats - self.seats_taken

    def ended(self, on: date | None = None) -> bool:
        return self.last_day < (on or timezone.localdate())

    def open_for_selection(self, on: date | None = None) -> bool:
        """Not begun and the last day to answer not past (selection.md, "Strata and seats")."""
        on = on or timezone.localdate()
        return self.first_day > on and self.confirm_by >= on

    @staticmethod
    def default_confirm_by(first_day: date) -> date:
        """Three days before the first day (formats.md)."""
        return first_day - timedelta(days=DEFAULT_CONFIRM_DAYS)


class ClassArea(models.Model):
    """An area for which a class is held; under MANUAL with its own seats. None: the root is the area."""

    training_class = models.ForeignKey(TrainingClass, on_delete=models.CASCADE, related_name="areas")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    seats = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["unit__code"]
        constraints = [
            models.UniqueConstraint(fields=["training_class", "unit"], name="trainings_class_area_once")
        ]

    def __str__(self) -> str:
        return str(self.unit)


class Seed(models.Model):
    """The lottery's seed of one selection: committed to when drawn, revealed when proposed (selection.md)."""

    training_class = models.ForeignKey(TrainingClass, on_delete=models.CASCADE, related_name="seeds")
    number = models.PositiveSmallIntegerField()
    #: 32 random bytes in hex. Secret until `revealed_at`.
    value = models.CharField(max_length=64)
    #: SHA-256 of the hex text, public from the moment of drawing.
    commitment = models.CharField(max_length=64)
    drawn_at = models.DateTimeField(db_default=Now())
    revealed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["training_class", "number"], name="trainings_seed_numbered")
        ]

    def __str__(self) -> str:
        return self.commitment


class Participation(models.Model):
    """A seat in a class, however obtained: held by a live invitation, or confirmed.

    The database keeps the dates equal to the class's, counts the taken seats, and refuses a seat too
    many and two overlapping classes for one person. A released seat stays as a record.
    """

    class State(models.TextChoices):
        HELD = "held", _("Held")
        CONFIRMED = "confirmed", _("Confirmed")
        RELEASED = "released", _("Released")

    class Source(models.TextChoices):
        INVITATION = "invitation", _("Invitation")
        MANUAL = "manual", _("Registered by hand")
        SELF = "self", _("Self-enrolled")

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="participations")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="participations")
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    source = models.CharField(max_length=10, choices=Source.choices)
    first_day = models.DateField(editable=False)
    last_day = models.DateField(editable=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = ParticipationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["training_class", "employee"],
                condition=models.Q(state__in=SEAT_HELD),
                name="trainings_one_seat_per_person",
            ),
            ExclusionConstraint(
                name="trainings_no_overlapping_seats",
                expressions=[
                    ("employee", RangeOperators.EQUAL),
                    (
                        models.Func("first_day", "last_day", models.Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=models.Q(state__in=SEAT_HELD),
            ),
        ]
        indexes = [models.Index(fields=["employee", "last_day"], name="trainings_seat_of_person")]

    def __str__(self) -> str:
        return f"{self.employee_id} in {self.training_class_id} ({self.state})"
