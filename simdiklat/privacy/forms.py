"""What a breach report is asked for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class BreachForm(forms.Form):
    account = forms.CharField(label=_("Account (user name)"), max_length=150, required=False)
    export = forms.CharField(
        label=_("Download (its number in the log)"), max_length=12, required=False,
        help_text=_("Either an account or a download."),
    )  # fmt: skip
    since = forms.DateField(label=_("From"), widget=_day(), required=False)
    until = forms.DateField(label=_("Last day"), widget=_day(), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("account")) == bool(cleaned.get("export")):
            raise forms.ValidationError(_("Name an account or a download, one of the two."))
        return cleaned
