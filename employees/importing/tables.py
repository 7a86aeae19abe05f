"""The list of imports."""

from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from employees.importing.models import ImportRun
from employees.tables import LEAD, NUMBER, DayColumn, PortalTable, StateColumn


class ImportTable(PortalTable):
    file_name = tables.Column(_("File"), linkify=("employees:import", {"pk": tables.A("pk")}), attrs=LEAD)
    kind = tables.Column(_("What"))
    state = StateColumn(_("State"))
    read = tables.Column(_("Rows"), accessor="counts__read", orderable=False, attrs=NUMBER)
    created = tables.Column(_("Added"), accessor="written__created", orderable=False, attrs=NUMBER)
    updated = tables.Column(_("Updated"), accessor="written__updated", orderable=False, attrs=NUMBER)
    owner = tables.Column(_("By"), orderable=False)
    created_at = DayColumn(_("Uploaded"))

    caption = _("Imports")
    empty_text = _("Nothing has been imported here yet.")
    empty_hint = _("Upload the export of SIMPEG, or one of the other files.")

    class Meta:
        model = ImportRun
        fields = ("file_name", "kind", "state", "read", "created", "updated", "owner", "created_at")
        order_by = "-created_at"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_text = type(self).empty_text
