"""A class that is moved or cancelled: who is told and what, before anybody is."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import access
from accounts.roles import Permission
from audit.errors import Refusal
from invitations import actions
from invitations.delivery import seats
from invitations.forms import MoveForm, TypedForm
from outbox import rendering
from trainings.models import TrainingClass
from trainings.views.common import crumbs as class_crumbs
from trainings.views.common import plannable_class


@access(Permission.PLAN_CLASSES)
def move_class(request: HttpRequest, pk: int) -> HttpResponse:
    """New dates or another place: first a preview of the message, then it is sent to everybody with a seat."""
    training_class = plannable_class(request, pk)
    told = training_class.invitations.live().count()
    form = MoveForm(request.POST or None, count=told, initial=_stored(training_class))
    sample = None
    if request.method == "POST" and form.is_valid():
        given = {name: form.cleaned_data[name] for name in (*_stored(training_class), "reason")}
        if request.POST.get("go") == "send":
            try:
                n = actions.reschedule(training_class=training_class, by=request.user, **given)
            except Refusal as refusal:
                form.add_error(None, refusal.user_message)
            else:
                messages.success(request, _("The class is moved.") + " " + _told_words(n))
                return redirect("invitations:class", pk=pk)
        else:
            sample = _sample(training_class, "class_changed", given)
    context = {
        "title": _("Move this class"),
        "crumbs": class_crumbs(training_class),
        "training_class": training_class,
        "told": told,
        "pending": training_class.selections.pending().exists(),
        "form": form,
        "sample": sample,
        "two_steps": True,
        "previewed": sample is not None or request.POST.get("go") == "send",
        "label": _("Move the class and tell %(n)d people") % {"n": told} if told else _("Move the class"),
        "back_url": reverse("invitations:class", args=[pk]),
    }
    return render(request, "invitations/change_class.html", context)


@access(Permission.PLAN_CLASSES)
def cancel_class(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a class: how many lose their seat and hear of it, the message they get, the reason."""
    training_class = plannable_class(request, pk)
    told = training_class.invitations.live().count()
    form = TypedForm(request.POST or None, count=told)
    if request.method == "POST" and form.is_valid():
        try:
            n = actions.cancel_class(
                training_class=training_class, by=request.user, reason=form.cleaned_data["reason"]
            )
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            words = _("The class is cancelled.")
            messages.success(request, f"{words} {_told_words(n)}" if n else words)
            return redirect("invitations:class", pk=pk)
    context = {
        "title": _("Cancel this class"),
        "crumbs": class_crumbs(training_class),
        "training_class": training_class,
        "told": told,
        "pending": training_class.selections.pending().exists(),
        "form": form,
        "sample": _sample(training_class, "class_cancelled", {"reason": _("(your reason stands here)")}),
        "label": _("Cancel the class and tell %(n)d people") % {"n": told} if told else _("Cancel the class"),
        "tone": "bad",
        "back_url": reverse("invitations:class", args=[pk]),
    }
    return render(request, "invitations/change_class.html", context)


def _stored(training_class: TrainingClass) -> dict[str, Any]:
    names = ("first_day", "last_day", "confirm_by", "place")
    return {name: getattr(training_class, name) for name in names}


def _sample(training_class: TrainingClass, kind: str, given: dict[str, Any]) -> Any:
    """The message that the first of the invited would get, or None when nobody is invited."""
    message = seats.sample_notice(training_class, kind=kind, given=given)
    return rendering.preview(message) if message else None


def _told_words(n: int) -> str:
    return ngettext("%(n)d person is told.", "%(n)d people are told.", n) % {"n": n}
