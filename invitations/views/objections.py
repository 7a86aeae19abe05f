"""Objections: filed by the person, listed for the officer with their due dates, answered once."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import SIGNED_IN, access
from accounts.requests import HtmxRequest, number_in
from accounts.roles import Permission
from audit.errors import Refusal
from invitations import actions
from invitations.forms import ObjectionAnswerForm, ObjectionForm
from invitations.models import Objection, Selection
from invitations.tables import ObjectionTable
from trainings.models import TrainingClass


@access(SIGNED_IN)
def object_to(request: HttpRequest) -> HttpResponse:
    """File an objection of one's own: `?selection=`, `?class=`, or about one's standing in general."""
    person = getattr(request.user, "employee", None)
    if person is None:
        raise Http404
    selection = training_class = None
    if number := request.GET.get("selection", ""):
        issued = Selection.objects.issued_to(person).for_table()
        selection = get_object_or_404(issued, pk=number_in(number) or 0)
        training_class = selection.training_class
    elif number := request.GET.get("class", ""):
        held = TrainingClass.objects.held_for(person.unit.path).scheduled().select_related("programme")
        training_class = get_object_or_404(held, pk=number_in(number) or 0)
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            objection = actions.object_to(
                employee=person, by=request.user, text=form.cleaned_data["text"],
                training_class=training_class, selection=selection,
            )  # fmt: skip
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("Your objection is filed."))
            return redirect("invitations:own_objection", pk=objection.pk)
    context = {
        "title": _("File an objection"),
        "subtitle": str(training_class) if training_class else _("My place in line in general"),
        "crumbs": [(_("Why me, why not"), reverse("invitations:why"))],
        "text": _(
            "An officer reads your objection and answers it within %(days)d days. Objecting never costs your place in line."
        )
        % {"days": actions.ANSWER_WITHIN_DAYS},
        "form": form,
        "label": _("File the objection"),
        "back_url": reverse("invitations:why"),
    }
    return render(request, "confirm.html", context)


@access(SIGNED_IN)
def own_objection(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own objection with its due date and answer."""
    objection = get_object_or_404(Objection.objects.of_user(request.user).for_list(), pk=pk)
    context = {
        "title": _("My objection"),
        "subtitle": str(objection.training_class or _("My place in line in general")),
        "crumbs": [(_("Why me, why not"), reverse("invitations:why"))],
        "objection": objection,
    }
    return render(request, "invitations/objection.html", context)


@access(Permission.APPROVE)
def objection_list(request: HtmxRequest) -> HttpResponse:
    """The objections this officer answers; open ones first, by due date. `?state=answered` shows the others."""
    mine = Objection.objects.for_officer(request.user).for_list()
    state = "answered" if request.GET.get("state") == "answered" else "open"
    shown = mine.open() if state == "open" else mine.answered()
    context = {
        "title": _("Objections"),
        "subtitle": _("Everybody may object to a ranking; an officer answers within %(days)d days.")
        % {"days": actions.ANSWER_WITHIN_DAYS},
        "state": state,
        "table": ObjectionTable(shown).paged(request),
    }
    return render(request, "_table.html" if request.htmx else "invitations/objections.html", context)


@access(Permission.APPROVE)
def answer_objection(request: HttpRequest, pk: int) -> HttpResponse:
    """Read one objection with the facts, and answer it."""
    objection = get_object_or_404(
        Objection.objects.for_officer(request.user).for_list().select_related("employee__standing"), pk=pk
    )
    form = ObjectionAnswerForm(request.POST or None) if objection.state == Objection.State.OPEN else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            actions.answer_objection(objection=objection, by=request.user, answer=form.cleaned_data["answer"])
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("The answer is kept and sent to the person."))
            return redirect("invitations:objections")
    candidate = None
    if objection.selection is not None:
        candidate = objection.selection.candidates.for_table().of_people([objection.employee_id]).first()
    context = {
        "title": _("Objection of %(name)s") % {"name": objection.employee.full_name},
        "subtitle": str(objection.training_class or _("Place in line in general")),
        "crumbs": [(_("Objections"), reverse("invitations:objections"))],
        "objection": objection,
        "officer": True,
        "candidate": candidate,
        "form": form,
        "label": _("Answer"),
        "back_url": reverse("invitations:objections"),
    }
    return render(request, "invitations/objection.html", context)
