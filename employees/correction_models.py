"""Requests to correct personal data: what the person says is right, and what the unit answered."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from employees.scoping import scope_roots, within

#: Within which a request is answered (UU 27/2022 art. 30: 3 × 24 hours).
ANSWER_WITHIN = timedelta(hours=72)


class CorrectionQuerySet(models.QuerySet):
    def for_officer(self, user: Any) -> Self:
        """What this officer answers: of the people in scope, never one's own."""
        roots = scope_roots(user, Permission.CORRECT)
        return self.filter(within(roots, "employee__unit__path")).exclude(employee__user=user)

    def of_user(self, user: Any) -> Self:
        """The user's own requests, the latest first."""
        return self.filter(employee__user=user).order_by("-pk") if user.is_authenticated else self.none()

    def open(self) -> Self:
        """Not answered yet; those due first come first."""
        return self.filter(state="open").order_by("due_at", "pk")


class CorrectionRequest(models.Model):
    """One field of one person's record that is wrong. Answered once; disagreeing is a new request."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    class Field(models.TextChoices):
        NAME = "name", _("Name")
        FRONT_TITLE = "front_title", _("Title before the name")
        BACK_TITLE = "back_title", _("Title after the name")
        POSITION = "position", _("Position")
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Mobile phone")
        BIRTH_DATE = "birth_date", _("Date of birth")
        GRADE = "grade", _("Grade")
        UNIT = "unit", _("Unit")
        SERVICE_START = "service_start", _("In service since")
        RETIREMENT = "retirement_date", _("Retires on")
        OTHER = "other", _("Something else")

    employee = models.ForeignKey("employees.Employee", on_delete=models.PROTECT, related_name="corrections")
    field = models.CharField(_("what is wrong"), max_length=20, choices=Field.choices)
    value = models.CharField(_("what is right"), max_length=200)
    text = models.TextField(_("how it can be checked"), blank=True, db_default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    filed_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField()
    answer = models.TextField(_("answer"), blank=True, db_default="")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "field"],
                condition=models.Q(state="open"),
                name="employees_one_open_correction",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", answered_by=None, answered_at=None)
                | models.Q(
                    state__in=["accepted", "refused"], answered_by__isnull=False, answered_at__isnull=False
                ),
                name="employees_correction_answered",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="refused", answer=""), name="employees_refusal_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="employees_correction_due", condition=models.Q(state="open"))
        ]

    def __str__(self) -> str:
        return f"{self.employee_id}: {self.field} ({self.state})"

    @property
    def overdue(self) -> bool:
        return self.state == self.State.OPEN and self.due_at < timezone.now()
