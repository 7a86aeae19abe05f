"""Planning a class."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout, Submit
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import number_in
from accounts.roles import Permission
from employees.fields import UnitField, UnitsField
from employees.models import Unit
from trainings.actions import Plan, plan_problems
from trainings.codes import Allocation
from trainings.models import Programme, TrainingClass

#: Limits that keep a slip of the finger from becoming a class of a million.
MOST_SEATS = 100_000


def date_input() -> forms.DateInput:
    """The browser's own date field."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class ClassForm(forms.Form):
    """A class as a plan. `plan` holds it after validation; seats per area come as `seats_<unit id>`."""

    programme = forms.ModelChoiceField(Programme.objects.none(), label=gettext_lazy("Programme"))
    batch = forms.CharField(label=gettext_lazy("Batch (angkatan)"), max_length=60, required=False)
    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=40, required=False,
        help_text=gettext_lazy("Leave it empty and the portal makes one."),
    )  # fmt: skip
    organiser = UnitField(purpose="organisers", label=gettext_lazy("Organiser"))
    place = forms.CharField(label=gettext_lazy("Place"), max_length=200, required=False)
    first_day = forms.DateField(label=gettext_lazy("First day"), widget=date_input())
    last_day = forms.DateField(label=gettext_lazy("Last day"), widget=date_input())
    confirm_by = forms.DateField(
        label=gettext_lazy("Last day to answer"), widget=date_input(), required=False,
        help_text=gettext_lazy("Empty: three days before the first day."),
    )  # fmt: skip
    seats = forms.IntegerField(label=gettext_lazy("Seats"), min_value=1, max_value=MOST_SEATS, initial=30)
    reserve = forms.IntegerField(
        label=gettext_lazy("Reserve"), min_value=0, max_value=MOST_SEATS, initial=10, required=False
    )
    unit_cap = forms.IntegerField(
        label=gettext_lazy("Most from one unit"), min_value=0, max_value=MOST_SEATS, initial=0, required=False,
        help_text=gettext_lazy("0: no limit."),
    )  # fmt: skip
    review_days = forms.IntegerField(
        label=gettext_lazy("Days for the regional offices to review"), min_value=0, max_value=60, initial=0,
        required=False,
    )  # fmt: skip
    areas = UnitsField(
        purpose="areas", seats=True, label=gettext_lazy("Areas"), required=False,
        help_text=gettext_lazy("Who may be invited: the people of these units and of all units below them."),
    )  # fmt: skip
    allocation = forms.ChoiceField(label=gettext_lazy("How the seats are shared"), choices=Allocation.choices)

    def __init__(
        self, *args: Any, user: Any, training_class: TrainingClass | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.training_class = training_class
        self.plan: Plan | None = None
        fields: dict[str, Any] = self.fields
        fields["programme"].queryset = Programme.objects.all()
        fields["organiser"].queryset = Unit.objects.organising_for(user).active()
        fields["areas"].queryset = Unit.objects.visible_to(user, Permission.PLAN_CLASSES)
        if self.is_bound:
            self.fields["areas"].widget.seats_chosen = {
                number: value
                for key, value in self.data.items()
                if key.startswith("seats_") and (number := number_in(key[6:])) is not None
            }
        elif training_class is not None:
            self.fields["areas"].widget.seats_chosen = {
                area.unit_id: area.seats for area in training_class.areas.all()
            }
        draft = training_class is None or training_class.state == TrainingClass.State.DRAFT
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Fieldset(
                _("What and when"),
                Div(
                    Div("programme", css_class="form-wide"), "batch", "code", "first_day", "last_day",
                    "confirm_by", "place", Div("organiser", css_class="form-wide"), css_class="form-grid",
                ),
                css_class="card-block",
            ),
            Fieldset(
                _("For whom"),
                Div(
                    Div("areas", css_class="form-wide"), Div("allocation", css_class="form-wide"),
                    "seats", "reserve", "unit_cap", "review_days", css_class="form-grid",
                ),
                css_class="card-block",
            ),
            Submit("save", _("Save as a draft") if draft else _("Save the plan")),
        )  # fmt: skip

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].strip()
        others = TrainingClass.objects.filter(code=code)
        if self.training_class is not None:
            others = others.exclude(pk=self.training_class.pk)
        if code and others.exists():
            raise forms.ValidationError(_("Another class has this code. Choose another one."))
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        seats = self.fields["areas"].widget.seats_chosen
        self.plan = Plan(
            programme=data["programme"],
            batch=data["batch"],
            code=data["code"] or (self.training_class.code if self.training_class else ""),
            organiser=data["organiser"],
            place=data["place"],
            first_day=data["first_day"],
            last_day=data["last_day"],
            confirm_by=data["confirm_by"] or TrainingClass.default_confirm_by(data["first_day"]),
            seats=data["seats"],
            reserve=data["reserve"] or 0,
            unit_cap=data["unit_cap"] or 0,
            review_days=data["review_days"] or 0,
            allocation=data["allocation"],
            areas=[(unit, _number(seats.get(unit.pk))) for unit in data["areas"].order_by("code")],
        )
        for name, sentence in plan_problems(self.plan, by=self.user):
            self.add_error(name, sentence)
        return data


def _number(text: Any) -> int | None:
    """A whole number of at least 0, or None for anything else."""
    return number_in(text)


def initial_of(training_class: TrainingClass) -> dict[str, Any]:
    """The form's starting values for a stored class."""
    names = (
        "programme", "batch", "code", "organiser", "place", "first_day", "last_day", "confirm_by",
        "seats", "reserve", "unit_cap", "review_days", "allocation",
    )  # fmt: skip
    values = {name: getattr(training_class, name) for name in names}
    values["areas"] = [area.unit_id for area in training_class.areas.all()]
    return values


def initial_of_plan(plan: Plan) -> dict[str, Any]:
    """The form's starting values for a plan that is not stored yet."""
    names = (
        "programme", "batch", "organiser", "place", "first_day", "last_day", "confirm_by", "seats", "reserve",
        "unit_cap", "review_days", "allocation",
    )  # fmt: skip
    values = {name: getattr(plan, name) for name in names}
    values["areas"] = [unit.pk for unit, _seats in plan.areas]
    return values
