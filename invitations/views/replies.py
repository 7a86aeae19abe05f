"""Invitations of other people: the list in scope, downloads, answers on someone's behalf, withdrawal."""

from io import BytesIO

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import access, holds
from accounts.requests import HtmxRequest, text_in
from accounts.roles import Permission
from audit.errors import Refusal
from employees.actions import note_found
from employees.listing import respond
from employees.models import Unit
from invitations import actions, lists
from invitations.filters import InvitationFilter
from invitations.forms import AnswerForm
from invitations.models import Invitation
from invitations.tables import EveryInvitationTable
from trainings.forms.reason import ReasonForm
from trainings.models import TrainingClass


@access(Permission.SEE_SELECTIONS)
def invitation_list(request: HtmxRequest) -> HttpResponse:
    """Everybody in scope who was invited, the latest selection first, each in rank order."""
    invited = Invitation.objects.visible_to(request.user).order_by("-selection_id", "rank", "pk")
    filtered = InvitationFilter(request.GET, queryset=invited, user=request.user)
    table = EveryInvitationTable(filtered.qs.for_table(), exclude=("reason",))
    table.may_answer = holds(request.user, Permission.ANSWER_FOR_OTHERS)
    table.paged(request, counted=filtered.qs)
    if filtered.searches:
        note_found(
            people=table.keys("employee_id"),
            by=request.user,
            where="invitations:list",
            filters=filtered.given,
        )
    context = {"title": _("Invitations"), "filter": filtered, "table": table}
    return respond(request, "invitations/list.html", context)


@access(Permission.DOWNLOAD_LISTS)
def download(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The list of names a regional office downloads (formats.md), of the people in scope; audited."""
    training_class = get_object_or_404(
        TrainingClass.objects.visible_to(request.user).select_related("programme", "organiser"), pk=pk
    )
    unit = None
    if code := text_in(request.GET.get("unit")):
        unit = get_object_or_404(Unit.objects.visible_to(request.user, Permission.DOWNLOAD_LISTS), code=code)
    if kind not in lists.FORMATS:
        raise Http404
    stream = BytesIO()
    done = lists.download(training_class=training_class, unit=unit, fmt=kind, by=request.user, stream=stream)
    response = HttpResponse(stream.getvalue(), content_type=done.content_type)
    response["Content-Disposition"] = f'attachment; filename="{done.name}"'
    return response


@access(Permission.ANSWER_FOR_OTHERS)
def answer_for(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer for somebody in scope who cannot do it in the portal; recorded with the name of who did."""
    invitation = get_object_or_404(
        Invitation.objects.visible_to(request.user, Permission.ANSWER_FOR_OTHERS).for_table(), pk=pk
    )
    form = AnswerForm(request.POST or None)
    back = reverse("invitations:class", args=[invitation.training_class_id])
    if request.method == "POST" and form.is_valid():
        try:
            result = actions.answer(
                invitation=invitation,
                answer=form.cleaned_data["answer"],
                by=request.user,
                reason=form.cleaned_data["reason"],
                text=form.cleaned_data["text"],
                channel=Invitation.Channel.BEHALF,
            )
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, result.message)
            return redirect(back)
    context = {
        "title": _("Answer for %(name)s") % {"name": invitation.employee.full_name},
        "crumbs": [
            (_("Invitations"), reverse("invitations:list")),
            (str(invitation.training_class), back),
        ],
        "text": _("Your name is kept with the answer."),
        "form": form,
        "label": _("Record the answer"),
        "back_url": back,
    }
    return render(request, "confirm.html", context)


@access(Permission.SELECT)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invitation of one's own class back, with a reason that is kept."""
    invitation = get_object_or_404(Invitation.objects.of_classes_planned_by(request.user).for_table(), pk=pk)
    form = ReasonForm(request.POST or None)
    back = reverse("invitations:class", args=[invitation.training_class_id])
    if request.method == "POST" and form.is_valid():
        try:
            result = actions.withdraw(
                invitation=invitation, by=request.user, reason=form.cleaned_data["reason"]
            )
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, result.message)
            return redirect(back)
    context = {
        "title": _("Withdraw the invitation of %(name)s") % {"name": invitation.employee.full_name},
        "crumbs": [(str(invitation.training_class), back)],
        "text": _("The person is told, and the seat goes to the next of the reserve."),
        "form": form,
        "label": _("Withdraw"),
        "tone": "bad",
        "back_url": back,
    }
    return render(request, "confirm.html", context)
