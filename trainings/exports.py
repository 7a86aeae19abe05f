"""The list of training history as an export."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from employees.exporting.lists import Column, Exported, ListExport, nip, register
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
    filtered = HistoryFilter(query, queryset=scope, user=user)
    table = HistoryTable(filtered.qs.for_table())
    return Exported(
        rows=table.ordered(query),
        columns=(Column("NIP", nip("employee__nip", user)), *COLUMNS),
        person="employee_id",
        filters=filtered.given,
    )


def register_all() -> None:
    """Called once when the portal starts."""
    register(ListExport("history", _("Training history"), Permission.DOWNLOAD_LISTS, history))
