"""Users and the roles they hold on units."""

from datetime import date
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import Role


class User(AbstractUser):
    """Signs in by user name: a NIP for employees, a chosen name for others."""

    username = models.CharField(_("user name or NIP"), max_length=150, unique=True, db_collation="C")
    full_name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=2, default="id", db_default="id")
    # One full name instead: not everybody has two.
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    REQUIRED_FIELDS = ["email"]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name or self.username

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] if self.full_name else self.username


class RoleGrantQuerySet(models.QuerySet):
    def current(self, on: date | None = None) -> Self:
        """Grants in force on the day (today by default), both ends inclusive."""
        on = on or timezone.localdate()
        return self.filter(models.Q(until=None) | models.Q(until__gte=on), since__lte=on)


class RoleGrant(models.Model):
    """A role on a unit (and everything below it) from one day until another."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    unit = models.ForeignKey("employees.Unit", on_delete=models.PROTECT, related_name="grants")
    since = models.DateField(default=timezone.localdate)
    until = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")),
                name="accounts_grant_dates_in_order",
            ),
        ]
        indexes = [models.Index(fields=["user", "since", "until"], name="accounts_grant_user")]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.unit_id}"
