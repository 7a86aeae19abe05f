"""One search field for people, classes, units and programmes, each within the user's scope."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.access import access, holds
from accounts.requests import HtmxRequest
from accounts.roles import Permission
from employees.actions import note_found
from employees.models import Employee, Unit
from trainings.models import Programme, TrainingClass

#: Fewer letters would fit half the ministry, and no index helps.
SHORTEST = 3
#: Results of each kind.
EACH = 5


@access(Permission.SEE_PEOPLE, Permission.SEE_CLASSES)
def search(request: HtmxRequest) -> HttpResponse:
    """Results as a panel for htmx, or as a page of their own."""
    text = request.GET.get("q", "").strip()
    user = request.user
    context: dict[str, Any] = {
        "title": _("Search"),
        "text": text,
        "too_short": 0 < len(text) < SHORTEST,
        "each": EACH,
    }
    if len(text) >= SHORTEST:
        context["classes"] = (
            TrainingClass.objects.visible_to(user).search(text).select_related("programme")
            .order_by("-first_day")[:EACH]
        )  # fmt: skip
        if holds(user, Permission.SEE_CLASSES):
            context["programmes"] = Programme.objects.search(text).order_by("name", "pk")[:EACH]
        if holds(user, Permission.SEE_PEOPLE):
            people = list(
                Employee.objects.visible_to(user).search(text).select_related("unit")
                .order_by("name", "pk")[:EACH]
            )  # fmt: skip
            note_found(people=[p.pk for p in people], by=user, where="search", filters={"q": text})
            context["people"] = people
            context["units"] = Unit.objects.visible_to(user).active().search(text).highest_first()[:EACH]
    return render(request, "simdiklat/_found.html" if request.htmx else "simdiklat/search.html", context)
