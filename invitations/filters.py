"""Filters of the list of invitations."""

from typing import Any

import django_filters as filters
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from employees.filters import TracedFilterSet, UnitFilter, years_before
from invitations.codes import DeclineReason
from invitations.models import Invitation

#: Choice of the wait (its fewest whole years) → the most whole years.
LONGEST: dict[str, int | None] = {"0": 0, "1": 1, "2": 4, "5": None}


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

    wait = filters.ChoiceFilter(
        label=_("Wait, last 12 months"), method="by_wait", empty_label=_("All"),
        choices=[
            ("never", _("Never trained before")), ("5", _("Five years or more")), ("2", _("Two to five years")),
            ("1", _("One to two years")), ("0", _("Less than a year")),
        ],
    )  # fmt: skip

    class Meta:
        model = Invitation
        fields: list[str] = []

    def by_wait(self, queryset: Any, name: str, value: str) -> Any:
        recent = queryset.issued_since(years_before(timezone.localdate(), 1))
        if value == "never":
            return recent.of_the_never_trained()
        return recent.after_years(int(value), LONGEST[value])

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)
