"""Forms of curricula and of the agenda."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.forms import formset_factory
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import number_in
from employees.models import Employee
from trainings.actions import DayPlan, SessionPlan
from trainings.forms.planning import date_input
from trainings.hours import MINUTES_PER_JP
from trainings.models import CurriculumVersion, Session, Subject, SubjectFile, Trainer, TrainingClass


def time_input() -> forms.TimeInput:
    """The browser's own time field."""
    return forms.TimeInput(format="%H:%M", attrs={"type": "time"})


class CurriculumForm(forms.Form):
    """What a curriculum version says as a whole."""

    online_percent = forms.IntegerField(
        label=gettext_lazy("Planned share online (%)"), min_value=0, max_value=100, required=False,
        help_text=gettext_lazy("Latsar: 75. Empty: agendas are held against no plan."),
    )  # fmt: skip
    tolerance = forms.IntegerField(
        label=gettext_lazy("Tolerance (percentage points)"), min_value=0, max_value=100, initial=5
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)


class SubjectRow(forms.Form):
    """One subject of a draft; a row whose name is emptied goes."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    group = forms.ChoiceField(label=gettext_lazy("Group"), choices=Subject.Group.choices, initial="inti")
    name = forms.CharField(label=gettext_lazy("Subject"), max_length=200, required=False)
    jp = forms.IntegerField(label=gettext_lazy("JP"), min_value=1, max_value=500, required=False)
    syllabus = forms.CharField(
        label=gettext_lazy("Syllabus"), required=False, max_length=4000,
        widget=forms.Textarea(attrs={"rows": 1}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("name") and not data.get("jp") and "jp" not in self.errors:
            self.add_error("jp", _("Give this subject its hours."))
        return data


SubjectRows = formset_factory(SubjectRow, extra=4, max_num=60)


class FileForm(forms.Form):
    """A module or guide of a subject."""

    subject = forms.ModelChoiceField(Subject.objects.none(), label=gettext_lazy("Subject"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=SubjectFile.Kind.choices)
    file = forms.FileField(
        label=gettext_lazy("File"), help_text=gettext_lazy("PDF, Word, PowerPoint or Excel, up to 15 MB.")
    )

    def __init__(self, *args: Any, version: CurriculumVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        subject: Any = self.fields["subject"]
        subject.queryset = version.subjects.all()


class ChooseCurriculumForm(forms.Form):
    """The version a class follows."""

    version = forms.ModelChoiceField(
        CurriculumVersion.objects.none(), label=gettext_lazy("Curriculum"), empty_label=None
    )

    def __init__(self, *args: Any, training_class: TrainingClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version: Any = self.fields["version"]
        version.queryset = training_class.programme.curricula.filter(published_at__isnull=False)


def _name_the_zone(form: forms.Form, training_class: TrainingClass, *names: str) -> None:
    """Say in the labels of these times on whose clock they are: "Begins (WITA)"."""
    for name in names:
        field = form.fields[name]
        field.label = format_lazy("{} ({})", field.label or "", training_class.organiser.time_zone)


class DraftAgendaForm(forms.Form):
    """How the days of a drafted agenda are filled."""

    starts = forms.TimeField(label=gettext_lazy("The day begins"), widget=time_input(), initial="08:00")
    pause_starts = forms.TimeField(label=gettext_lazy("Pause from"), widget=time_input(), initial="12:00")
    pause_ends = forms.TimeField(label=gettext_lazy("Pause until"), widget=time_input(), initial="13:00")
    ends = forms.TimeField(label=gettext_lazy("The day ends"), widget=time_input(), initial="16:30")
    weekends = forms.BooleanField(label=gettext_lazy("On Saturdays and Sundays too"), required=False)

    def __init__(self, *args: Any, training_class: TrainingClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_the_zone(self, training_class, "starts", "pause_starts", "pause_ends", "ends")

    def plan(self) -> DayPlan:
        return DayPlan(**self.cleaned_data)


class TrainerPicker(forms.Widget):
    """A search field for a trainer: those on record, and employees who are not trainers yet."""

    template_name = "components/person_picker.html"
    #: The employees that may be chosen: those in the planner's scope.
    people: Any = None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        trainer = value if isinstance(value, Trainer) else trainer_of(str(value or ""), self.people)
        chosen = []
        if trainer is not None:
            key = f"t{trainer.pk}" if trainer.pk else f"e{trainer.employee_id}"
            chosen = [{"pk": key, "full_name": trainer.name}]
        context["widget"] |= {"chosen": chosen, "search_url": reverse("trainings:trainer_search")}
        return context


def trainer_of(key: str, people: Any) -> Trainer | None:
    """The trainer a picker's key names: `t3` one on record, `e7` one of these employees, not stored yet."""
    number = number_in(key[1:])
    if key[:1] == "t" and number is not None:
        return Trainer.objects.filter(pk=number).first()
    if key[:1] == "e" and number is not None and people is not None:
        person = people.select_related("unit").filter(pk=number).first()
        if person is not None:
            known = Trainer.objects.filter(employee=person).first()
            return known or Trainer(
                employee=person, name=person.full_name[:200], institution=person.unit.name[:200],
                email=person.email,
            )  # fmt: skip
    return None


class TrainerField(forms.Field):
    widget = TrainerPicker

    def to_python(self, value: Any) -> Trainer | None:
        if value in self.empty_values:
            return None
        found = trainer_of(str(value), self.widget.people)
        if found is None:
            raise forms.ValidationError(_("This trainer is not on record. Choose one of those found."))
        return found


class SessionForm(forms.Form):
    """A session of the agenda. `plan()` gives it after validation."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=date_input())
    starts = forms.TimeField(label=gettext_lazy("Begins"), widget=time_input(), required=False)
    ends = forms.TimeField(label=gettext_lazy("Ends"), widget=time_input(), required=False)
    mode = forms.ChoiceField(label=gettext_lazy("Mode"), choices=Session.Mode.choices)
    subject = forms.ModelChoiceField(
        Subject.objects.none(), label=gettext_lazy("Subject"), required=False,
        empty_label=gettext_lazy("An activity without hours"),
    )  # fmt: skip
    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=200, required=False,
        help_text=gettext_lazy("Of an activity, such as the opening; or instead of the subject's name."),
    )  # fmt: skip
    trainer = TrainerField(label=gettext_lazy("Trainer"), required=False)
    room = forms.CharField(
        label=gettext_lazy("Room"), max_length=100, required=False,
        widget=forms.TextInput(attrs={"list": "rooms"}),
    )  # fmt: skip
    meeting = forms.ChoiceField(
        label=gettext_lazy("Virtual room"), choices=Session.Meeting.choices, required=False
    )
    meeting_address = forms.CharField(
        label=gettext_lazy("Address of the meeting"), max_length=500, required=False,
        widget=forms.URLInput(), validators=[URLValidator(schemes=["https", "http"])],
    )  # fmt: skip
    jp = forms.DecimalField(
        label=gettext_lazy("Hours (JP) of a self-paced session"), min_value=Decimal("0.1"),
        max_value=Decimal(30), decimal_places=1, required=False,
    )  # fmt: skip

    def __init__(self, *args: Any, training_class: TrainingClass, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        trainer: Any = self.fields["trainer"]
        trainer.widget.people = Employee.objects.visible_to(user).active()
        subject: Any = self.fields["subject"]
        subject.queryset = Subject.objects.filter(version=training_class.curriculum_id)
        self.fields["day"].widget.attrs |= {
            "min": training_class.first_day.isoformat(),
            "max": training_class.last_day.isoformat(),
        }
        _name_the_zone(self, training_class, "starts", "ends")

    def plan(self) -> SessionPlan:
        data = dict(self.cleaned_data)
        jp = data.pop("jp") or 0
        return SessionPlan(**data, minutes=round(jp * MINUTES_PER_JP))


def initial_of_session(session: Session) -> dict[str, Any]:
    """The form's starting values for a stored session."""
    names = (
        "day", "starts", "ends", "mode", "subject", "title", "trainer", "meeting", "meeting_address",
    )  # fmt: skip
    values = {name: getattr(session, name) for name in names}
    values["room"] = session.room.name if session.room else ""
    if session.mode == Session.Mode.SELF_PACED:
        values["jp"] = round(Decimal(session.minutes) / MINUTES_PER_JP, 1)
    return values


class ExternalTrainerForm(forms.ModelForm):
    """A trainer from outside the ministry."""

    class Meta:
        model = Trainer
        fields = ("name", "institution", "email")
        widgets = {"email": forms.EmailInput()}
