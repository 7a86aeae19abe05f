"""What an employee sees: the own invitation, hours, history and place in line; accepting and declining."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import SIGNED_IN, access
from audit.errors import Refusal
from invitations import actions
from invitations.forms import DeclineForm
from invitations.models import Candidate, Invitation
from trainings.delivery.running import my_classes
from trainings.models import RuleSettings, TrainingClass

#: Places in earlier rankings shown to a person.
PLACES = 10


@access(SIGNED_IN)
def mine(request: HttpRequest) -> HttpResponse:
    """The employee's own page; somebody without a personnel record is told so."""
    person = getattr(request.user, "employee", None)
    if person is None:
        return render(request, "invitations/nobody.html", {"title": _("My training")})
    return render(request, "invitations/mine.html", own_context(request.user, person))


def own_context(user: Any, person: Any) -> dict[str, Any]:
    """Everything the employee's own page shows."""
    rule = RuleSettings.current()
    year = timezone.localdate().year
    hours = person.history.in_year(year).took_part().hours()
    pppk = person.status in ("PPPK", "PPPK_PW")
    invitations = list(Invitation.objects.of_user(user).for_table().order_by("-pk"))
    today = timezone.localdate()
    return {
        "title": _("My training"),
        "person": person,
        "standing": person.standing,
        "records": person.history.all(),
        "open_invitations": [i for i in invitations if i.is_live and not i.training_class.ended(today)],
        "past_invitations": [i for i in invitations if not i.is_live or i.training_class.ended(today)],
        "my_classes": my_classes(user, today),
        "open_classes": TrainingClass.objects.open_for_enrolment().held_for(person.unit.path).exists(),
        "year": year,
        "hours": hours,
        "hours_goal": rule.pppk_ceiling_jp if pppk else rule.pns_yearly_jp,
        "pppk": pppk,
        "places": Candidate.objects.of_people([person.pk])
        .filter(selection__state="issued")
        .select_related("selection__training_class__programme")
        .order_by("-pk")[:PLACES],
    }


@access(SIGNED_IN)
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own invitation with its reason; the address that stands in the mail."""
    invitation = actions.as_of_today(_own(request, pk))
    if invitation.seen_at is None:
        Invitation.objects.filter(pk=pk, seen_at=None).update(seen_at=timezone.now())
    context = {
        "title": str(invitation.training_class),
        "subtitle": _("Invitation"),
        "crumbs": [(_("My training"), reverse("invitations:mine"))],
        "invitation": invitation,
    }
    return render(request, "invitations/invitation.html", context)


@access(SIGNED_IN)
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept in one tap."""
    invitation = _own(request, pk)
    try:
        result = actions.answer(invitation=invitation, answer="accept", by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
    else:
        messages.success(request, result.message)
    return redirect("invitations:show", pk=pk)


@access(SIGNED_IN)
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Decline with one of the coded reasons."""
    invitation = _own(request, pk)
    form = DeclineForm(request.POST or None)
    back = reverse("invitations:show", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            result = actions.answer(
                invitation=invitation,
                answer="decline",
                by=request.user,
                reason=form.cleaned_data["reason"],
                text=form.cleaned_data["text"],
            )
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, result.message)
            return redirect(back)
    context = {
        "title": _("I cannot come"),
        "crumbs": [(_("My training"), reverse("invitations:mine")), (str(invitation.training_class), back)],
        "text": _("Your place in line stays as it is: none of these reasons counts against you."),
        "form": form,
        "label": _("Decline the invitation"),
        "tone": "bad",
        "back_url": back,
    }
    return render(request, "confirm.html", context)


def _own(request: HttpRequest, pk: int) -> Invitation:
    own = Invitation.objects.of_user(request.user).for_table().select_related("training_class__organiser")
    return get_object_or_404(own, pk=pk)
