"""Pages of the first sign-in and of a forgotten password: ask for a code, set a password with one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import codes, limits, timing
from accounts.access import PUBLIC, access
from accounts.addresses import client_address, network
from accounts.forms import SetPasswordForm, plain_number
from accounts.roles import Permission
from audit.errors import Refusal
from employees import actions
from employees.forms import AskCodeForm
from employees.models import Employee

#: In the session: the number typed when a code was asked for, to fill in the next page's first field.
_ASKED = "code_asked_for"


@access(PUBLIC)
@never_cache
def ask_code(request: HttpRequest) -> HttpResponse:
    """Ask for a code by NIP and date of birth: it goes to the address on record.

    The answer is the same, in words and in time, whether or not the person exists, so the page tells
    nobody who works here.
    """
    form = AskCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number = plain_number(form.cleaned_data["number"])
        limits.take(limits.CODE_ADDRESS, network(request))
        limits.take(limits.CODE_NUMBER, number.casefold())
        with timing.at_least():
            actions.send_code(number=number, birth_date=form.cleaned_data["birth_date"])
        request.session[_ASKED] = number
        return redirect(reverse("employees:set_password", query={"asked": 1}))
    return render(request, "accounts/ask_code.html", {"title": _("Activate or set a password"), "form": form})


@access(PUBLIC)
@never_cache
@sensitive_post_parameters()
def set_password(request: HttpRequest) -> HttpResponse:
    """Set a password with a code. A wrong code, an old one and a number nobody has get the same answer."""
    form = SetPasswordForm(request.POST or None, initial={"number": request.session.get(_ASKED, "")})
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["number"]
        limits.take(limits.REDEEM_ADDRESS, network(request))
        limits.take(limits.REDEEM_NUMBER, number.casefold())
        with timing.at_least():
            done = actions.set_password(
                number=number,
                code=form.cleaned_data["code"],
                password=form.cleaned_data["password1"],
                address=client_address(request),
            )
        if done:
            request.session.pop(_ASKED, None)
            messages.success(request, _("Your password is set. Sign in with it now."))
            return redirect("accounts:login")
        form.add_error(
            "code",
            _("Number and code do not belong together, or the code is used or too old. Ask for a new one."),
        )
    context = {"title": _("Set a password"), "form": form, "asked": "asked" in request.GET}
    return render(request, "accounts/set_password.html", context)


@access(Permission.HAND_OUT_CODES)
@never_cache
def hand_out_code(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a code for somebody in scope without an address; it is shown once, on this page."""
    people = Employee.objects.visible_to(request.user, Permission.HAND_OUT_CODES).select_related(
        "unit", "user"
    )
    person = get_object_or_404(people, pk=pk)
    code = ""
    if request.method == "POST":
        try:
            code = codes.spaced(actions.hand_out_code(person=person, by=request.user))
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
            return redirect("employees:hand_out_code", pk=person.pk)
    crumbs = [
        (_("Employees"), reverse("employees:list")),
        (person.full_name, reverse("employees:detail", args=[pk])),
    ]
    context = {
        "title": _("A code for the first sign-in"),
        "subtitle": person.full_name,
        "crumbs": crumbs,
        "person": person,
        "code": code,
    }
    return render(request, "employees/hand_out_code.html", context)
