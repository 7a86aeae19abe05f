"""Form fields that other rooms' forms use too: the search for units."""

from typing import Any

from django import forms
from django.urls import reverse

from accounts.requests import number_in
from employees.models import Unit


class UnitPicker(forms.Widget):
    """A search field for units with the chosen ones as chips; never a list of thousands.

    `purpose` names the scope that the search offers (see views.unit_search); `seats` adds a number to
    each chip, sent as `seats_<id>`.
    """

    template_name = "components/unit_picker.html"

    def __init__(self, purpose: str = "people", *, multiple: bool = False, seats: bool = False) -> None:
        super().__init__()
        self.purpose, self.multiple, self.seats = purpose, multiple, seats
        self.choices: Any = ()
        self.seats_chosen: dict[int, Any] = {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if self.multiple:
            return data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return data.get(name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        keys = value if isinstance(value, list | tuple) else [value]
        keys = [getattr(key, "pk", key) for key in keys if key not in (None, "")]
        keys = [key for key in keys if number_in(key) is not None]
        chosen = list(self.choices.queryset.filter(pk__in=keys)) if keys else []
        for unit in chosen:
            unit.chosen_seats = self.seats_chosen.get(unit.pk)
        context["widget"] |= {
            "chosen": chosen,
            "multiple": self.multiple,
            "seats": self.seats,
            "search_url": f"{reverse('employees:unit_search')}?for={self.purpose}",
        }
        return context


class UnitField(forms.ModelChoiceField):
    def __init__(self, *, purpose: str = "people", queryset: Any = None, **kwargs: Any) -> None:
        units = Unit.objects.none() if queryset is None else queryset
        super().__init__(units, widget=UnitPicker(purpose), **kwargs)


class UnitsField(forms.ModelMultipleChoiceField):
    def __init__(self, *, purpose: str, seats: bool = False, **kwargs: Any) -> None:
        super().__init__(
            Unit.objects.none(), widget=UnitPicker(purpose, multiple=True, seats=seats), **kwargs
        )
