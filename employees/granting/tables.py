"""The list of accounts, and the grants of one."""

from typing import Any

import django_tables2 as tables
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import RoleGrant, User
from audit import origin
from employees.formatting import masked
from employees.tables import LEAD, DayColumn, PortalTable
from employees.templatetags.portal import badge

#: Words and tone of where today lies in a grant.
STATUS = {
    "current": (gettext_lazy("In force"), "good"),
    "coming": (gettext_lazy("Not begun"), "info"),
    "over": (gettext_lazy("Run out"), "quiet"),
    "ended": (gettext_lazy("Ended"), "quiet"),
}


def with_grants(accounts: Any) -> Any:
    """Accounts with their person and today's grants, so that a list costs the same at any length."""
    held = RoleGrant.objects.current().select_related("unit").order_by("pk")
    return accounts.select_related("employee__unit").prefetch_related(
        Prefetch("grants", queryset=held, to_attr="held")
    )


def state_badge(label: Any, tone: str) -> Any:
    return format_html('<span class="state state-{}">{}</span>', badge("", label, tone)["tone"], label)


class AccountTable(PortalTable):
    name = tables.Column(gettext_lazy("Name"), empty_values=(), attrs=LEAD, order_by=("full_name", "pk"))
    office = tables.Column(gettext_lazy("Unit"), empty_values=(), orderable=False)
    roles = tables.Column(gettext_lazy("Roles today"), empty_values=(), orderable=False)
    is_active = tables.Column(gettext_lazy("State"), orderable=False)
    last_login = DayColumn(gettext_lazy("Last sign-in"), order_by=("last_login", "pk"))

    caption = gettext_lazy("Accounts")
    empty_text = gettext_lazy("No account in your units fits these filters.")
    empty_hint = gettext_lazy("Employees get an account when they sign in for the first time.")

    class Meta:
        model = User
        fields = ("name", "office", "roles", "is_active", "last_login")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_text = type(self).empty_text

    def render_name(self, record: User) -> Any:
        origin.show(getattr(getattr(record, "employee", None), "pk", None))
        return format_html(
            '<a href="{}">{}</a> <small class="nip">{}</small>',
            reverse("employees:account", args=[record.pk]), masked(str(record)), masked(record.username),
        )  # fmt: skip

    def render_office(self, record: Any) -> str:
        person = getattr(record, "employee", None)
        return person.unit.name if person else "–"

    def render_roles(self, record: Any) -> Any:
        lines = [(grant.get_role_display(), grant.unit.name) for grant in record.held]
        if record.is_superuser:
            lines.append((_("Superuser"), "–"))
        return format_html_join("", "{}<small>{}</small> ", lines) or "–"

    def render_is_active(self, value: bool) -> Any:
        return state_badge(_("Active"), "good") if value else state_badge(_("Switched off"), "bad")


class GrantTable(PortalTable):
    role = tables.Column(gettext_lazy("Role"), attrs=LEAD)
    unit = tables.Column(gettext_lazy("Unit"))
    since = DayColumn(gettext_lazy("From"))
    until = DayColumn(gettext_lazy("Last day"))
    granted_by = tables.Column(gettext_lazy("Granted by"), default="–")
    status = tables.Column(gettext_lazy("State"))
    end = tables.Column("", empty_values=())

    plain = True
    caption = gettext_lazy("Roles of this account")
    empty_text = gettext_lazy("The account holds no role.")

    class Meta:
        model = RoleGrant
        orderable = False
        fields = ("role", "unit", "since", "until", "granted_by", "status", "end")

    def __init__(self, *args: Any, endable: set[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_text = type(self).empty_text
        self.endable = endable

    def render_status(self, value: str, record: RoleGrant) -> Any:
        label, tone = STATUS[value]
        return state_badge(label, tone)

    def render_granted_by(self, value: Any) -> str:
        return masked(str(value))

    def render_end(self, record: RoleGrant) -> Any:
        if record.pk not in self.endable:
            return ""
        url = reverse("employees:grant_end", args=[record.pk])
        return format_html('<a href="{}">{}</a>', url, _("End"))
