"""The form of a claim, and the reason of a refusal."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trainings.claims.actions import Training
from trainings.claims.models import Claim
from trainings.codes import TOOK_PART, ProgrammeKind, Result
from trainings.forms import date_input
from trainings.models import Programme


class ClaimForm(forms.Form):
    """A training that is missing; `training` holds it after validation."""

    programme = forms.ModelChoiceField(
        Programme.objects.none(), label=gettext_lazy("Programme of the catalogue"), required=False,
        empty_label=gettext_lazy("Not in the catalogue"),
    )  # fmt: skip
    title = forms.CharField(
        label=gettext_lazy("Name of the training, as on the certificate"), max_length=250, required=False
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=ProgrammeKind.choices, initial=ProgrammeKind.TEKNIS
    )
    organiser = forms.CharField(label=gettext_lazy("Organiser"), max_length=200)
    first_day = forms.DateField(label=gettext_lazy("First day"), widget=date_input())
    last_day = forms.DateField(label=gettext_lazy("Last day"), widget=date_input())
    jp = forms.IntegerField(
        label=gettext_lazy("Hours (JP of 45 minutes)"), min_value=1, max_value=2000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    result = forms.ChoiceField(
        label=gettext_lazy("Result"), initial=Result.LULUS, widget=forms.RadioSelect,
        choices=[choice for choice in Result.choices if choice[0] in TOOK_PART],
    )  # fmt: skip
    certificate_number = forms.CharField(
        label=gettext_lazy("Certificate number"), max_length=120, required=False
    )
    certificate = forms.FileField(
        label=gettext_lazy("Certificate"), allow_empty_file=True,
        help_text=gettext_lazy("PDF, JPG or PNG; a clear picture taken with the phone will do."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programme: Any = self.fields["programme"]
        programme.queryset = Programme.objects.all()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("programme") and not data.get("title", "").strip():
            self.add_error("title", _("Choose the programme, or write the name of the training."))
        first, last = data.get("first_day"), data.get("last_day")
        if last and last > timezone.localdate():
            self.add_error("last_day", _("Only a training that has ended can be claimed."))
        elif first and last and last < first:
            self.add_error("last_day", _("The last day is before the first day. Change one of the two."))
        return data

    @property
    def training(self) -> Training:
        """What was filled in."""
        return Training(**{name: value for name, value in self.cleaned_data.items() if name != "certificate"})


def initial_of(claim: Claim) -> dict[str, Any]:
    """The cells of a refused claim, to be filed anew."""
    return {
        "programme": Programme.objects.filter(code=claim.programme_code).first()
        if claim.programme_code
        else None,
        "title": "" if claim.programme_code else claim.title,
        **{
            name: getattr(claim, name)
            for name in ("kind", "organiser", "first_day", "last_day", "jp", "result", "certificate_number")
        },
    }


class RefuseForm(forms.Form):
    """Why a claim is refused."""

    reason = forms.CharField(
        label=gettext_lazy("Reason; the person reads it"), max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
