"""Proving a selection: verify its evidence, download the evidence file."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import access, holds
from accounts.requests import number_in
from accounts.roles import Permission
from audit.errors import Refusal
from audit.marks import Mark
from invitations import actions, evidence
from invitations.models import Selection
from invitations.views.crumbs import address_of, selection_crumbs
from jobs.models import Job


def provable(user: Any) -> Any:
    """Selections whose evidence the user may check: of the own classes, and for auditors all they see."""
    if holds(user, Permission.SEE_AUDIT):
        return Selection.objects.visible_to(user)
    return Selection.objects.run_by(user)


@access(Permission.SELECT, Permission.SEE_AUDIT)
@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    """Recompute the selection from its evidence: at once, or as a job when the pool is large."""
    selection = get_object_or_404(_whole(request), pk=pk)
    try:
        found = actions.check_evidence(selection=selection, by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect(address_of(selection))
    if isinstance(found, Job):
        return redirect("jobs:progress", pk=found.pk)
    return _show(request, selection, found.matches, found.differences)


@access(Permission.SELECT, Permission.SEE_AUDIT)
def verified(request: HttpRequest, pk: int) -> HttpResponse:
    """What a verification job of one's own found."""
    selection = get_object_or_404(_whole(request), pk=pk)
    number = request.GET.get("job", "")
    jobs = Job.objects.visible_to(request.user).filter(state=Job.State.DONE, params__selection=pk)
    job = get_object_or_404(jobs, pk=number_in(number) or 0)
    if "matches" not in job.result:
        raise Http404
    return _show(request, selection, job.result["matches"], job.result["differences"])


def _show(request: HttpRequest, selection: Selection, matches: bool, differences: list[str]) -> HttpResponse:
    context = {
        "title": _("The evidence matches") if matches else _("The evidence does not match"),
        "crumbs": selection_crumbs(selection),
        "selection": selection,
        "matches": matches,
        # A difference may name anybody of the ministry.
        "differences": differences if actions.sees_everybody(request.user, Permission.SEE_SELECTIONS) else [],
        "count": len(differences),
        "back_url": address_of(selection),
    }
    return render(request, "invitations/verified.html", context)


@access(Permission.SELECT, Permission.SEE_AUDIT)
def evidence_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The evidence file, for those who see the whole ministry: it names everybody considered. Audited."""
    selection = get_object_or_404(_whole(request), pk=pk)
    if not selection.evidence_file or not actions.sees_everybody(request.user, Permission.SEE_SELECTIONS):
        raise Http404
    try:
        stored = evidence.path_of(selection.evidence_file).open("rb")
        actions.note_download(selection=selection, by=request.user)
    except (OSError, evidence.EvidenceError):
        messages.error(
            request, _("The evidence file is missing. Verify the selection and tell the operator.")
        )
        return redirect(address_of(selection))
    name = f"{Mark.of(request.user).name_part}-{selection.evidence_file}"
    return FileResponse(stored, as_attachment=True, filename=name)


def _whole(request: HttpRequest) -> Any:
    return provable(request.user).for_table().select_related("seed", "requested_by")
