"""Catalogue, classes, seats, training history and each person's standing."""

from datetime import date, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.tracking import tracked
from employees.codes import Level, PositionKind, Status
from employees.models import Employee, Unit
from trainings.codes import TOOK_PART, Allocation, Method, ProgrammeKind, Result
from trainings.querysets import (
    SEAT_HELD,
    HistoryQuerySet,
    ParticipationQuerySet,
    ProgrammeQuerySet,
    TrainingClassQuerySet,
)

#: Days before the first day on which an answer is due when a class names none (formats.md).
DEFAULT_CONFIRM_DAYS = 3


@tracked()
class RuleSettings(models.Model):
    """The settings that selection.md leaves open. One row; the standing follows a change of it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    #: JP from which a training outside the catalogue resets the wait.
    minimum_jp = models.PositiveSmallIntegerField(default=20, db_default=20)
    #: No promotion when this many days or fewer remain before the class's first day.
    promotion_cutoff_days = models.PositiveSmallIntegerField(default=3, db_default=3)
    #: Months before retirement in which nobody is invited (Kemenag juknis).
    retirement_months = models.PositiveSmallIntegerField(default=24, db_default=24)
    #: JP a PPPK may have in a year (PP 49/2018 art. 40).
    pppk_ceiling_jp = models.PositiveSmallIntegerField(default=24, db_default=24)
    #: JP a PNS should reach in a year (PP 11/2017 jo. 17/2020).
    pns_yearly_jp = models.PositiveSmallIntegerField(default=20, db_default=20)
    #: Months after a class in which nobody is invited who stayed away from it without notice; 0: no hold.
    absence_hold_months = models.PositiveSmallIntegerField(default=6, db_default=6)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="trainings_one_rule_settings")]

    def __str__(self) -> str:
        return f"minimum {self.minimum_jp} JP, cut-off {self.promotion_cutoff_days} days"

    @classmethod
    def current(cls) -> "RuleSettings":
        """The settings in force; the row is made by a migration."""
        return cls.objects.get(pk=1)


@tracked()
class Programme(models.Model):
    """A training programme of the catalogue."""

    code = models.CharField(_("code"), max_length=40, unique=True, db_collation="C")
    name = models.CharField(_("name"), max_length=250)
    kind = models.CharField(_("kind"), max_length=20, choices=ProgrammeKind.choices)
    method = models.CharField(_("method"), max_length=10, choices=Method.choices)
    jp = models.PositiveSmallIntegerField(_("hours (JP of 45 minutes)"))
    target_statuses = ArrayField(
        models.CharField(max_length=10, choices=Status.choices),
        verbose_name=_("for status"), default=list, blank=True, db_default=models.Value("{}"),
    )  # fmt: skip
    target_positions = ArrayField(
        models.CharField(max_length=20, choices=PositionKind.choices),
        verbose_name=_("for kind of position"), default=list, blank=True, db_default=models.Value("{}"),
    )  # fmt: skip
    target_levels = ArrayField(
        models.CharField(max_length=20, choices=Level.choices),
        verbose_name=_("for level"), default=list, blank=True, db_default=models.Value("{}"),
    )  # fmt: skip
    grade_min = models.CharField(_("lowest grade"), max_length=6, blank=True, db_default="")
    grade_max = models.CharField(_("highest grade"), max_length=6, blank=True, db_default="")
    resets_wait = models.BooleanField(_("resets the wait"))
    pppk_exempt = models.BooleanField(_("exempt from the PPPK ceiling"), default=False, db_default=False)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(jp__gt=0), name="trainings_programme_has_hours")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def target_status_names(self) -> list[str]:
        """The statuses it is for, in words; none: for everybody."""
        return [str(Status(code).label) for code in self.target_statuses]

    @property
    def target_position_names(self) -> list[str]:
        """The kinds of position it is for, in words; none: for everybody."""
        return [str(PositionKind(code).label) for code in self.target_positions]

    @property
    def target_level_names(self) -> list[str]:
        """The levels it is for, in words; none: for everybody."""
        return [str(Level(code).label) for code in self.target_levels]


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


# The running of a class has modules of its own; imported here, because Django looks for models in this one.
from trainings.agenda_models import (  # noqa: E402
    CurriculumVersion,
    Room,
    Session,
    Subject,
    SubjectFile,
    Trainer,
)
from trainings.attendance_models import Attendance, AttendanceChange, MeetingFile, Scan  # noqa: E402
from trainings.claims.models import Claim  # noqa: E402
from trainings.evaluation_models import Evaluated, EvaluationAnswer, FollowUp  # noqa: E402
from trainings.result_models import (  # noqa: E402
    Completion,
    Component,
    Grading,
    ParticipantResult,
    ResultChange,
    Score,
    Withdrawal,
)

__all__ = [
    "TOOK_PART",
    "Attendance",
    "AttendanceChange",
    "Claim",
    "ClassArea",
    "Completion",
    "Component",
    "CurriculumVersion",
    "Evaluated",
    "EvaluationAnswer",
    "FollowUp",
    "Grading",
    "HistoryRecord",
    "Hold",
    "MeetingFile",
    "ParticipantResult",
    "Participation",
    "Programme",
    "ResultChange",
    "Room",
    "RuleSettings",
    "Scan",
    "Score",
    "Seed",
    "Session",
    "Standing",
    "Subject",
    "SubjectFile",
    "Trainer",
    "TrainingClass",
    "Withdrawal",
]
