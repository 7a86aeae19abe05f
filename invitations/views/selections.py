"""One selection: the ranked names, approval, setting it aside."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import access, holds
from accounts.requests import HtmxRequest
from accounts.roles import Permission
from audit.errors import Refusal
from invitations import actions, fairness
from invitations.changes import changes, overridden, override_counts
from invitations.codes import Outcome
from invitations.delivery import seats
from invitations.forms import ApproveForm
from invitations.models import Candidate, Override, Selection
from invitations.tables import CandidateTable
from invitations.views.proof import provable
from invitations.views.sending import sending_context
from invitations.views.workspace import exclusion_rows, mean_wait_words
from outbox import rendering
from trainings.forms.reason import ReasonForm
from trainings.models import TrainingClass
from trainings.views.common import crumbs as class_crumbs

#: Parts of the ranking a page shows; everyone excluded is counted by code instead.
SHOWN = (Outcome.SELECTED, Outcome.RESERVE, Outcome.WAITING)
#: The part of the page with the names as they stand now, after deferrals and overrides.
STANDING = "standing"


@access(Permission.SEE_SELECTIONS)
def selection_page(request: HtmxRequest, pk: int) -> HttpResponse:
    """The proposal: names in scope with their reasons, seats by area, exclusions, commitment and seed."""
    selection = get_object_or_404(
        Selection.objects.visible_to(request.user)
        .for_table()
        .select_related("seed", "job", "requested_by", "approved_by"),
        pk=pk,
    )
    outcome = request.GET.get("outcome", Outcome.SELECTED)
    outcome = outcome if outcome in SHOWN else Outcome.SELECTED
    names = Candidate.objects.visible_to(request.user).filter(selection=selection).for_table()
    training_class = selection.training_class
    plans = TrainingClass.objects.plannable_by(request.user).filter(pk=training_class.pk).exists()
    pending = selection.state in ("proposed", "in_review")
    happened = changes(selection, request.user)
    standing = bool(happened) and request.GET.get("outcome", STANDING) == STANDING
    part = names.chosen() if standing else names.with_outcome(outcome).with_mark().order_by("rank")
    table = CandidateTable(
        part,
        selection=selection,
        changes={change.employee.pk: change.text for change in happened},
        overridden=overridden(selection),
        may_exclude=plans and pending,
    ).paged(request)
    selected, reserve = selection.selected_count or 0, selection.reserve_count or 0
    waiting = (selection.pool_size or 0) - selected - reserve
    override_count = override_counts(selection)
    counts = dict(zip(SHOWN, (selected, reserve, waiting), strict=True))
    context: dict[str, Any] = {
        "title": _("Selection %(number)d") % {"number": selection.number},
        "subtitle": str(training_class),
        "crumbs": class_crumbs(training_class),
        "selection": selection,
        "training_class": training_class,
        "table": table,
        "outcome": STANDING if standing else outcome,
        "outcomes": [(o.value, o.label, counts[o]) for o in SHOWN],
        "standing": STANDING if happened else "",
        "changes": happened,
        "overrides": selection.overrides.visible_to(request.user).for_list(),
        "override_states": [(s.value, s.label, override_count[s.value]) for s in Override.State],
        "override_total": sum(override_count.values()),
        "may_decide": plans and holds(request.user, Permission.APPROVE),
        "may_verify": bool(selection.evidence_file) and provable(request.user).filter(pk=pk).exists(),
        "may_download": bool(selection.evidence_file)
        and holds(request.user, Permission.SELECT, Permission.SEE_AUDIT)
        and actions.sees_everybody(request.user, Permission.SEE_SELECTIONS),
        "review_days_left": selection.review_days_left(),
        "strata": selection.parameters.get("strata", []),
        "excluded": exclusion_rows(selection.excluded),
        "excluded_total": sum(selection.excluded.values()),
        "transitions": selection.transitions.select_related("by"),
        "pending": pending,
        "plans": plans,
    }
    if selection.pool_size is not None:
        context |= _fairness(selection)
    if selection.issued_at:
        context |= sending_context(selection, request.user)
    if pending and not selection.review_days_left() and actions.may_approve(request.user, training_class):
        context |= {
            "action_url": reverse("invitations:approve", args=[pk]),
            "action_label": _("Approve"),
            "action_icon": "check",
        }
    return render(request, "_table.html" if request.htmx else "invitations/selection.html", context)


def _fairness(selection: Selection) -> dict[str, Any]:
    """Whom the proposal reaches; until the class has ended, the ministry's numbers before and after it."""
    reach = fairness.reach(selection)
    context: dict[str, Any] = {
        "reach": reach,
        "mean_wait": mean_wait_words(reach.mean_wait),
        "mean_wait_of_pool": mean_wait_words(reach.mean_wait_of_pool),
    }
    if not selection.training_class.ended():
        now = fairness.ministry()
        context |= {"ministry": now, "untrained_after": max(0, now.untrained - reach.untrained)}
    return context


@access(Permission.APPROVE)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Summary of what approval sends, a preview of one message, typed confirmation above 100; then issue."""
    selection = get_object_or_404(
        Selection.objects.run_by(request.user).for_table().select_related("seed"), pk=pk
    )
    chosen = selection.candidates.chosen()
    count = chosen.count()
    form = ApproveForm(request.POST if request.method == "POST" else None, count=count)
    if request.method == "POST" and form.is_valid():
        try:
            selection = actions.approve(selection=selection, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
            return redirect("invitations:selection", pk=pk)
        messages.success(request, _("The selection is approved. The invitations are being issued."))
        return redirect("jobs:progress", pk=selection.job_id)
    first = chosen.for_table().select_related("selection", "employee__unit").first()
    today = timezone.localdate()
    message = seats.sample_message(selection.training_class, first, on=today) if first else None
    context = {
        "title": _("Approve and issue"),
        "crumbs": [
            *class_crumbs(selection.training_class),
            (_("Selection %(number)d") % {"number": selection.number}, _address(selection)),
        ],
        "selection": selection,
        "training_class": selection.training_class,
        "count": count,
        "strata": selection.parameters.get("strata", []),
        "sample": rendering.preview(message) if message else None,
        "form": form if form.fields else None,
        "label": ngettext("Approve and issue %(n)s invitation", "Approve and issue %(n)s invitations", count)
        % {"n": number_format(count, force_grouping=True)},
        "back_url": _address(selection),
    }
    return render(request, "invitations/approve.html", context)


@access(Permission.SELECT)
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a proposal aside with a reason; it stays on record."""
    selection = get_object_or_404(Selection.objects.run_by(request.user).for_table(), pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.void(selection=selection, by=request.user, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("The selection is set aside and stays on record."))
            return redirect("invitations:class", pk=selection.training_class_id)
    context = {
        "title": _("Set this selection aside"),
        "crumbs": class_crumbs(selection.training_class),
        "form": form,
        "label": _("Set aside"),
        "tone": "bad",
        "back_url": _address(selection),
    }
    return render(request, "confirm.html", context)


def _address(selection: Selection) -> str:
    return reverse("invitations:selection", args=[selection.pk])
