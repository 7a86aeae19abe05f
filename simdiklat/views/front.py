"""The public front: what this is, open classes, the rule in plain words, figures, verification."""

from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from accounts.access import PUBLIC, access, holds
from accounts.limits import TooMany
from accounts.roles import Permission
from certificates import limits
from invitations.models import Letter
from invitations.ranking import RULE_VERSION
from reports import figures
from reports import views as reports
from reports.figures.coverage import everybody
from reports.scope import Scope
from trainings.models import RuleSettings, TrainingClass

#: Open classes on the front, and on their own page.
NEXT, ALL = 6, 200


class LetterForm(forms.Form):
    """Number and date of a letter: a number alone could be counted through."""

    number = forms.CharField(label=gettext_lazy("Number of the letter"), max_length=120)
    dated = forms.DateField(
        label=gettext_lazy("Date of the letter"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


def front(request: HttpRequest) -> HttpResponse:
    """What anybody finds at the portal's address."""
    scope = Scope.ministry()
    context = {
        "title": _("Training in turn, by name"),
        "classes": _open_classes()[:NEXT],
        "coverage": everybody(scope),
        "map": reports.map_context(scope),
        "spread": figures.make("lorenz", scope),
        "rule_version": RULE_VERSION,
    }
    return render(request, "simdiklat/front/front.html", context)


@access(PUBLIC)
def rule(request: HttpRequest) -> HttpResponse:
    """How people are chosen, in plain words, with the rule's version."""
    context = {
        "title": _("How people are chosen"),
        "subtitle": _("The rule, version %(version)s") % {"version": RULE_VERSION},
        "settings": RuleSettings.current(),
    }
    if holds(request.user, Permission.SET_RULE):
        context |= {
            "action_url": reverse("trainings:rule_settings"),
            "action_label": _("Settings of the rule"),
        }
    return render(request, "simdiklat/front/rule.html", context)


@access(PUBLIC)
def open_classes(request: HttpRequest) -> HttpResponse:
    """The classes that are planned and have not begun, month by month."""
    months: list[tuple[date, list[Any]]] = [
        (month, list(classes))
        for month, classes in groupby(_open_classes()[:ALL], lambda one: one.first_day.replace(day=1))
    ]
    context = {
        "title": _("Open classes"),
        "subtitle": _("Nobody applies: whose turn it is gets an invitation by name."),
        "months": months,
    }
    return render(request, "simdiklat/front/classes.html", context)


def _open_classes() -> Any:
    return (
        TrainingClass.objects.scheduled()
        .upcoming(timezone.localdate())
        .select_related("programme", "organiser")
        .prefetch_related("areas__unit")
        .order_by("first_day", "code")
    )


@access(PUBLIC)
@never_cache
def verification(request: HttpRequest) -> HttpResponse:
    """Check a paper: a letter by number and date, a certificate on its own page. Guesses are counted."""
    form = LetterForm(request.POST or None)
    stopped: TooMany | None = None
    if request.method == "POST" and form.is_valid():
        try:
            limits.count(request)
        except TooMany as stop:
            stopped = stop
            form.add_error(None, stop.user_message)
        else:
            if letter := Letter.objects.filter(**form.cleaned_data).first():
                limits.found(request)
                return redirect("invitations:letter_check", public_id=letter.public_id)
            form.add_error(
                None,
                _("No letter with this number and this date is on record. Compare both with the paper, letter by letter."),
            )  # fmt: skip
    context = {
        "title": _("Checking a paper"),
        "subtitle": _("The quickest way: scan the QR code on it."),
        "form": form,
    }
    response = render(request, "simdiklat/front/verification.html", context, status=429 if stopped else 200)
    if stopped:
        response["Retry-After"] = str(stopped.seconds)
    return response
