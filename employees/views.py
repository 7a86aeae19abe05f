"""People and units."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import access, holds
from accounts.requests import HtmxRequest
from accounts.roles import Permission
from employees import tasks
from employees.actions import note_found, note_viewed
from employees.exporting.lists import find
from employees.filters import EmployeeFilter
from employees.listing import respond
from employees.models import Employee, Unit
from employees.tables import EmployeeTable
from jobs import runner

#: Units offered by the search field at a time.
UNITS_OFFERED = 10


@access(Permission.SEE_PEOPLE)
def employee_list(request: HtmxRequest) -> HttpResponse:
    """The people in scope; filters and order live in the address."""
    people = Employee.objects.visible_to(request.user).active()
    filtered = EmployeeFilter(request.GET, queryset=people, user=request.user)
    table = EmployeeTable(filtered.qs.for_table()).paged(request, counted=filtered.qs)
    if filtered.searches:
        note_found(people=table.keys(), by=request.user, where="employees:list", filters=filtered.given)
    context = {"title": _("Employees"), "filter": filtered, "table": table}
    return respond(request, "employees/list.html", context)


@access(Permission.SEE_PEOPLE)
def employee_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One person in scope: identity, standing in words, history, invitations. The person can read who looked."""
    people = Employee.objects.visible_to(request.user)
    merged = people.filter(merged_records=pk).values_list("pk", flat=True).first()
    if merged is not None:
        return redirect("employees:detail", pk=merged, permanent=True)
    person = get_object_or_404(people.for_table(), pk=pk)
    note_viewed(employee=person, by=request.user)
    invitations: Any = person.invitations.none()
    if holds(request.user, Permission.SEE_SELECTIONS):
        invitations = person.invitations.visible_to(request.user).select_related("training_class__programme")
    context = {
        "title": person.full_name,
        "crumbs": [(_("Employees"), reverse("employees:list"))],
        "person": person,
        "standing": person.standing,
        "sees_changes": holds(request.user, Permission.SEE_AUDIT, Permission.PLAN_CLASSES),
        "records": person.history.all(),
        "invitations": invitations.order_by("-id"),
        "can_hand_out_code": not person.email and holds(request.user, Permission.HAND_OUT_CODES),
    }
    return render(request, "employees/detail.html", context)


@access(Permission.SEE_PEOPLE, Permission.PLAN_CLASSES, Permission.MANAGE_ACCOUNTS)
def unit_search(request: HttpRequest) -> HttpResponse:
    """Units for a search field, as options. `for`: people, areas, organisers or accounts, each with its scope."""
    purpose, text = request.GET.get("for", "people"), request.GET.get("q", "").strip()
    if purpose == "organisers":
        units = Unit.objects.organising_for(request.user)
    elif purpose == "areas":
        units = Unit.objects.visible_to(request.user, Permission.PLAN_CLASSES)
    elif purpose == "accounts":
        units = Unit.objects.visible_to(request.user, Permission.MANAGE_ACCOUNTS)
    else:
        units = Unit.objects.visible_to(request.user)
    found = units.active().search(text).highest_first()[:UNITS_OFFERED] if len(text) >= 2 else []
    return render(request, "employees/_units.html", {"units": found, "text": text})


@access(Permission.DOWNLOAD_LISTS, Permission.SEE_AUDIT)
@require_POST
def export(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """Have a worker write a list with the filters and the order of its page; leads to the progress."""
    exported = find(key)
    if exported is None or kind not in ("csv", "xlsx"):
        raise Http404
    if not holds(request.user, exported.permission):
        raise PermissionDenied
    query = request.POST.copy()
    query.pop("csrfmiddlewaretoken", None)
    with transaction.atomic():
        job = runner.enqueue(
            task=tasks.export.name,
            title=_("%(list)s as %(format)s") % {"list": exported.title, "format": kind.upper()},
            owner=request.user,
            params={"list": key, "format": kind, "query": query.urlencode()},
        )
    return redirect("jobs:progress", job.pk)
