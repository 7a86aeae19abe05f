"""Answers, approval, and the reasons that are kept on record."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.requests import number_in
from accounts.roles import Permission
from employees.fields import UnitsField
from employees.models import Employee, Unit
from invitations.codes import DeclineReason, OverrideCategory
from trainings.codes import Allocation
from trainings.forms import MOST_SEATS, date_input
from trainings.forms.reason import ReasonForm

#: Above this many invitations their number must be typed before they are approved.
TYPED_ABOVE = 100


class DeclineForm(forms.Form):
    """Why somebody cannot come: one of the coded reasons, a few words with "other"."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Why can you not come?"), choices=DeclineReason.choices, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=gettext_lazy("In a few words (needed for another reason)"), max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("reason") == DeclineReason.LAINNYA and not data.get("text", "").strip():
            self.add_error("text", _("Another reason needs a few words that say which."))
        return data


class AnswerForm(DeclineForm):
    """An answer on someone's behalf."""

    answer = forms.ChoiceField(
        label=gettext_lazy("Answer"), widget=forms.RadioSelect,
        choices=[("accept", gettext_lazy("Accepts")), ("decline", gettext_lazy("Declines"))],
    )  # fmt: skip
    field_order = ("answer", "reason", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False
        self.fields["reason"].label = _("Reason, when declining")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("answer") == "decline" and not data.get("reason"):
            self.add_error("reason", _("Declining needs a reason. Choose one."))
        return data


class ApproveForm(forms.Form):
    """Approval; above TYPED_ABOVE invitations the number of them has to be typed."""

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count
        if count > TYPED_ABOVE:
            self.fields["typed"] = forms.IntegerField(
                label=_("Type the number of invitations, %(n)d, to confirm") % {"n": count}
            )

    def clean_typed(self) -> int:
        typed = self.cleaned_data["typed"]
        if typed != self.count:
            raise forms.ValidationError(
                _("%(n)d invitations would be sent. Type this number.") % {"n": self.count}
            )
        return typed


class DeferForm(DeclineForm):
    """Why a regional office sets one of its proposed people back."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Why can this person not take part now?")


class PersonPicker(forms.Widget):
    """A search field for one person; never a list of thousands. `search_url` gives the options."""

    template_name = "components/person_picker.html"
    search_url = ""
    choices: Any = ()

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        key = getattr(value, "pk", value)
        chosen = list(self.choices.queryset.filter(pk=key)) if number_in(key) is not None else []
        context["widget"] |= {"chosen": chosen, "search_url": self.search_url}
        return context


class OverrideForm(forms.Form):
    """Somebody named out of order: whom (unless the row said so), which category, and why."""

    person = forms.ModelChoiceField(
        Employee.objects.none(), label=gettext_lazy("Person of the pool"), widget=PersonPicker()
    )
    category = forms.ChoiceField(
        label=gettext_lazy("Category"), choices=OverrideCategory.choices, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=gettext_lazy("Reason, in words that everybody can read"), max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, *args: Any, people: Any, search_url: str, fixed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fixed:
            del self.fields["person"]
        else:
            person: Any = self.fields["person"]
            person.widget.search_url = search_url
            person.queryset = people


class TypedForm(ReasonForm):
    """A reason; above TYPED_ABOVE people who will be told, their number has to be typed as well."""

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count
        if count > TYPED_ABOVE:
            self.fields["typed"] = forms.IntegerField(
                label=_("Type the number of people who are told, %(n)d, to confirm") % {"n": count}
            )

    def clean_typed(self) -> int:
        typed = self.cleaned_data["typed"]
        if typed != self.count:
            raise forms.ValidationError(
                _("%(n)d people would be told. Type this number.") % {"n": self.count}
            )
        return typed


class MoveForm(TypedForm):
    """New dates or another place for a class; `reason` is read by everybody invited."""

    first_day = forms.DateField(label=gettext_lazy("First day"), widget=date_input())
    last_day = forms.DateField(label=gettext_lazy("Last day"), widget=date_input())
    confirm_by = forms.DateField(label=gettext_lazy("Last day to answer"), widget=date_input())
    place = forms.CharField(label=gettext_lazy("Place"), max_length=200, required=False)
    field_order = ("first_day", "last_day", "confirm_by", "place", "reason", "typed")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Reason; everybody invited reads it")
        if "typed" in self.fields:
            # Asked for only when the message is sent, not when it is previewed.
            self.fields["typed"].required = self.data.get("go") == "send"

    def clean_typed(self) -> int:
        return super().clean_typed() if self.data.get("go") == "send" else self.count


class AddressForm(forms.Form):
    """The right address of somebody whom a message did not reach."""

    address = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)


class ObjectionForm(forms.Form):
    """What a person objects to, in the own words."""

    text = forms.CharField(
        label=gettext_lazy("What do you object to, and why?"), max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip


class ObjectionAnswerForm(forms.Form):
    """The officer's answer to an objection."""

    answer = forms.CharField(
        label=gettext_lazy("Answer; the person reads it in the portal and by mail"), max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )  # fmt: skip


class WhatIfForm(forms.Form):
    """Other seats, reserve, cap, allocation or areas for a comparison; nothing of it is stored."""

    seats = forms.IntegerField(label=gettext_lazy("Seats"), min_value=1, max_value=MOST_SEATS)
    reserve = forms.IntegerField(label=gettext_lazy("Reserve"), min_value=0, max_value=MOST_SEATS)
    unit_cap = forms.IntegerField(
        label=gettext_lazy("Most from one unit"), min_value=0, max_value=MOST_SEATS,
        help_text=gettext_lazy("0: no limit."),
    )  # fmt: skip
    allocation = forms.ChoiceField(label=gettext_lazy("How the seats are shared"), choices=Allocation.choices)
    areas = UnitsField(
        purpose="areas", seats=True, label=gettext_lazy("Areas"), required=False,
        help_text=gettext_lazy("Empty: the areas of the plan."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas: Any = self.fields["areas"]
        areas.queryset = Unit.objects.visible_to(user, Permission.PLAN_CLASSES)
        given = {key[6:]: value for key, value in self.data.items() if key.startswith("seats_")}
        areas.widget.seats_chosen = self.area_seats = {
            unit: seats
            for key, value in given.items()
            if (unit := number_in(key)) is not None and (seats := number_in(value)) is not None
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if data["allocation"] == Allocation.MANUAL:
            listed = sum(self.area_seats.get(unit.pk, 0) for unit in data["areas"])
            if listed != data["seats"]:
                self.add_error(
                    "areas",
                    _(
                        "The areas have %(listed)d seats together, but the class has %(seats)d. Make them equal."
                    )
                    % {"listed": listed, "seats": data["seats"]},
                )
        return data
