"""Filters of the list of people; all of them live in the address."""

import re
from datetime import date, timedelta
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
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


#: Choice of the list → the statuses it stands for: those with the aim of hours, those with the ceiling.
STATUS_GROUPS = {"PNS_CPNS": ("PNS", "CPNS"), "PPPK_ALL": ("PPPK", "PPPK_PW")}
#: Years over which trainings are counted; the first unless another is asked for.
COUNTED_YEARS = {"5": _("Five years"), "10": _("Ten years")}
#: More than anybody has, and what still fits a smallint.
_RANGE = re.compile(r"\s*(?:(\d{1,4})\s*[-–]\s*(\d{1,4})?|(\d{1,4}))\s*")


def between(text: str) -> tuple[int, int | None]:
    """The first and last number of "10-19", "24-" (and more) or "5". ValueError for anything else."""
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    low, high, only = found.groups()
    if only is not None:
        return int(only), int(only)
    if high is not None and int(high) < int(low):
        raise ValueError(text)
    return int(low), None if high is None else int(high)


def _check_range(text: str) -> None:
    try:
        between(text)
    except ValueError:
        raise ValidationError(_("Write a range such as 0-19, or 24- for 24 and more.")) from None


class RangeFilter(filters.CharFilter):
    """A range of whole numbers in one field: "0-19", or "24-" for 24 and more."""

    def __init__(self, **options: Any) -> None:
        attributes = {"placeholder": options.pop("example"), "inputmode": "numeric", "size": 8}
        super().__init__(
            validators=[_check_range], max_length=11, widget=forms.TextInput(attrs=attributes), **options
        )


class UnitFilter(filters.Filter):
    """A unit chosen by search; keeps what lies in its subtree."""

    field_class = UnitField

    def filter(self, qs: Any, value: Unit | None) -> Any:
        return qs.in_subtree(value) if value else qs


class ListFilterSet(filters.FilterSet):
    """Filters of a list. The form is made only where something is asked for or drawn: most lists are just opened."""

    #: Whether the empty form looks the same to every reader (employees/templatetags/portal.py keeps it drawn).
    same_for_everybody = False

    @property
    def asked(self) -> list[str]:
        """The filters that the address names, filled in or not, in the order of the form."""
        return [name for name in self.filters if name in self.data]

    @property
    def given(self) -> dict[str, str]:
        """The filters in use as they stand in the address."""
        return {name: self.data.get(name, "")[:200] for name in self.filters if self.data.get(name)}

    @property
    def qs(self) -> Any:
        return super().qs if self.asked else self.queryset.all()

    def get_form_class(self) -> Any:
        """The same for every request: django-filter would make the class and its fields anew."""
        made = type(self).__dict__.get("_form_class")
        if made is None:
            made = type(self)._form_class = super().get_form_class()
        return made

    @cached_property
    def form(self) -> Any:
        form = super().form
        self.prepare(form)
        return form

    def prepare(self, form: Any) -> None:
        """What the form's fields need to know of the reader."""


class ScopedFilterSet(ListFilterSet):
    """Filters of which one, named `picks_unit`, chooses among the units that the reader sees."""

    picks_unit = "unit"

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def prepare(self, form: Any) -> None:
        form.fields[self.picks_unit].queryset = Unit.objects.visible_to(self.user)


class TracedFilterSet(ScopedFilterSet):
    """Filters of a list of people: a search for somebody leaves its trace."""

    @property
    def searches(self) -> bool:
        """Whether somebody is looked for by name or number."""
        return bool(self.data.get("q", "").strip())


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
    status = filters.ChoiceFilter(
        label=_("Status"), method="by_status", empty_label=_("All"),
        choices=[*Status.choices, ("PNS_CPNS", _("PNS and CPNS")), ("PPPK_ALL", _("PPPK of both kinds"))],
    )  # fmt: skip
    position_kind = filters.ChoiceFilter(
        label=_("Kind of position"), choices=PositionKind.choices, empty_label=_("All")
    )
    training = filters.ChoiceFilter(
        label=_("Training"), method="by_training", empty_label=_("All"),
        choices=[
            ("none2", _("None for two years")), ("never", _("Never trained")),
            ("wait5", _("Waiting five years or more")), ("wait10", _("Waiting ten years or more")),
        ],
    )  # fmt: skip
    hours = RangeFilter(label=_("Hours this year (JP)"), method="by_hours", example="0-19")
    trainings = RangeFilter(label=_("Number of trainings"), method="by_trainings", example="10-")
    years = filters.ChoiceFilter(
        label=_("Trainings counted over"), method="of_years", empty_label=None,
        choices=list(COUNTED_YEARS.items()),
    )  # fmt: skip

    class Meta:
        model = Employee
        fields: list[str] = []

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)

    def by_province(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.in_province(value)

    def by_training(self, queryset: Any, name: str, value: str) -> Any:
        today = timezone.localdate()
        if value == "never":
            return queryset.never_trained()
        if value in ("wait5", "wait10"):
            return queryset.waiting_since_before(years_before(today, int(value[4:])))
        return queryset.untrained_since(years_before(today, UNTRAINED_YEARS))

    def by_status(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(status__in=STATUS_GROUPS.get(value, (value,)))

    def by_hours(self, queryset: Any, name: str, value: str) -> Any:
        least, most = between(value)
        return queryset.with_hours(date(timezone.localdate().year, 1, 1), least=least, most=most)

    def by_trainings(self, queryset: Any, name: str, value: str) -> Any:
        least, most = between(value)
        years = int(self.form.cleaned_data.get("years") or next(iter(COUNTED_YEARS)))
        after = years_before(timezone.localdate(), years)
        return queryset.trained_times(after + timedelta(days=1), least=least, most=most)

    def of_years(self, queryset: Any, name: str, value: str) -> Any:
        """Narrows nothing by itself: says over how many years `trainings` counts."""
        return queryset
