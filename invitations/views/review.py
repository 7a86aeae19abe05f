"""Between proposal and approval: the offices' review, its early end, and overrides by two officers."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import access
from accounts.requests import HtmxRequest, number_in
from accounts.roles import Permission
from audit.errors import Refusal
from employees.actions import note_found
from employees.models import Employee
from invitations import actions
from invitations.changes import changes, overridden
from invitations.forms import DeferForm, OverrideForm
from invitations.models import Candidate, Override, Selection
from invitations.tables import CandidateTable
from invitations.views.crumbs import address_of, selection_crumbs
from trainings.forms.reason import ReasonForm
from trainings.views.common import crumbs as class_crumbs

#: People offered by the search field at a time, and the letters it wants first.
OFFERED, SHORTEST = 10, 3


@access(Permission.REVIEW)
def review(request: HtmxRequest, pk: int) -> HttpResponse:
    """The proposed names of one's own people, the days left, and what has changed so far."""
    selection = get_object_or_404(_reviewable(request), pk=pk)
    days = selection.review_days_left()
    own = selection.candidates.visible_to(request.user, Permission.REVIEW)
    happened = changes(selection, request.user)
    table = CandidateTable(
        own.chosen().for_table(),
        selection=selection,
        changes={change.employee.pk: change.text for change in happened},
        overridden=overridden(selection),
        may_defer=days > 0,
    )
    table.empty_text = _("Nobody of your units is proposed for this class.")
    context = {
        "title": _("Review the proposed names"),
        "subtitle": str(selection.training_class),
        "crumbs": class_crumbs(selection.training_class),
        "selection": selection,
        "training_class": selection.training_class,
        "days_left": days,
        "table": table.paged(request),
        "changes": happened,
    }
    return render(request, "_table.html" if request.htmx else "invitations/review.html", context)


@access(Permission.REVIEW)
def defer(request: HttpRequest, pk: int) -> HttpResponse:
    """Set one of one's own proposed people back, with a coded reason; the next in line moves up."""
    candidate = get_object_or_404(
        Candidate.objects.visible_to(request.user, Permission.REVIEW)
        .filter(selection__in=_reviewable(request))
        .for_table()
        .select_related("selection__training_class__programme"),
        pk=pk,
    )
    back = reverse("invitations:review", args=[candidate.selection_id])
    form = DeferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            moved = actions.defer(candidate=candidate, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _moved_words(candidate, moved, request.user))
            return redirect(back)
    context = {
        "title": _("Defer %(name)s") % {"name": candidate.employee.full_name},
        "crumbs": [
            *class_crumbs(candidate.selection.training_class),
            (_("Review the proposed names"), back),
        ],
        "text": _(
            "The next person in line moves up at once. Both lines show why; the place of the deferred person in the next ranking stays as it is."
        ),
        "form": form,
        "label": _("Defer"),
        "tone": "bad",
        "back_url": back,
    }
    return render(request, "confirm.html", context)


def _moved_words(candidate: Candidate, moved: Candidate | None, user: Any) -> str:
    names = {"name": candidate.employee.full_name}
    if moved is None:
        return _("%(name)s is deferred. Nobody is left who could move up.") % names
    if not Candidate.objects.visible_to(user).filter(pk=moved.pk).exists():
        return _("%(name)s is deferred. Somebody of another office moves up.") % names
    return _("%(name)s is deferred; %(next)s moves up.") % {**names, "next": moved.employee.full_name}


@access(Permission.APPROVE)
def close_review(request: HttpRequest, pk: int) -> HttpResponse:
    """End the review before its last day, with the reason."""
    selection = get_object_or_404(Selection.objects.run_by(request.user).for_table(), pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.close_review(selection=selection, by=request.user, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("The review has ended; the proposal can be approved."))
            return redirect(address_of(selection))
    context = {
        "title": _("End the review early"),
        "crumbs": selection_crumbs(selection),
        "text": _("The regional offices can defer nobody any more. The reason stays on record."),
        "form": form,
        "label": _("End the review"),
        "back_url": address_of(selection),
    }
    return render(request, "confirm.html", context)


@access(Permission.SELECT)
def request_override(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for somebody out of order: include a person found by name, or exclude the one of a row."""
    selection = get_object_or_404(Selection.objects.run_by(request.user).for_table(), pk=pk)
    row = request.GET.get("exclude", "")
    excluded = None
    if row:
        in_scope = selection.candidates.visible_to(request.user).select_related("employee")
        excluded = get_object_or_404(in_scope, pk=number_in(row) or 0)
    pool = selection.candidates.visible_to(request.user)
    form = OverrideForm(
        request.POST or None,
        people=Employee.objects.filter(pk__in=pool.values("employee")),
        search_url=reverse("invitations:pool_search", args=[pk]),
        fixed=excluded is not None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.request_override(
                selection=selection,
                employee=excluded.employee if excluded else form.cleaned_data["person"],
                kind=Override.Kind.EXCLUDE if excluded else Override.Kind.INCLUDE,
                category=form.cleaned_data["category"],
                text=form.cleaned_data["text"],
                by=request.user,
            )
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("The override is asked for and waits for the second officer."))
            return redirect(f"{address_of(selection)}#overrides")
    title = (
        _("Ask to exclude %(name)s") % {"name": excluded.employee.full_name}
        if excluded
        else _("Ask to include somebody")
    )
    context = {
        "title": title,
        "crumbs": selection_crumbs(selection),
        "text": _(
            "Overrides depart from the ranking. A second officer decides; the override stays marked on the list for ever and its rate is public."
        ),
        "form": form,
        "label": _("Ask the second officer"),
        "back_url": address_of(selection),
    }
    return render(request, "confirm.html", context)


@access(Permission.SELECT)
def pool_search(request: HttpRequest, pk: int) -> HttpResponse:
    """People of the pool in scope for the search field, as options; the best ranked first."""
    selection = get_object_or_404(Selection.objects.run_by(request.user), pk=pk)
    text = request.GET.get("q", "").strip()
    found: Any = []
    if len(text) >= SHORTEST:
        people = Employee.objects.visible_to(request.user, Permission.SEE_SELECTIONS).search(text)
        found = list(selection.candidates.filter(employee__in=people).for_table().order_by("rank")[:OFFERED])
        note_found(
            people=[one.employee_id for one in found],
            by=request.user,
            where="invitations:pool_search",
            filters={"q": text},
        )
    return render(request, "invitations/_people.html", {"candidates": found, "text": text})


@access(Permission.APPROVE)
def decide_override(request: HttpRequest, pk: int) -> HttpResponse:
    """The second officer reads the request and approves or refuses it."""
    override = get_object_or_404(
        Override.objects.run_by(request.user)
        .visible_to(request.user)
        .for_list()
        .select_related("selection__training_class__programme"),
        pk=pk,
    )
    selection = override.selection
    back = f"{address_of(selection)}#overrides"
    if request.method == "POST":
        approve = request.POST.get("decision") == "approve"
        try:
            actions.decide_override(override=override, approve=approve, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
            return redirect(request.path)
        messages.success(
            request, _("The override is approved.") if approve else _("The override is refused.")
        )
        return redirect(back)
    context = {
        "title": _("Decide on an override"),
        "crumbs": selection_crumbs(selection),
        "override": override,
        "candidate": selection.candidates.for_table().with_mark().of_people([override.employee_id]).first(),
        "selection": selection,
        "own": override.requested_by_id == request.user.pk,
        "open": override.state == Override.State.REQUESTED,
        "back_url": back,
    }
    return render(request, "invitations/override.html", context)


def _reviewable(request: HttpRequest) -> Any:
    """Selections that are or were in review, of classes the user sees."""
    return Selection.objects.visible_to(request.user).reviewed().for_table()
