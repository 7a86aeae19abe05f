"""Claims of missing training history. Only a verified one counts, by the history record it becomes."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from employees.models import Employee
from employees.scoping import EVERYWHERE, ScopedQuerySet, within
from trainings.codes import ProgrammeKind, Result

_USER = settings.AUTH_USER_MODEL


class ClaimQuerySet(ScopedQuerySet):
    unit_path = "employee__unit__path"
    permission = Permission.VERIFY_CLAIMS

    def of_user(self, user: Any) -> Self:
        """One's own."""
        return self.filter(employee__user=user)

    def open(self) -> Self:
        return self.filter(state="open")

    def closed(self) -> Self:
        return self.exclude(state="open")

    def for_table(self) -> Self:
        """With the person and the unit, so that a list costs the same at any length."""
        return self.select_related("employee__unit", "decided_by")

    def of_people_for(self, training_class: Any) -> Self:
        """Of people who may be ranked for the class: those below its areas, everybody without any."""
        paths = [area.unit.path for area in training_class.areas.select_related("unit")] or [EVERYWHERE]
        return self.filter(within(paths, self.unit_path))

    def by_unit(self) -> Any:
        """Number of claims and the first due date of each unit: rows of unit id, name, claims, due."""
        return (
            self.order_by()
            .values("employee__unit_id", "employee__unit__name")
            .annotate(claims=models.Count("pk"), due=models.Min("due_on"))
            .order_by("due", "employee__unit__name")
        )


class Claim(models.Model):
    """One training that one person says is missing. Decided once; after a refusal a new claim may follow.

    The database keeps the states (migration 0011): filed open, decided once, never deleted or changed.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waits for verification")
        VERIFIED = "verified", _("Verified")
        REFUSED = "refused", _("Refused")

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="claims")
    programme_code = models.CharField(max_length=40, blank=True, db_default="", db_collation="C")
    title = models.CharField(_("training"), max_length=250)
    #: As in the history: what makes two trainings of a person the same besides the last day.
    identity = models.CharField(max_length=260, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=ProgrammeKind.choices)
    organiser = models.CharField(_("organiser"), max_length=200)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    jp = models.PositiveSmallIntegerField(_("hours (JP)"))
    result = models.CharField(_("result"), max_length=20, choices=Result.choices)
    certificate_number = models.CharField(_("certificate number"), max_length=120, blank=True, db_default="")
    #: The certificate: a random name below CLAIMS_DIR, what it is by its content, its name for people.
    stored_name = models.CharField(max_length=64, unique=True)
    file_type = models.CharField(max_length=20)
    file_name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    filed_at = models.DateTimeField(db_default=Now())
    #: The last day to decide.
    due_on = models.DateField()
    decided_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True, db_default="")
    #: The history record it became.
    record = models.OneToOneField(
        "trainings.HistoryRecord", null=True, on_delete=models.PROTECT, related_name="claim"
    )
    #: The refused claim that this one follows.
    follows = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="followed_by")

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "identity", "last_day"],
                condition=models.Q(state="open"),
                name="trainings_one_open_claim",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", decided_by=None, decided_at=None, record=None, reason="")
                | models.Q(
                    state="verified", decided_by__isnull=False, decided_at__isnull=False,
                    record__isnull=False, reason="",
                )
                | (
                    models.Q(
                        state="refused", decided_by__isnull=False, decided_at__isnull=False, record=None
                    )
                    & ~models.Q(reason="")
                ),
                name="trainings_claim_decided",
            ),
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="trainings_claim_dates"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["due_on"], name="trainings_claim_due", condition=models.Q(state="open")),
            models.Index(fields=["employee", "-id"], name="trainings_claim_person"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.last_day}): {self.state}"

    @property
    def overdue(self) -> bool:
        return self.state == self.State.OPEN and self.due_on < timezone.localdate()
