"""The list of training history as an export."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from employees.exporting.lists import Column, Exported, ListExport, register
from employees.exporting.people import as_shown
from trainings.filters import HistoryFilter
from trainings.models import HistoryRecord
from trainings.tables import HistoryTable

COLUMNS = (
    Column("ID_PEGAWAI", "employee__external_id"),
    Column("NAMA", "employee__name"),
    Column("KODE_SATUAN_KERJA", "employee__unit__code"),
    Column("KODE_PROGRAM", "programme_code"),
    Column("NAMA_PELATIHAN", "title"),
    Column("JENIS", "kind"),
    Column("PENYELENGGARA", "organiser"),
    Column("MULAI", "first_day", text=False),
    Column("SELESAI", "last_day", text=False),
    Column("JP", "jp", text=False),
    Column("HASIL", "result"),
    Column("NOMOR_SERTIFIKAT", "certificate_number"),
)


def history(user: Any, query: QueryDict) -> Exported:
    """The history of the people in scope with the filters and the order of the address."""
    scope = HistoryRecord.objects.visible_to(user, Permission.DOWNLOAD_LISTS)
    return as_shown(
        user, query, scope=scope, filters=HistoryFilter, table=HistoryTable, columns=COLUMNS,
        nip_road="employee__nip", person="employee_id",
    )  # fmt: skip


def register_all() -> None:
    """Called once when the portal starts."""
    register(ListExport("history", _("Training history"), Permission.DOWNLOAD_LISTS, history))
