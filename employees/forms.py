"""Asking for a code to set a password."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class AskCodeForm(forms.Form):
    """NIP (or employee ID) and date of birth; whether they belong together is not told."""

    number = forms.CharField(label=_("NIP or employee ID"), max_length=40)
    birth_date = forms.DateField(
        label=_("Date of birth"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].widget.attrs |= {"autocomplete": "username", "autofocus": True}
