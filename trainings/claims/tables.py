"""Lists of claims."""

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from employees.tables import LEAD, NUMBER, DayColumn, PortalTable, StateColumn
from trainings.claims.models import Claim


class ClaimTable(PortalTable):
    person = tables.Column(
        gettext_lazy("Person"), accessor="employee", linkify=("trainings:claim", {"pk": tables.A("pk")}),
        attrs=LEAD, orderable=False,
    )  # fmt: skip
    title = tables.Column(gettext_lazy("Training"), orderable=False)
    jp = tables.Column("JP", attrs=NUMBER, orderable=False)
    due_on = tables.Column(gettext_lazy("Decide until"), order_by=("due_on", "pk"))
    state = StateColumn(gettext_lazy("State"), orderable=False)

    caption = gettext_lazy("Claims of missing training")
    empty_text = gettext_lazy("No claim waits here.")
    empty_hint = gettext_lazy("When somebody claims a missing training, it appears here with its due date.")

    class Meta:
        model = Claim
        fields = ("person", "title", "jp", "due_on", "state")
        order_by = "due_on"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_text = type(self).empty_text

    def render_person(self, record: Claim) -> Any:
        return format_html("{} <small>{}</small>", record.employee.full_name, record.employee.unit.name)

    def render_title(self, record: Claim) -> Any:
        return format_html("{} <small>{}</small>", record.title, record.organiser)

    def render_due_on(self, value: Any, record: Claim) -> Any:
        day = DayColumn().render(value)
        return (
            format_html('{} <span class="state state-bad">{}</span>', day, _("Overdue"))
            if record.overdue
            else day
        )
