"""Pages with which an administrator of accounts helps somebody back in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import codes
from accounts.access import access
from accounts.roles import Permission
from audit.errors import Refusal
from employees.actions import show_accounts
from employees.formatting import masked
from employees.granting import rescue
from employees.granting.actions import accounts_seen_by


@access(Permission.MANAGE_ACCOUNTS)
@never_cache
def account_code(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a code for a new password; it is shown once, on this page."""
    found = get_object_or_404(accounts_seen_by(request.user), pk=pk)
    show_accounts([pk])
    back = reverse("employees:account", args=[pk])
    code = ""
    if request.method == "POST":
        try:
            code = codes.spaced(rescue.hand_out_code(user=found, by=request.user))
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
            return redirect(back)
    context = {
        "title": _("Code for a new password"),
        "subtitle": masked(str(found)),
        "crumbs": [(_("Accounts"), reverse("employees:accounts")), (masked(str(found)), back)],
        "code": code,
        "username": found.get_username(),
        "back_url": back,
    }
    return render(request, "employees/granting/code.html", context)


@access(Permission.MANAGE_ACCOUNTS)
def account_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the second factor off an account whose owner has lost it."""
    found = get_object_or_404(accounts_seen_by(request.user), pk=pk)
    show_accounts([pk])
    back = reverse("employees:account", args=[pk])
    if request.method == "POST":
        try:
            rescue.take_off_second_factor(user=found, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
        else:
            messages.success(request, _("The second factor is off and the account signed out everywhere."))
        return redirect(back)
    context = {
        "title": _("Take off the second factor"),
        "subtitle": masked(str(found)),
        "crumbs": [(_("Accounts"), reverse("employees:accounts")), (masked(str(found)), back)],
        "text": _(
            "For somebody who has lost phone and passkey. Make sure who asks: by voice or face, not by mail. The "
            "person is told by mail, and your name is kept with it."
        ),
        "label": _("Take it off"),
        "tone": "bad",
        "back_url": back,
    }
    return render(request, "confirm.html", context)
