"""Forms of results."""

from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trainings.codes import Result
from trainings.forms.planning import date_input
from trainings.models import Component


class GradingForm(forms.Form):
    graded = forms.BooleanField(
        label=gettext_lazy("Scores decide"), required=False,
        help_text=gettext_lazy("Without it only attendance counts, and the result is “Attended”."),
    )  # fmt: skip
    pass_mark = forms.IntegerField(label=gettext_lazy("Pass mark"), min_value=0, max_value=100)
    minimum_attendance = forms.IntegerField(
        label=gettext_lazy("Least attendance (%)"), min_value=0, max_value=100
    )


class ComponentRow(forms.Form):
    name = forms.CharField(label=gettext_lazy("Component"), max_length=80, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Component.Kind.choices, initial="score")
    weight = forms.IntegerField(label=gettext_lazy("Weight (%)"), min_value=0, max_value=100, required=False)


ComponentRows = formset_factory(ComponentRow, extra=3, max_num=20)


class MinutesForm(forms.Form):
    meeting_day = forms.DateField(label=gettext_lazy("Day of the pass meeting"), widget=date_input())
    minutes = forms.CharField(
        label=gettext_lazy("What the meeting decided, and who was there"), max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip


class SheetForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Filled grade sheet"),
        help_text=gettext_lazy("XLSX or CSV. Empty cells change nothing."),
    )


class WithdrawalForm(forms.Form):
    day = forms.DateField(label=gettext_lazy("Day"), widget=date_input(), initial=timezone.localdate)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class ChangeForm(forms.Form):
    """Another result after the lock."""

    outcome = forms.ChoiceField(label=gettext_lazy("Result"), choices=Result.choices)
    final_score = forms.DecimalField(
        label=gettext_lazy("Final score"), min_value=0, max_value=100, decimal_places=2, required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


def scores_given(data: Any, components: list[Component], seats: list[Any]) -> tuple[list[Any], list[str]]:
    """Score entries of a posted grid (`s_<component>_<seat>`, `r_…`), and what is wrong with it in words."""
    from trainings.actions import ScoreEntry
    from trainings.delivery.gradesheet import score_in

    entries, wrong = [], []
    for seat in seats:
        for component in components:
            key = f"{component.pk}_{seat.pk}"
            if f"s_{key}" not in data:
                continue
            try:
                score, remedial = score_in(data.get(f"s_{key}", "")), score_in(data.get(f"r_{key}", ""))
            except ValueError as error:
                wrong.append(_("%(name)s, %(component)s: %(why)s.") % {
                    "name": seat.employee.full_name, "component": component.name, "why": error,
                })  # fmt: skip
                continue
            entries.append(ScoreEntry(component, seat, score, remedial))
    return entries, wrong
