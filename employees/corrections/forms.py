"""Asking for a correction, and answering."""

from django import forms
from django.utils.translation import gettext_lazy as _

from employees.correction_models import CorrectionRequest
from employees.corrections.actions import MOST_LETTERS


class AskForm(forms.Form):
    field = forms.ChoiceField(label=_("What is wrong?"), choices=CorrectionRequest.Field.choices)
    value = forms.CharField(
        label=_("What is right?"), max_length=200, required=False,
        help_text=_("Empty: it should not be kept at all."),
    )  # fmt: skip
    text = forms.CharField(
        label=_("How can your unit check it?"), max_length=MOST_LETTERS, required=False,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=_("For example the number and date of the decree."),
    )  # fmt: skip


class AnswerCorrectionForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("accept", _("Accept: it is corrected")), ("refuse", _("Refuse"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=MOST_LETTERS, required=False,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Required for a refusal; the person reads it."),
    )  # fmt: skip
