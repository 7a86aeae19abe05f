"""Granting a role, ending a grant, filtering the accounts."""

from datetime import timedelta
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms import plain_number
from accounts.models import RoleGrant, User
from accounts.roles import Permission, Role
from employees.fields import UnitField
from employees.filters import ListFilterSet
from employees.models import Unit

#: Days for which somebody from outside gets a role at most.
MOST_DAYS = 366


def _date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class GrantForm(forms.Form):
    #: None is chosen beforehand: the first of the table may do the most.
    role = forms.ChoiceField(label=_("Role"), choices=[("", "–"), *Role.choices])
    unit = UnitField(label=_("Unit"), purpose="accounts")
    since = forms.DateField(label=_("From"), widget=_date_input())
    until = forms.DateField(
        label=_("Last day"), widget=_date_input(), required=False,
        help_text=_("Empty: until further notice."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        managed = Unit.objects.visible_to(user, Permission.MANAGE_ACCOUNTS)
        self.fields["unit"].queryset = managed  # type: ignore[attr-defined]
        self.fields["since"].initial = timezone.localdate()


class EmployeeAccountForm(GrantForm):
    """An account for somebody in the ministry's service: who it is stands in the record."""

    number = forms.CharField(
        label=_("NIP or employee ID"), max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )  # fmt: skip
    field_order = ["number", "role", "unit", "since", "until"]

    def clean_number(self) -> str:
        return plain_number(self.cleaned_data["number"])


class GuestAccountForm(GrantForm):
    """An account for somebody from outside: never without a last day."""

    full_name = forms.CharField(label=_("Name"), max_length=200)
    username = forms.CharField(
        label=_("User name"), max_length=60,
        help_text=_("Small letters, digits, dot, hyphen; begins with a letter."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("E-mail"), required=False,
        help_text=_("The code for the first sign-in goes there. Empty: it is shown to you, once."),
    )  # fmt: skip
    field_order = ["full_name", "username", "email", "role", "unit", "since", "until"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].required = True
        self.fields["until"].help_text = _("At most a year; longer needs a new role.")

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until > since + timedelta(days=MOST_DAYS):
            self.add_error("until", _("At most a year; longer needs a new role."))
        return cleaned


class EndForm(forms.Form):
    last_day = forms.DateField(
        label=_("Last day"), widget=_date_input(), required=False,
        help_text=_("Empty: the role ends at once."),
    )  # fmt: skip


class AccountFilter(ListFilterSet):
    q = filters.CharFilter(
        label=_("Name, user name or NIP"), method="search",
        widget=forms.TextInput(attrs={"type": "search", "class": "filter-q"}),
    )  # fmt: skip
    role = filters.ChoiceFilter(label=_("Role"), choices=Role.choices, method="holding", empty_label=_("All"))
    state = filters.ChoiceFilter(
        label=_("State"), method="by_state", empty_label=_("All"),
        choices=[("active", _("Active")), ("off", _("Switched off"))],
    )  # fmt: skip

    class Meta:
        model = User
        fields: list[str] = []

    def search(self, queryset: Any, name: str, value: str) -> Any:
        words = value.split()
        digits = value.replace(" ", "").replace(".", "")
        if digits.isdigit():
            return queryset.filter(username__startswith=digits)
        named = Q()
        for word in words:
            named &= Q(full_name__icontains=word)
        return queryset.filter(named | Q(username__startswith=value.strip()))

    def holding(self, queryset: Any, name: str, value: str) -> Any:
        held = RoleGrant.objects.current().filter(user=OuterRef("pk"), role=value)
        return queryset.filter(Exists(held))

    def by_state(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(is_active=value == "active")
