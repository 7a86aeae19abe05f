"""The list of a class's certificates."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.models import Certificate, CertificateVersion
from employees.tables import ACT, LEAD, NUMBER, PortalTable

State = CertificateVersion.State
_TONES = {State.VALID: "good", State.REPLACED: "quiet", State.REVOKED: "bad"}


class CertificateTable(PortalTable):
    """Certificates with the state of their latest paper."""

    number = tables.Column(gettext_lazy("Number"), order_by=("year", "seq"), attrs=LEAD)
    name = tables.Column(
        gettext_lazy("Name"), accessor="record__employee", order_by=("record__employee__name", "pk")
    )
    unit = tables.Column(
        gettext_lazy("Unit"), accessor="record__employee__unit", order_by=("record__employee__unit__name", "pk")
    )  # fmt: skip
    result = tables.Column(
        gettext_lazy("Result"), accessor="record__result", order_by=("record__result", "pk")
    )
    version = tables.Column(gettext_lazy("Version"), attrs=NUMBER, orderable=False, empty_values=())
    state = tables.Column(gettext_lazy("State"), orderable=False, empty_values=())
    act = tables.Column(gettext_lazy("Actions"), orderable=False, empty_values=(), attrs=ACT)

    #: Whether the reader may revoke these certificates and issue them anew.
    may_change = False
    caption = gettext_lazy("Certificates")
    empty_text = gettext_lazy("No certificate is issued for your people here yet.")
    empty_hint = gettext_lazy("Certificates are issued when the class is completed.")

    class Meta:
        model = Certificate
        fields = ("number", "name", "unit", "result", "version", "state", "act")

    def render_number(self, record: Certificate) -> Any:
        url = reverse("certificates:check", args=[record.latest.public_id])
        return format_html('<a href="{}">{}</a>', url, record.number)

    def render_result(self, record: Certificate) -> Any:
        return record.record.get_result_display()

    def render_version(self, record: Certificate) -> Any:
        return record.latest.version

    def render_state(self, record: Certificate) -> Any:
        latest = record.latest
        badge = format_html(
            '<span class="state state-{}">{}</span>', _TONES[State(latest.state)], latest.get_state_display()
        )
        why = latest.ended_because or latest.because
        return format_html("{} <small>{}</small>", badge, why) if why else badge

    def render_act(self, record: Certificate) -> Any:
        links = []
        if record.latest.state == State.VALID:
            links.append(("PDF", reverse("certificates:pdf", args=[record.pk])))
        if self.may_change:
            if record.latest.state == State.VALID:
                links.append((_("Revoke"), reverse("certificates:revoke", args=[record.pk])))
            links.append((_("Issue anew"), reverse("certificates:reissue", args=[record.pk])))
        return format_html_join(
            " ",
            '<a href="{}">{}<span class="visually-hidden"> {}</span></a>',
            ((url, label, record.number) for label, url in links),
        )
