"""What a person can find out about the own data: who saw it, who can see it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import SIGNED_IN, access
from accounts.requests import HtmxRequest
from audit import reading
from employees.privacy.tables import ReadingTable
from employees.privacy.viewers import account_viewers_of, class_viewers_of, superusers, viewers_of


def own_person(request: HttpRequest) -> Any:
    """The personnel record behind the account; 404 for an account without one."""
    person = getattr(request.user, "employee", None)
    if person is None:
        raise Http404
    return person


def crumbs() -> list[tuple[str, str]]:
    return [(_("Personal data"), reverse("privacy"))]


@access(SIGNED_IN)
def readings(request: HtmxRequest) -> HttpResponse:
    """Who saw the own data, when, in which role: openings, searches and files, the latest first."""
    person = own_person(request)
    table = ReadingTable(reading.of_person(*person.keys)).paged(request)
    context = {"title": _("Who has seen my data"), "crumbs": crumbs(), "table": table}
    return render(request, "_table.html" if request.htmx else "employees/privacy/readings.html", context)


@access(SIGNED_IN)
def who_can_see(request: HttpRequest) -> HttpResponse:
    """The roles and offices that can see the person now, and what each may do."""
    person = own_person(request)
    context = {
        "title": _("Who can see my data"),
        "crumbs": crumbs(),
        "person": person,
        "viewers": viewers_of(person),
        "class_viewers": class_viewers_of(person),
        "account_viewers": account_viewers_of(person),
        "superusers": superusers().count(),
    }
    return render(request, "employees/privacy/who_can_see.html", context)
