"""The list of people as an export."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from employees.exporting.lists import Column, Exported, ListExport, register
from employees.exporting.people import as_shown
from employees.filters import EmployeeFilter
from employees.models import Employee
from employees.tables import EmployeeTable

COLUMNS = (
    Column("ID_PEGAWAI", "external_id"),
    Column("NAMA", "name"),
    Column("GELAR_DEPAN", "front_title"),
    Column("GELAR_BELAKANG", "back_title"),
    Column("STATUS", "status"),
    Column("GOL_RUANG", "grade"),
    Column("JENIS_JABATAN", "position_kind"),
    Column("JENJANG", "level"),
    Column("JABATAN", "position"),
    Column("KODE_SATUAN_KERJA", "unit__code"),
    Column("SATUAN_KERJA", "unit__name"),
    Column("TMT_MULAI", "service_start", text=False),
    Column("PELATIHAN_TERAKHIR", "standing__last_training", text=False),
    Column("MENUNGGU_SEJAK", "standing__waiting_since", text=False),
)


def people(user: Any, query: QueryDict) -> Exported:
    """The people in scope with the filters and the order of the address."""
    scope = Employee.objects.visible_to(user, Permission.DOWNLOAD_LISTS).active()
    return as_shown(
        user, query, scope=scope, filters=EmployeeFilter, table=EmployeeTable, columns=COLUMNS,
        nip_road="nip", person="pk",
    )  # fmt: skip


def register_all() -> None:
    """Called once when the portal starts."""
    register(ListExport("employees", _("Employees"), Permission.DOWNLOAD_LISTS, people))
