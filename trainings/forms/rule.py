"""The settings of the rule: what each does, and where it comes from."""

from dataclasses import dataclass
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trainings.actions.ruling import LIMITS


@dataclass(frozen=True)
class Setting:
    """One setting in words; `source` is the regulation, or says that the ministry decides."""

    label: Any
    does: Any
    source: Any


_MINISTRY = gettext_lazy("Decided by the ministry itself.")
SETTINGS: dict[str, Setting] = {
    "minimum_jp": Setting(
        gettext_lazy("Least hours outside the catalogue (JP)"),
        gettext_lazy("A training outside the catalogue resets the wait from so many JP on. A change recomputes the standing of everybody who has such trainings."),
        _MINISTRY,
    ),
    "promotion_cutoff_days": Setting(
        gettext_lazy("Last days without call-up"),
        gettext_lazy("With so many days or fewer before the first day of a class, nobody is called up from the reserve any more."),
        _MINISTRY,
    ),
    "retirement_months": Setting(
        gettext_lazy("Months before retirement"),
        gettext_lazy("Whoever retires within so many months after the last day of a class is not invited."),
        gettext_lazy("Technical guidelines of the Ministry of Religious Affairs."),
    ),
    "pppk_ceiling_jp": Setting(
        gettext_lazy("Yearly ceiling of a PPPK (JP)"),
        gettext_lazy("A PPPK is not invited to what would make more JP than this in the calendar year, unless the programme is exempt."),
        gettext_lazy("Government Regulation (PP) 49/2018, article 40: at most 24 JP a year."),
    ),
    "pns_yearly_jp": Setting(
        gettext_lazy("Yearly goal of a PNS (JP)"),
        gettext_lazy("What the figures and each person's page measure the hours of the year against. It excludes nobody."),
        gettext_lazy("Government Regulation (PP) 11/2017 as amended by PP 17/2020: at least 20 JP a year."),
    ),
    "absence_hold_months": Setting(
        gettext_lazy("Months of hold after an absence without notice"),
        gettext_lazy("Whoever stays away from a class without notice is not invited for so many months after its last day; 0: no hold. Holds that exist already keep their day."),
        _MINISTRY,
    ),
}  # fmt: skip


class RuleForm(forms.Form):
    """The settings and a reason. `seen` carries what stood there when the page was opened."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For example the number of the decree. It stays in the audit trail."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields.pop("reason")
        for name, (least, most) in LIMITS.items():
            one = SETTINGS[name]
            self.fields[name] = forms.IntegerField(
                label=one.label, min_value=least, max_value=most,
                help_text=format_html("{}<br>{} {}", one.does, _("Source:"), one.source),
            )  # fmt: skip
            self.fields[f"seen_{name}"] = forms.IntegerField(widget=forms.HiddenInput)
        self.fields["reason"] = reason
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Div(*LIMITS, css_class="form-grid"), *(f"seen_{name}" for name in LIMITS), "reason"
        )

    def values(self) -> dict[str, int]:
        """The settings as typed; after validation."""
        return {name: self.cleaned_data[name] for name in LIMITS}

    def seen(self) -> dict[str, int]:
        """The settings that stood there when the page was opened; after validation."""
        return {name: self.cleaned_data[f"seen_{name}"] for name in LIMITS}
