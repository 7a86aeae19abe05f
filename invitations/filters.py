"""Filters of the list of invitations."""

from typing import Any

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from employees.filters import TracedFilterSet, UnitFilter
from employees.models import Unit
from invitations.codes import DeclineReason
from invitations.models import Invitation


class InvitationFilter(TracedFilterSet):
    same_for_everybody = True

    q = filters.CharFilter(
        label=_("Name, NIP or class"), method="search",
        widget=forms.TextInput(attrs={"type": "search", "class": "filter-q"}),
    )  # fmt: skip
    unit = UnitFilter(label=_("Unit"))
    state = filters.ChoiceFilter(label=_("State"), choices=Invitation.State.choices, empty_label=_("All"))
    reason = filters.ChoiceFilter(
        label=_("Reason for declining"), field_name="decline_reason", choices=DeclineReason.choices,
        empty_label=_("All"),
    )  # fmt: skip

    class Meta:
        model = Invitation
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form.fields["unit"].queryset = Unit.objects.visible_to(user)

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)
