"""What if: other seats, areas, allocation or cap beside the plan, before anything is started."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.access import access
from accounts.requests import HtmxRequest
from accounts.roles import Permission
from employees.models import Employee
from invitations import ranking
from invitations.codes import Gate
from invitations.forms import WhatIfForm
from invitations.views.workspace import mean_wait_words
from trainings.models import TrainingClass
from trainings.views.common import crumbs as class_crumbs

#: Names shown of those who would come in or fall out.
NAMED = 25


@access(Permission.SELECT)
def what_if(request: HtmxRequest, pk: int) -> HttpResponse:
    """The form with the plan's values, and the comparison as soon as something is asked. Nothing is stored."""
    plannable = TrainingClass.objects.plannable_by(request.user).select_related("programme", "organiser")
    training_class = get_object_or_404(plannable, pk=pk)
    asked = "seats" in request.GET
    form = WhatIfForm(request.GET if asked else as_planned(training_class), user=request.user)
    context: dict[str, Any] = {
        "title": _("What if"),
        "subtitle": str(training_class),
        "crumbs": class_crumbs(training_class),
        "training_class": training_class,
        "form": form,
    }
    if form.is_valid():
        context |= compare(training_class, form, request.user)
    return render(request, f"invitations/{'_what_if' if request.htmx else 'what_if'}.html", context)


def as_planned(training_class: TrainingClass) -> Any:
    """The plan as the form's data, as the address would carry it."""
    data = QueryDict(mutable=True)
    for name in ("seats", "reserve", "unit_cap", "allocation"):
        data[name] = str(getattr(training_class, name))
    for area in training_class.areas.all():
        data.appendlist("areas", str(area.unit_id))
        if area.seats is not None:
            data[f"seats_{area.unit_id}"] = str(area.seats)
    return data


def compare(training_class: TrainingClass, form: WhatIfForm, user: Any) -> dict[str, Any]:
    """Both variants line by line, the gates of both, and the names in scope of who comes in or falls out."""
    data = form.cleaned_data
    # No area in the form: those of the plan stay.
    areas = [(unit, form.area_seats.get(unit.pk)) for unit in data["areas"]] or None
    result = ranking.what_if(
        training_class, seats=data["seats"], reserve=data["reserve"], unit_cap=data["unit_cap"],
        allocation=data["allocation"], areas=areas,
    )  # fmt: skip
    base, changed = result.base, result.changed
    came = [person.employee_id for person in result.came_in]
    fell = [person.employee_id for person in result.fell_out]
    shown = [*came[:NAMED], *fell[:NAMED]]
    people = (
        Employee.objects.visible_to(user, Permission.SEE_SELECTIONS)
        .for_table()
        .filter(pk__in=shown)
        .in_bulk()
    )
    return {
        "result": result,
        "lines": [
            (_("Eligible people"), base.pool_size, changed.pool_size),
            (_("Selected"), base.selected, changed.selected),
            (_("Reserve"), base.reserve, changed.reserve),
            (_("Never trained among them"), base.never_trained, changed.never_trained),
            (_("Mean wait"), mean_wait_words(base.mean_wait_days), mean_wait_words(changed.mean_wait_days)),
            (
                _("Ministry without training for two years, if all of them pass"),
                _share(base.untrained_after, result.active),
                _share(changed.untrained_after, result.active),
            ),
        ],
        "untrained_now": _share(base.untrained_before, result.active),
        "gates": [
            (str(gate.label), base.excluded.get(gate.value, 0), changed.excluded.get(gate.value, 0))
            for gate in Gate
            if base.excluded.get(gate.value) or changed.excluded.get(gate.value)
        ],
        "strata": changed.by_area,
        "came_in": [people[pk] for pk in came[:NAMED] if pk in people],
        "fell_out": [people[pk] for pk in fell[:NAMED] if pk in people],
        "came_in_count": len(came),
        "fell_out_count": len(fell),
    }


def _share(part: int, whole: int) -> str:
    """A part of the active people in per cent with two decimals; "–" without people."""
    return f"{number_format(part * 100 / whole, 2)}%" if whole else "–"
