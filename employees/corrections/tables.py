"""The list of requests an officer answers."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from employees.correction_models import CorrectionRequest
from employees.tables import LEAD, DayColumn, PortalTable


class CorrectionTable(PortalTable):
    employee = tables.Column(gettext_lazy("Person"), attrs=LEAD, order_by=("employee__name", "pk"))
    field = tables.Column(gettext_lazy("What is wrong"), orderable=False)
    filed_at = DayColumn(gettext_lazy("Asked"), order_by=("filed_at", "pk"))
    due_at = DayColumn(gettext_lazy("Answer until"), order_by=("due_at", "pk"))
    state = tables.Column(gettext_lazy("State"), orderable=False)

    caption = gettext_lazy("Requests to correct personal data")
    empty_text = gettext_lazy("Nobody of your units waits for a correction.")

    class Meta:
        model = CorrectionRequest
        fields = ("employee", "field", "filed_at", "due_at", "state")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_text = type(self).empty_text

    def render_employee(self, record: CorrectionRequest) -> Any:
        return format_html(
            '<a href="{}">{}</a> <small>{}</small>',
            reverse("employees:answer_correction", args=[record.pk]),
            record.employee.full_name, record.employee.unit.name,
        )  # fmt: skip

    def render_state(self, record: CorrectionRequest) -> Any:
        tone, word = "warn", record.get_state_display()
        if record.overdue:
            tone, word = "bad", _("Overdue")
        elif record.state != "open":
            tone = "good" if record.state == "accepted" else "quiet"
        return format_html('<span class="state state-{}">{}</span>', tone, word)
