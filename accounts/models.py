"""Users and the roles they hold on units."""

from datetime import date
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Now, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import Role
from audit.tracking import tracked


@tracked(exclude=["password", "last_login"])
class User(AbstractUser):
    """Signs in by user name: a NIP for employees, a chosen name for others."""

    username = models.CharField(_("user name or NIP"), max_length=150, unique=True, db_collation="C")
    full_name = models.CharField(max_length=400, blank=True)
    language = models.CharField(max_length=2, default="id", db_default="id")
    # One full name instead: not everybody has two.
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    REQUIRED_FIELDS = ["email"]

    class Meta(AbstractUser.Meta):
        indexes = [GinIndex(OpClass(Upper("full_name"), name="gin_trgm_ops"), name="accounts_user_name")]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name or self.username

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] if self.full_name else self.username

    def grants_today(self) -> list["RoleGrant"]:
        """The grants in force today with their units, in the order they were given; remembered on the object.

        What the person may do, sees and is called on the page all follow from it: one query for a request.
        """
        if "_grants_today" not in self.__dict__:
            current = RoleGrant.objects.current().filter(user=self)
            self._grants_today = list(current.select_related("unit").order_by("pk"))
        return self._grants_today

    def acting_as(self) -> list[dict[str, str]]:
        """The roles held today with their units, as the log of reading keeps them."""
        held = [
            {"role": grant.role, "unit": grant.unit.code, "name": grant.unit.name}
            for grant in self.grants_today()
        ]
        return [*held, {"role": "superuser", "unit": "", "name": ""}] if self.is_superuser else held


class RoleGrantQuerySet(models.QuerySet):
    def current(self, on: date | None = None) -> Self:
        """Grants in force on the day (today by default), both ends inclusive, and not ended at once."""
        on = on or timezone.localdate()
        return self.filter(models.Q(until=None) | models.Q(until__gte=on), since__lte=on, ended_at=None)


@tracked()
class RoleGrant(models.Model):
    """A role on a unit (and everything below it) from one day until another; ended ones stay on record."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    unit = models.ForeignKey("employees.Unit", on_delete=models.PROTECT, related_name="grants")
    since = models.DateField(default=timezone.localdate)
    until = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(db_default=Now(), editable=False)
    #: Ended at once, before its last day.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")),
                name="accounts_grant_dates_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(granted_by=None) | ~models.Q(granted_by=models.F("user")),
                name="accounts_nobody_grants_themselves",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_by=None)
                | models.Q(ended_at__isnull=False, ended_by__isnull=False),
                name="accounts_grant_ended_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["user", "since", "until"], name="accounts_grant_user")]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.unit_id}"

    @property
    def status(self) -> str:
        """One of coming, current, over, ended: where today lies in the grant."""
        today = timezone.localdate()
        if self.ended_at:
            return "ended"
        if self.since > today:
            return "coming"
        return "over" if self.until and self.until < today else "current"


class Attempt(models.Model):
    """How far a limit is used up (accounts/limits.py); written by its one statement only."""

    #: Limit and subject as a keyed hash: neither NIP nor address can be read from it.
    key = models.CharField(max_length=64, primary_key=True, db_collation="C")
    #: When the limit is as fresh as if nothing had been tried.
    full_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["full_at"], name="accounts_attempt_old")]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.full_at:%Y-%m-%d %H:%M:%S}"


class OneTimeCode(models.Model):
    """A code with which somebody sets a password, once: mailed to the address on record or handed out.

    Only a keyed hash is stored. A newer code of the same user ends the older ones.
    """

    class Way(models.TextChoices):
        MAIL = "mail", _("mail")
        HAND = "hand", _("handed out")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64, db_collation="C")
    way = models.CharField(max_length=4, choices=Way.choices)
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    attempts_left = models.PositiveSmallIntegerField()
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    handed_out_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                name="accounts_one_live_code",
                condition=models.Q(used_at=None, ended_at=None),
            ),
            models.CheckConstraint(
                condition=models.Q(used_at=None) | models.Q(ended_at=None), name="accounts_code_used_or_ended"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="accounts_code_expires")]

    def __str__(self) -> str:
        return f"{self.user} {self.way} {self.expires_at:%Y-%m-%d %H:%M}"
