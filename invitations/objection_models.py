"""Objections (keberatan): what an employee asks an officer to look at again, and the answer."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from employees.models import Employee
from invitations.querysets import ObjectionQuerySet
from trainings.models import TrainingClass

_USER = settings.AUTH_USER_MODEL


class Objection(models.Model):
    """One objection of one person: to a selection, to not being considered for a class, or in general.

    Answered once; whoever does not agree with the answer files a new one.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ANSWERED = "answered", _("Answered")

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="objections")
    training_class = models.ForeignKey(
        TrainingClass, null=True, blank=True, on_delete=models.PROTECT, related_name="objections"
    )
    #: The issued selection it is about, when there is one.
    selection = models.ForeignKey(
        "invitations.Selection", null=True, blank=True, on_delete=models.PROTECT, related_name="objections"
    )
    text = models.TextField(_("objection"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    filed_at = models.DateTimeField(db_default=Now())
    #: The last day to answer (docs/review-and-objections.md).
    due_on = models.DateField()
    answer = models.TextField(_("answer"), blank=True, db_default="")
    answered_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "training_class", "selection"],
                condition=models.Q(state="open"),
                nulls_distinct=False,
                name="invitations_one_open_objection",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", answered_by=None, answered_at=None, answer="")
                | (
                    models.Q(state="answered", answered_by__isnull=False, answered_at__isnull=False)
                    & ~models.Q(answer="")
                ),
                name="invitations_objection_answered",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"], name="invitations_objection_due", condition=models.Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id}: {self.state}"

    @property
    def overdue(self) -> bool:
        return self.state == self.State.OPEN and self.due_on < timezone.localdate()
