"""Pages of the administrator of accounts; everything within the units the administrator holds."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import access
from accounts.requests import HtmxRequest
from accounts.roles import Permission
from audit import origin
from audit.errors import Refusal
from employees.actions import show_accounts
from employees.formatting import masked
from employees.granting import actions
from employees.granting.forms import AccountFilter, EndForm, GrantForm
from employees.granting.tables import AccountTable, GrantTable, with_grants


@access(Permission.MANAGE_ACCOUNTS)
def account_list(request: HtmxRequest) -> HttpResponse:
    """The accounts of one's units; filters and order live in the address."""
    accounts = with_grants(actions.accounts_seen_by(request.user)).order_by("full_name", "pk")
    filtered = AccountFilter(request.GET, queryset=accounts)
    context = {
        "title": _("Accounts"),
        "action_url": reverse("employees:account_new"),
        "action_label": _("New account"),
        "action_icon": "plus",
        "filter": filtered,
        "table": AccountTable(filtered.qs).paged(request),
    }
    return render(request, "_table.html" if request.htmx else "employees/granting/list.html", context)


@access(Permission.MANAGE_ACCOUNTS)
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: its person, the roles it holds and held."""
    found = _account(request, pk)
    grants = found.grants.select_related("unit", "granted_by").order_by("-since", "-pk")
    managed = actions.grants_seen_by(request.user).filter(user=found).exclude(user=request.user)
    endable = {grant.pk for grant in managed if grant.status in ("current", "coming")}
    context: dict[str, Any] = {
        "title": masked(str(found)),
        "crumbs": _crumbs(),
        "account": found,
        "username": masked(found.username),
        "person": getattr(found, "employee", None),
        "table": GrantTable(grants, endable=endable).unpaged(request),
        "own": found.pk == request.user.pk,
    }
    if not context["own"] and found.is_active:
        context |= {
            "action_url": reverse("employees:account_grant", args=[pk]),
            "action_label": _("Grant a role"),
            "action_icon": "plus",
        }
    return render(request, "employees/granting/account.html", context)


@access(Permission.MANAGE_ACCOUNTS)
def account_grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an account a role on a unit, with its days."""
    found = _account(request, pk)
    form = GrantForm(request.POST if request.method == "POST" else None, user=request.user)
    back = reverse("employees:account", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            actions.grant(user=found, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("The role is granted."))
            return redirect(back)
    context = {
        "title": _("Grant a role"),
        "crumbs": [*_crumbs(), (masked(str(found)), back)],
        "text": _("The role holds on the unit and everything below it. Your name is kept with it."),
        "form": form,
        "label": _("Grant the role"),
        "back_url": back,
    }
    return render(request, "confirm.html", context)


@access(Permission.MANAGE_ACCOUNTS)
def grant_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a role at once or on a day; it stays on record."""
    grants = actions.grants_seen_by(request.user).select_related("user", "unit")
    grant = get_object_or_404(grants, pk=pk)
    show_accounts([grant.user_id])
    form = EndForm(request.POST if request.method == "POST" else None)
    back = reverse("employees:account", args=[grant.user_id])
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_grant(grant=grant, by=request.user, last_day=form.cleaned_data["last_day"])
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("The role is ended and stays on record."))
            return redirect(back)
    context = {
        "title": _("End the role %(role)s") % {"role": grant.get_role_display()},
        "subtitle": grant.unit.name,
        "crumbs": [*_crumbs(), (masked(str(grant.user)), back)],
        "form": form,
        "label": _("End the role"),
        "tone": "bad",
        "back_url": back,
    }
    return render(request, "confirm.html", context)


@access(Permission.MANAGE_ACCOUNTS)
def account_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an account off, or on again."""
    found = _account(request, pk)
    back = reverse("employees:account", args=[pk])
    if request.method == "POST":
        try:
            actions.set_active(user=found, active=not found.is_active, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
        else:
            off = found.is_active
            messages.success(request, _("The account is off.") if off else _("The account is on."))
        return redirect(back)
    off = _("Whoever uses the account is signed out at the next click. Its roles and its traces stay.")
    on = _("The person can sign in again with the same password and the roles still in force.")
    context = {
        "title": _("Switch the account off") if found.is_active else _("Switch the account on"),
        "subtitle": masked(str(found)),
        "crumbs": [*_crumbs(), (masked(str(found)), back)],
        "text": off if found.is_active else on,
        "label": _("Switch off") if found.is_active else _("Switch on"),
        "tone": "bad" if found.is_active else "",
        "back_url": back,
    }
    return render(request, "confirm.html", context)


def _account(request: HttpRequest, pk: int) -> Any:
    found = get_object_or_404(actions.accounts_seen_by(request.user).select_related("employee__unit"), pk=pk)
    origin.show(getattr(getattr(found, "employee", None), "pk", None))
    return found


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Accounts"), reverse("employees:accounts"))]
