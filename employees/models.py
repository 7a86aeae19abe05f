"""Units (the tree) and the people who work in them."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import origin
from audit.tracking import tracked
from employees.codes import (
    PNS_GRADES,
    Activity,
    Level,
    PositionKind,
    Sex,
    Status,
    TimeZone,
    UnitKind,
)
from employees.formatting import masked
from employees.querysets import EmployeeQuerySet, ServiceAreaQuerySet, UnitQuerySet


@tracked(exclude=["path"])
class Unit(models.Model):
    """A work unit (satuan kerja). `path` is kept by the database from `parent` (migration 0002)."""

    code = models.CharField(_("code"), max_length=30, unique=True, db_collation="C")
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=UnitKind.choices)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=120, default="", db_default="", editable=False, db_collation="C")
    province_code = models.CharField(_("province"), max_length=10, blank=True, db_default="")
    time_zone = models.CharField(
        _("time zone"), max_length=4, choices=TimeZone.choices, default=TimeZone.WIB, db_default="WIB"
    )
    active = models.BooleanField(_("active"), default=True, db_default=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), name="employees_one_root", condition=models.Q(parent=None)
            ),
        ]
        indexes = [
            models.Index(fields=["path"], name="employees_unit_path"),
            models.Index(fields=["name"], name="employees_unit_by_name"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="employees_unit_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceArea(models.Model):
    """A training centre serves an area (usually a Kanwil) from one day until another; data, not code."""

    organiser = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="service_areas")
    area = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="served_by")
    since = models.DateField(default=timezone.localdate)
    until = models.DateField(null=True, blank=True)

    objects = ServiceAreaQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organiser", "area", "since"], name="employees_service_area_once"
            ),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")),
                name="employees_service_area_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organiser} → {self.area}"


@tracked()
class Employee(models.Model):
    """A person in the ministry's service. The NIP changes in a career; the key is `id`."""

    nip = models.CharField(_("NIP"), max_length=18, null=True, blank=True, unique=True, db_collation="C")
    external_id = models.CharField(
        _("employee ID"), max_length=40, null=True, blank=True, unique=True, db_collation="C"
    )
    name = models.CharField(_("name"), max_length=200)
    front_title = models.CharField(_("title before the name"), max_length=60, blank=True, db_default="")
    back_title = models.CharField(_("title after the name"), max_length=120, blank=True, db_default="")
    sex = models.CharField(_("sex"), max_length=1, choices=Sex.choices)
    birth_date = models.DateField(_("date of birth"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    activity = models.CharField(
        _("activity"), max_length=20, choices=Activity.choices, default=Activity.AKTIF, db_default="AKTIF"
    )
    grade = models.CharField(_("grade"), max_length=6, blank=True, db_default="")
    position_kind = models.CharField(
        _("kind of position"), max_length=20, choices=PositionKind.choices, blank=True, db_default=""
    )
    level = models.CharField(_("level"), max_length=20, choices=Level.choices, blank=True, db_default="")
    position = models.CharField(_("position"), max_length=200, blank=True, db_default="")
    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        related_name="employees",
        verbose_name=_("unit"),
        db_index=False,  # employees_by_unit begins with it
    )
    service_start = models.DateField(_("in service since"))
    retirement_date = models.DateField(_("retires on"))
    email = models.CharField(_("e-mail"), max_length=254, blank=True, db_default="")
    phone = models.CharField(_("mobile phone"), max_length=30, blank=True, db_default="")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="employee"
    )
    #: Set on a record that was found to be another's twin: it stays for what was frozen with it, and
    #: nobody is ranked, counted or listed by it (employees/merging).
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="merged_records",
        db_index=False,  # employees_merged holds the few that have one
    )  # fmt: skip

    objects = EmployeeQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(nip__isnull=False)
                | models.Q(external_id__isnull=False)
                | models.Q(merged_into__isnull=False),
                name="employees_nip_or_id",
            ),
            models.CheckConstraint(
                condition=models.Q(nip=None) | models.Q(nip__regex=r"^[0-9]{18}$"),
                name="employees_nip_digits",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | models.Q(nip=None, user=None, activity=""),
                name="employees_merged_is_nobody",
            ),
        ]
        indexes = [
            # The orders of the list of people; what says who is listed stands beside the name, so that rows are
            # counted and skipped without the table.
            models.Index(
                fields=["name", "id"], include=["activity", "merged_into"], name="employees_in_order"
            ),
            models.Index(fields=["unit", "name", "id"], name="employees_by_unit"),
            models.Index(fields=["status", "name", "id"], name="employees_by_status"),
            models.Index(fields=["position_kind", "name", "id"], name="employees_by_kind"),
            models.Index(
                fields=["merged_into"],
                name="employees_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="employees_name_trgm"),
            GinIndex(OpClass("nip", name="gin_trgm_ops"), name="employees_nip_trgm"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """Name with titles: "Dr. Siti Aminah, S.Ag.".

        Writing it on a page is what the log of reading has to tell, whichever page it is: a page that is made
        tomorrow cannot forget to (audit/origin.py).
        """
        origin.show(self.pk)
        name = f"{self.front_title} {self.name}".strip()
        return f"{name}, {self.back_title}" if self.back_title else name

    @property
    def keys(self) -> list[int]:
        """The keys under which the person was ever known: the own one and those of records merged into it."""
        return [self.pk, *self.merged_records.order_by("pk").values_list("pk", flat=True)]

    @property
    def number(self) -> str:
        """The NIP, or the ID of those without one: the KEY of selection.md."""
        return self.nip or self.external_id or ""

    @property
    def nip_display(self) -> str:
        """The NIP as people write it, `19860302 201012 1 001`; the ID of those without one."""
        nip = self.nip
        return f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}" if nip else self.external_id or ""

    @property
    def nip_masked(self) -> str:
        """For viewers without need of it, `1986********* 001`."""
        return masked(self.nip) if self.nip else "***"

    @property
    def grade_display(self) -> str:
        """Rank and grade, "Penata Muda (III/a)"; the bare grade for PPPK."""
        return f"{PNS_GRADES[self.grade]} ({self.grade})" if self.grade in PNS_GRADES else self.grade


class FormerNip(models.Model):
    """A NIP somebody used to have (a PPPK who became CPNS): still finds the person."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="former_nips")
    nip = models.CharField(max_length=18, unique=True, db_collation="C")
    until = models.DateField(default=timezone.localdate)

    def __str__(self) -> str:
        return self.nip


class UnitAssignment(models.Model):
    """A unit somebody used to work in, kept by the database when the unit changes (migration 0005).

    The present unit is the person's own; these rows are what was before it.
    """

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="earlier_units")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    #: Empty: since before the portal knew.
    since = models.DateField(null=True)
    until = models.DateField()

    class Meta:
        ordering = ["-until", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(since=None) | models.Q(until__gte=models.F("since")),
                name="employees_assignment_dates",
            ),
        ]
        indexes = [models.Index(fields=["employee", "-until"], name="employees_assignment_person")]

    def __str__(self) -> str:
        return f"{self.employee_id} in {self.unit_id} until {self.until}"


# Imports, merging and corrections have modules of their own; imported here, because Django looks for models
# in this one.
from employees.correction_models import CorrectionRequest  # noqa: E402
from employees.importing.models import ImportKind, ImportRun  # noqa: E402
from employees.merging.models import DuplicatePair  # noqa: E402

__all__ = [
    "CorrectionRequest",
    "DuplicatePair",
    "Employee",
    "FormerNip",
    "ImportKind",
    "ImportRun",
    "ServiceArea",
    "Unit",
    "UnitAssignment",
]
