"""Pages: the person's requests and a form; what an officer of the unit answers."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import SIGNED_IN, access
from accounts.requests import HtmxRequest
from accounts.roles import Permission
from audit.errors import Refusal
from employees.actions import note_viewed
from employees.correction_models import CorrectionRequest
from employees.corrections import actions
from employees.corrections.forms import AnswerCorrectionForm, AskForm
from employees.corrections.tables import CorrectionTable
from employees.privacy.views import crumbs, own_person

#: Requests of one's own that are listed.
LISTED = 20


@access(SIGNED_IN)
def own_corrections(request: HttpRequest) -> HttpResponse:
    """One's own record as it is kept, the form to have it corrected, and what became of earlier requests."""
    person = own_person(request)
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask(employee=person, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("Your unit is asked and answers within three days (3 × 24 hours)."))
            return redirect("employees:corrections_own")
    context = {
        "title": _("Correct my data"),
        "crumbs": crumbs(),
        "person": person,
        "form": form,
        "label": _("Ask for the correction"),
        "back_url": reverse("privacy"),
        "requests": CorrectionRequest.objects.of_user(request.user)[:LISTED],
    }
    return render(request, "employees/corrections/own.html", context)


@access(Permission.CORRECT)
def correction_list(request: HtmxRequest) -> HttpResponse:
    """Open requests of people in scope, those due first; `?state=answered` shows the answered ones."""
    found = CorrectionRequest.objects.for_officer(request.user).select_related("employee__unit")
    answered = request.GET.get("state") == "answered"
    shown = found.exclude(state="open").order_by("-answered_at", "-pk") if answered else found.open()
    table = CorrectionTable(shown).paged(request)
    if answered:
        table.empty_text = _("No request has been answered yet.")
    context = {
        "title": _("Requests to correct personal data"),
        "table": table,
        "state": "answered" if answered else "open",
    }
    return render(request, "_table.html" if request.htmx else "employees/corrections/list.html", context)


@access(Permission.CORRECT)
def answer_correction(request: HttpRequest, pk: int) -> HttpResponse:
    """One request of somebody in scope, and the answer."""
    found = CorrectionRequest.objects.for_officer(request.user).select_related(
        "employee__unit", "employee__standing", "answered_by"
    )
    correction = get_object_or_404(found, pk=pk)
    is_open = correction.state == CorrectionRequest.State.OPEN
    form = AnswerCorrectionForm(request.POST if request.method == "POST" else None) if is_open else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            actions.answer(
                request=correction,
                by=request.user,
                accept=form.cleaned_data["decision"] == "accept",
                reason=form.cleaned_data["reason"],
            )
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("The person is told of your answer."))
            return redirect("employees:corrections")
    note_viewed(employee=correction.employee, by=request.user)
    context: dict[str, Any] = {
        "title": correction.employee.full_name,
        "subtitle": correction.employee.unit.name,
        "crumbs": [(_("Requests to correct personal data"), reverse("employees:corrections"))],
        "correction": correction,
        "stored": stored_value(correction),
        "applied": correction.field in actions.APPLIED,
        "form": form,
        "label": _("Answer"),
        "back_url": reverse("employees:corrections"),
    }
    return render(request, "employees/corrections/answer.html", context)


def stored_value(correction: CorrectionRequest) -> Any:
    """What the record holds now in the field asked about; None where no single field is meant."""
    return getattr(correction.employee, correction.field, None)
