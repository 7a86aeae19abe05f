"""People and units."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import PUBLIC, access, holds
from accounts.requests import HtmxRequest
from accounts.roles import Permission
from employees import actions
from employees.actions import note_viewed
from employees.filters import EmployeeFilter
from employees.forms import PasswordLinkForm
from employees.listing import respond
from employees.models import Employee, Unit
from employees.tables import EmployeeTable

#: Units offered by the search field at a time.
UNITS_OFFERED = 10


@access(Permission.SEE_PEOPLE)
def employee_list(request: HtmxRequest) -> HttpResponse:
    """The people in scope; filters and order live in the address."""
    people = Employee.objects.visible_to(request.user).active()
    filtered = EmployeeFilter(request.GET, queryset=people, user=request.user)
    table = EmployeeTable(filtered.qs.for_table()).paged(request, counted=filtered.qs)
    context = {"title": _("Employees"), "filter": filtered, "table": table}
    return respond(request, "employees/list.html", context)


@access(Permission.SEE_PEOPLE)
def employee_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One person in scope: identity, standing in words, history, invitations. The person can read who looked."""
    person = get_object_or_404(Employee.objects.visible_to(request.user).for_table(), pk=pk)
    note_viewed(employee=person, by=request.user)
    invitations: Any = person.invitations.none()
    if holds(request.user, Permission.SEE_SELECTIONS):
        invitations = person.invitations.visible_to(request.user).select_related("training_class__programme")
    context = {
        "title": person.full_name,
        "crumbs": [(_("Employees"), reverse("employees:list"))],
        "person": person,
        "standing": person.standing,
        "records": person.history.all(),
        "invitations": invitations.order_by("-id"),
    }
    return render(request, "employees/detail.html", context)


@access(Permission.SEE_PEOPLE, Permission.PLAN_CLASSES)
def unit_search(request: HttpRequest) -> HttpResponse:
    """Units for a search field, as options. `for`: people, areas or organisers, each with its own scope."""
    purpose, text = request.GET.get("for", "people"), request.GET.get("q", "").strip()
    if purpose == "organisers":
        units = Unit.objects.organising_for(request.user)
    elif purpose == "areas":
        units = Unit.objects.visible_to(request.user, Permission.PLAN_CLASSES)
    else:
        units = Unit.objects.visible_to(request.user)
    found = units.active().search(text).highest_first()[:UNITS_OFFERED] if len(text) >= 2 else []
    return render(request, "employees/_units.html", {"units": found, "text": text})


@access(PUBLIC)
def password_link(request: HttpRequest) -> HttpResponse:
    """Activate an account or set a forgotten password: a link goes to the address on record.

    The answer is the same whether or not the person exists, so the page tells nobody who works here.
    """
    form = PasswordLinkForm(request.POST or None)
    sent = request.method == "POST" and form.is_valid()
    if sent:
        actions.send_password_link(**form.cleaned_data)
    return render(
        request,
        "accounts/password_link.html",
        {"title": _("Activate or set a password"), "form": form, "sent": sent},
    )


class _SetPassword(auth.PasswordResetConfirmView):
    template_name = "accounts/set_password.html"
    success_url = reverse_lazy("accounts:login")
    extra_context = {"title": gettext_lazy("Set a password")}

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password is set. Sign in with it now."))
        return super().form_valid(form)


set_password = access(PUBLIC)(_SetPassword.as_view())
