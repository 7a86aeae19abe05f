"""Results of a class: components and scores, the pass meeting, results in versions, completion."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from employees.models import Employee
from trainings.codes import Result
from trainings.models.classes import Participation, TrainingClass
from trainings.querysets import ResultQuerySet

_USER = settings.AUTH_USER_MODEL
_PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class Grading(models.Model):
    """How a class is passed, its pass meeting (rapat kelulusan) and its lock."""

    training_class = models.OneToOneField(
        TrainingClass, primary_key=True, on_delete=models.PROTECT, related_name="grading"
    )
    #: False: only attendance counts, and whoever has enough of it gets HADIR.
    graded = models.BooleanField(_("scores decide"), default=True, db_default=True)
    pass_mark = models.PositiveSmallIntegerField(
        _("pass mark"), default=70, db_default=70, validators=_PERCENT
    )
    minimum_attendance = models.PositiveSmallIntegerField(
        _("least attendance (%)"), default=80, db_default=80, validators=_PERCENT
    )
    meeting_day = models.DateField(_("day of the pass meeting"), null=True)
    minutes = models.TextField(_("minutes of the pass meeting"), blank=True, db_default="")
    locked_at = models.DateTimeField(null=True)
    locked_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pass_mark__lte=100, minimum_attendance__lte=100),
                name="trainings_grading_percent",
            ),
            models.CheckConstraint(
                condition=models.Q(locked_at=None)
                | (models.Q(meeting_day__isnull=False) & ~models.Q(minutes="")),
                name="trainings_lock_needs_minutes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.training_class_id}: {self.pass_mark}"

    @property
    def locked(self) -> bool:
        return self.locked_at is not None


class Component(models.Model):
    """One column of the grade sheet. Weights of a class's components are compared, not summed to 100."""

    class Kind(models.TextChoices):
        PRE_TEST = "pre_test", _("Pre-test")
        POST_TEST = "post_test", _("Post-test")
        SCORE = "score", _("Score")

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="components")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("component"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.SCORE)
    #: Percent of the final score; 0: shown and not counted (a pre-test).
    weight = models.PositiveSmallIntegerField(_("weight (%)"), validators=_PERCENT)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["training_class", "name"], name="trainings_component_once"),
            models.CheckConstraint(
                condition=models.Q(weight__lte=100), name="trainings_component_weight"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="pre_test") | models.Q(weight=0),
                name="trainings_pre_test_does_not_count",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Score(models.Model):
    """What one participant reached in one component: 0 to 100; and after a remedial."""

    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="scores")
    participation = models.ForeignKey(Participation, on_delete=models.PROTECT, related_name="scores")
    score = models.DecimalField(max_digits=5, decimal_places=2)
    remedial = models.DecimalField(max_digits=5, decimal_places=2, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["component", "participation"], name="trainings_score_once"),
            models.CheckConstraint(
                condition=models.Q(score__gte=0, score__lte=100)
                & (models.Q(remedial=None) | models.Q(remedial__gte=0, remedial__lte=100)),
                name="trainings_score_range",
            ),
        ]

    def __str__(self) -> str:
        return str(self.score)


class Withdrawal(models.Model):
    """A participant who withdrew while the class ran (mengundurkan diri). The seat stays taken."""

    participation = models.OneToOneField(
        Participation, primary_key=True, on_delete=models.PROTECT, related_name="withdrawal"
    )
    day = models.DateField()
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.participation_id} on {self.day}"


class ParticipantResult(models.Model):
    """One version of a participant's result. The first is made by the lock; a change appends another."""

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="results")
    participation = models.ForeignKey(Participation, on_delete=models.PROTECT, related_name="results")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="results")
    version = models.PositiveSmallIntegerField(default=1)
    #: The one that counts.
    current = models.BooleanField(default=True, db_default=True)
    outcome = models.CharField(_("result"), max_length=20, choices=Result.choices)
    final_score = models.DecimalField(_("final score"), max_digits=5, decimal_places=2, null=True)
    #: Minutes of lessons attended, of all that were held.
    attended_minutes = models.PositiveIntegerField(default=0)
    held_minutes = models.PositiveIntegerField(default=0)
    #: Whether an absence was explained (ill or excused) at least once.
    excused = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True, db_default="")
    decided_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    objects = ResultQuerySet.as_manager()

    class Meta:
        ordering = ["participation", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["participation", "version"], name="trainings_result_version"),
            models.UniqueConstraint(
                fields=["participation"], condition=models.Q(current=True), name="trainings_result_current"
            ),
            models.CheckConstraint(
                condition=models.Q(version=1)
                | (
                    models.Q(decided_by__isnull=False, approved_by__isnull=False)
                    & ~models.Q(reason="")
                    & ~models.Q(decided_by=models.F("approved_by"))
                ),
                name="trainings_result_change_by_two",
            ),
        ]
        indexes = [models.Index(fields=["training_class", "employee"], name="trainings_result_class")]

    def __str__(self) -> str:
        return f"{self.employee_id}: {self.outcome} (v{self.version})"

    @property
    def attendance_percent(self) -> int:
        """Share of the held minutes attended, in whole percent, rounded down."""
        return self.attended_minutes * 100 // self.held_minutes if self.held_minutes else 0


class ResultChange(models.Model):
    """A change of a locked result, asked for by one officer and decided by another."""

    class State(models.TextChoices):
        PENDING = "pending", _("Awaiting a decision")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")

    result = models.ForeignKey(ParticipantResult, on_delete=models.PROTECT, related_name="change_requests")
    outcome = models.CharField(_("result"), max_length=20, choices=Result.choices)
    final_score = models.DecimalField(_("final score"), max_digits=5, decimal_places=2, null=True)
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    requested_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["result"], condition=models.Q(state="pending"), name="trainings_change_one_pending"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("requested_by")),
                name="trainings_change_second_officer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.result_id} → {self.outcome} ({self.state})"


class Completion(models.Model):
    """That a class is complete: its history is written. One row, once and for ever."""

    training_class = models.OneToOneField(
        TrainingClass, primary_key=True, on_delete=models.PROTECT, related_name="completion"
    )
    by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    #: People by result, and holds given.
    counts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.training_class_id} on {self.at}"
