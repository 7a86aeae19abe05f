"""The list of letters."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from employees.tables import ACT, LEAD, NUMBER, WIDE, DayColumn, PortalTable
from invitations.models import Letter


class LetterTable(PortalTable):
    """Letters with their states; the class is left out inside a class's own page."""

    number = tables.Column(
        gettext_lazy("Number"), order_by=("organiser", "year", "seq"), attrs=LEAD,
        linkify=("invitations:letter_check", {"public_id": tables.A("public_id")}),
    )  # fmt: skip
    training_class = tables.Column(
        gettext_lazy("Class"), order_by=("training_class__first_day", "pk"), attrs=WIDE,
        linkify=("invitations:letters", {"pk": tables.A("training_class_id")}),
    )  # fmt: skip
    office = tables.Column(gettext_lazy("Addressed to"), order_by=("office__name", "pk"))
    kind = tables.Column(gettext_lazy("Kind"), order_by=("kind", "pk"))
    dated = DayColumn(gettext_lazy("Date"), order_by=("dated", "pk"))
    names_count = tables.Column(gettext_lazy("Names"), attrs=NUMBER, order_by=("names_count", "pk"))
    state = tables.Column(gettext_lazy("State"), order_by=("state", "pk"))
    act = tables.Column(gettext_lazy("Actions"), empty_values=(), orderable=False, attrs=ACT)

    #: Whether the reader may withdraw these letters.
    may_withdraw = False
    caption = gettext_lazy("Letters")
    empty_text = gettext_lazy("There is no letter for your offices here yet.")
    empty_hint = gettext_lazy("Letters are made by the organiser after a selection is approved and issued.")

    class Meta:
        model = Letter
        fields = ("number", "training_class", "office", "kind", "dated", "names_count", "state", "act")

    def render_state(self, record: Letter) -> Any:
        tone = "good" if record.state == Letter.State.VALID else "quiet"
        badge = format_html('<span class="state state-{}">{}</span>', tone, record.get_state_display())
        if record.superseded_by:
            why = _("By letter %(number)s.") % {"number": record.superseded_by.number}
        else:
            why = record.ended_because
        return format_html("{} <small>{}</small>", badge, why) if why else badge

    def render_act(self, record: Letter) -> Any:
        links = [("PDF", reverse("invitations:letter_pdf", args=[record.pk]))]
        if self.may_withdraw and record.state == Letter.State.VALID:
            links.append((_("Withdraw"), reverse("invitations:letter_withdraw", args=[record.pk])))
        return format_html_join(
            " ",
            '<a href="{}">{}<span class="visually-hidden"> {}</span></a>',
            ((url, label, record.number) for label, url in links),
        )
