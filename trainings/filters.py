"""Filters of the lists of classes and programmes."""

from typing import Any

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from employees.fields import UnitField
from employees.filters import ListFilterSet, ScopedFilterSet, TracedFilterSet, UnitFilter
from employees.models import Unit
from trainings.codes import Method, ProgrammeKind, Result
from trainings.models import HistoryRecord, Programme, TrainingClass


def _search_input() -> forms.TextInput:
    return forms.TextInput(attrs={"type": "search", "class": "filter-q"})


def _date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"})


class OrganiserFilter(filters.Filter):
    """An organiser chosen by search; keeps the classes of its subtree."""

    field_class = UnitField

    def filter(self, qs: Any, value: Unit | None) -> Any:
        return qs.organised_under(value) if value else qs


class ClassFilter(ScopedFilterSet):
    same_for_everybody = True
    picks_unit = "organiser"

    q = filters.CharFilter(label=_("Programme or code"), method="search", widget=_search_input())
    when = filters.ChoiceFilter(
        label=_("When"), method="by_time", empty_label=_("All"),
        choices=[("coming", _("Coming")), ("running", _("Running")), ("ended", _("Has ended"))],
    )  # fmt: skip
    since = filters.DateFilter(
        label=_("Begins from"), field_name="first_day", lookup_expr="gte", widget=_date_input()
    )
    until = filters.DateFilter(
        label=_("Begins until"), field_name="first_day", lookup_expr="lte", widget=_date_input()
    )
    organiser = OrganiserFilter(label=_("Organiser"))
    state = filters.ChoiceFilter(label=_("State"), choices=TrainingClass.State.choices, empty_label=_("All"))

    class Meta:
        model = TrainingClass
        fields: list[str] = []

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)

    def by_time(self, queryset: Any, name: str, value: str) -> Any:
        """Classes by where today stands to their days; those to come, the next first."""
        if value == "coming":
            return queryset.upcoming().order_by("first_day", "code")
        return queryset.running() if value == "running" else queryset.ended()


class ProgrammeFilter(ListFilterSet):
    same_for_everybody = True

    q = filters.CharFilter(label=_("Name or code"), method="search", widget=_search_input())
    kind = filters.ChoiceFilter(label=_("Kind"), choices=ProgrammeKind.choices, empty_label=_("All"))
    method = filters.ChoiceFilter(label=_("Method"), choices=Method.choices, empty_label=_("All"))

    class Meta:
        model = Programme
        fields: list[str] = []

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)


class HistoryFilter(TracedFilterSet):
    same_for_everybody = True

    q = filters.CharFilter(label=_("Name or NIP"), method="search", widget=_search_input())
    unit = UnitFilter(label=_("Unit"))
    programme = filters.CharFilter(label=_("Programme code"), method="of_programme", max_length=40)
    since = filters.DateFilter(
        label=_("Ended from"), field_name="last_day", lookup_expr="gte", widget=_date_input()
    )
    until = filters.DateFilter(
        label=_("Ended until"), field_name="last_day", lookup_expr="lte", widget=_date_input()
    )
    result = filters.ChoiceFilter(label=_("Result"), choices=Result.choices, empty_label=_("All"))

    class Meta:
        model = HistoryRecord
        fields: list[str] = []

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)

    def of_programme(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.of_programme(value)
