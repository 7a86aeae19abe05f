"""Filters of the list of people; all of them live in the address."""

from datetime import date
from typing import Any

import django_filters as filters
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from employees.codes import PositionKind, Status
from employees.fields import UnitField
from employees.models import Employee, Unit
from employees.provinces import PROVINCES

#: Years without training that make the "not professional" indicator (the ministry's survey).
UNTRAINED_YEARS = 2


def years_before(day: date, years: int) -> date:
    """The same calendar day `years` earlier (29 February becomes 28)."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


class UnitFilter(filters.Filter):
    """A unit chosen by search; keeps what lies in its subtree."""

    field_class = UnitField

    def filter(self, qs: Any, value: Unit | None) -> Any:
        return qs.in_subtree(value) if value else qs


class TracedFilterSet(filters.FilterSet):
    """Filters of a list of people: what was asked for can be kept with the trace of a search."""

    @property
    def searches(self) -> bool:
        """Whether somebody is looked for by name or number."""
        return bool(self.data.get("q", "").strip())

    @property
    def given(self) -> dict[str, str]:
        """The filters in use as they stand in the address."""
        return {name: self.data.get(name, "")[:200] for name in self.filters if self.data.get(name)}


class EmployeeFilter(TracedFilterSet):
    same_for_everybody = True

    q = filters.CharFilter(
        label=_("Name or NIP"), method="search",
        widget=forms.TextInput(attrs={"type": "search", "class": "filter-q"}),
    )  # fmt: skip
    unit = UnitFilter(label=_("Unit"))
    province = filters.ChoiceFilter(
        label=_("Province"), method="by_province", empty_label=_("All"),
        choices=sorted(PROVINCES.items(), key=lambda pair: pair[1]),
    )  # fmt: skip
    status = filters.ChoiceFilter(label=_("Status"), choices=Status.choices, empty_label=_("All"))
    position_kind = filters.ChoiceFilter(
        label=_("Kind of position"), choices=PositionKind.choices, empty_label=_("All")
    )
    training = filters.ChoiceFilter(
        label=_("Training"), method="by_training", empty_label=_("All"),
        choices=[("none2", _("None for two years")), ("never", _("Never trained"))],
    )  # fmt: skip

    class Meta:
        model = Employee
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form.fields["unit"].queryset = Unit.objects.visible_to(user)

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)

    def by_province(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.in_province(value)

    def by_training(self, queryset: Any, name: str, value: str) -> Any:
        if value == "never":
            return queryset.never_trained()
        return queryset.untrained_since(years_before(timezone.localdate(), UNTRAINED_YEARS))
