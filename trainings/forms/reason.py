"""The reason that something is ended, withdrawn or done again for."""

from django import forms
from django.utils.translation import gettext_lazy


class ReasonForm(forms.Form):
    """A reason in a few words, kept on record."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
