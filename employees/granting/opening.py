"""The page on which an administrator makes an account."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import codes
from accounts.access import access
from accounts.roles import Permission
from audit.errors import Refusal
from employees.formatting import masked
from employees.granting import making
from employees.granting.forms import EmployeeAccountForm, GuestAccountForm

#: What makes the account, and the form that asks for it, by who it is for.
_WAYS: dict[str, tuple[Any, Any]] = {
    "employee": (EmployeeAccountForm, making.for_employee),
    "guest": (GuestAccountForm, making.for_guest),
}


@access(Permission.MANAGE_ACCOUNTS)
@never_cache
def account_new(request: HttpRequest) -> HttpResponse:
    """Make an account with its first role. A code that is not mailed is shown once, on this page."""
    whose = request.GET.get("for", "")
    whose = whose if whose in _WAYS else "employee"
    form_class, make = _WAYS[whose]
    form = form_class(request.POST if request.method == "POST" else None, user=request.user)
    crumbs = [(_("Accounts"), reverse("employees:accounts"))]
    if request.method == "POST" and form.is_valid():
        try:
            made = make(by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            account = reverse("employees:account", args=[made.user.pk])
            if not made.digits:
                messages.success(
                    request, _("The account is made; a code to set the password is on its way by mail.")
                )
                return redirect(account)
            context = {
                "title": _("Code for the first sign-in"),
                "subtitle": masked(str(made.user)),
                "crumbs": crumbs,
                "code": codes.spaced(made.digits),
                "username": made.user.get_username(),
                "back_url": account,
            }
            return render(request, "employees/granting/code.html", context)
    context = {
        "title": _("New account"),
        "crumbs": crumbs,
        "whose": whose,
        "form": form,
        "label": _("Make the account"),
        "back_url": reverse("employees:accounts"),
    }
    return render(request, "employees/granting/new.html", context)
