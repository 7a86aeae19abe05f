"""Forms of attendance."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.requests import number_in
from trainings.actions import Entry
from trainings.models import Attendance


class RollForm:
    """The roll of those who have no mark yet, read from `status_<seat>` and `late_<seat>`; blanks are left out."""

    def __init__(self, data: Any) -> None:
        self.entries: dict[int, Entry] = {}
        for key, status in data.items():
            name, _underscore, seat = key.partition("_")
            number = number_in(seat)
            if name == "status" and number is not None and status:
                late = str(data.get(f"late_{seat}", "")).strip()
                self.entries[number] = Entry(status, number_in(late) or 0)


class CorrectionForm(forms.Form):
    status = forms.ChoiceField(label=gettext_lazy("Mark"), choices=Attendance.Status.choices)
    late_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes late"), min_value=0, max_value=600, initial=0, required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean_late_minutes(self) -> int:
        return self.cleaned_data["late_minutes"] or 0


class TypedCodeForm(forms.Form):
    code = forms.CharField(label=gettext_lazy("NIP, ID or personal code"), max_length=80)


class MeetingFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Attendance report of the meeting"),
        help_text=gettext_lazy("CSV, as Zoom or Google Meet give it."),
    )


class ApplyFileForm(forms.Form):
    minimum_percent = forms.IntegerField(
        label=gettext_lazy("Present from this share of the session (%)"),
        min_value=1,
        max_value=100,
        initial=75,
    )
