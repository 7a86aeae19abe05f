"""The list of invitations as an export."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from employees.exporting.lists import Column, Exported, ListExport, as_text, register
from employees.exporting.people import as_shown
from invitations.filters import InvitationFilter
from invitations.models import Invitation
from invitations.tables import InvitationTable

COLUMNS = (
    Column("ID_PEGAWAI", "employee__external_id"),
    Column("NAMA", "employee__name"),
    Column("KODE_SATUAN_KERJA", "employee__unit__code"),
    Column("SATUAN_KERJA", "employee__unit__name"),
    Column("KODE_KELAS", "training_class__code"),
    Column("PELATIHAN", "training_class__programme__name"),
    Column("MULAI", "training_class__first_day", text=False),
    Column("SELESAI", "training_class__last_day", text=False),
    Column("PERINGKAT", "rank", text=False),
    Column("BATAS_KONFIRMASI", "answer_by", text=False),
    Column("STATUS_UNDANGAN", "state"),
    Column("ALASAN_BERHALANGAN", "decline_reason"),
    Column("DITERBITKAN", as_text("issued_at")),
    Column("DIJAWAB", as_text("answered_at")),
)


def invited(user: Any, query: QueryDict) -> Exported:
    """The invitations in scope with the filters and the order of the address."""
    scope = Invitation.objects.visible_to(user, Permission.DOWNLOAD_LISTS)
    return as_shown(
        user, query, scope=scope.order_by("-selection_id", "rank", "pk"), filters=InvitationFilter, table=InvitationTable, columns=COLUMNS,
        nip_road="employee__nip", person="employee_id",
    )  # fmt: skip


def register_all() -> None:
    """Called once when the portal starts."""
    register(ListExport("invitations", _("Invitations"), Permission.DOWNLOAD_LISTS, invited))
