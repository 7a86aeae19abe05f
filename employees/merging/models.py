"""Pairs of records that may be one person, and what was decided about them for ever."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from employees.scoping import ScopedQuerySet, scope_roots, within


class PairQuerySet(ScopedQuerySet):
    permission = Permission.MERGE_PEOPLE

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Pairs of which both people are in scope."""
        roots = scope_roots(user, permission or self.permission)
        return self.filter(within(roots, "first__unit__path"), within(roots, "second__unit__path"))

    def open(self) -> Self:
        return self.filter(state="open")

    def for_table(self) -> Self:
        return self.select_related("first__unit", "second__unit", "decided_by")


class DuplicatePair(models.Model):
    """Two records, the one with the lower key first. Found once; "different" is remembered for ever."""

    class State(models.TextChoices):
        OPEN = "open", _("To be looked at")
        DIFFERENT = "different", _("Two different people")
        MERGED = "merged", _("Merged")

    first = models.ForeignKey("employees.Employee", on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey("employees.Employee", on_delete=models.CASCADE, related_name="+")
    #: How alike the names are, 0 to 100.
    alike = models.PositiveSmallIntegerField()
    same_unit = models.BooleanField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, db_default="open")
    found_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        ordering = ["-alike", "id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="employees_pair_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="employees_pair_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", decided_by=None, decided_at=None)
                | (~models.Q(state="open") & models.Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="employees_pair_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id} ({self.state})"
