"""Claims of missing training: filed and followed by the person, verified or refused by the unit."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import SIGNED_IN, access
from accounts.requests import HtmxRequest, number_in, text_in
from accounts.roles import Permission
from audit.errors import Refusal
from employees.actions import note_viewed
from trainings.claims import actions, files
from trainings.claims.forms import ClaimForm, RefuseForm, initial_of
from trainings.claims.models import Claim
from trainings.claims.tables import ClaimTable
from trainings.models import TrainingClass


@access(SIGNED_IN)
def own_claims(request: HttpRequest) -> HttpResponse:
    """One's own claims with their states, the latest first."""
    person = _person(request)
    context = {
        "title": _("Missing training"),
        "subtitle": _("A training that counts only after your unit has verified it."),
        "crumbs": [(_("My training"), reverse("invitations:mine"))],
        "action_url": reverse("trainings:claim_new"),
        "action_label": _("Claim a training"),
        "action_icon": "plus",
        "claims": person.claims.select_related("followed_by"),
    }
    return render(request, "trainings/claims/own.html", context)


@access(SIGNED_IN)
def claim_new(request: HttpRequest) -> HttpResponse:
    """File a claim of one's own; `?follows=` begins with a refused one."""
    person = _person(request)
    number = request.GET.get("follows", "")
    follows = None
    if number:
        refused = person.claims.filter(state=Claim.State.REFUSED, followed_by=None)
        follows = get_object_or_404(refused, pk=number_in(number) or 0)
    form = ClaimForm(
        request.POST or None, request.FILES or None, initial=initial_of(follows) if follows else None
    )
    if request.method == "POST" and form.is_valid():
        try:
            claim = actions.file_claim(
                employee=person, by=request.user, training=form.training, follows=follows,
                certificate=form.cleaned_data["certificate"],
            )  # fmt: skip
        except Refusal as refusal:
            form.add_error(refusal.code if refusal.code in form.fields else None, refusal.user_message)
        else:
            messages.success(request, _("Your claim is filed. You are told when it is decided."))
            return redirect("trainings:claim", pk=claim.pk)
    context = {
        "title": _("Claim a missing training"),
        "crumbs": [
            (_("My training"), reverse("invitations:mine")),
            (_("Missing training"), reverse("trainings:own_claims")),
        ],
        "form": form,
        "follows": follows,
        "days": actions.DECIDE_WITHIN_DAYS,
    }
    return render(request, "trainings/claims/new.html", context)


@access(Permission.VERIFY_CLAIMS)
def claim_list(request: HtmxRequest) -> HttpResponse:
    """The claims this user decides, by due date; `?state=closed` the others, `?class=` of its areas alone."""
    claims = Claim.objects.visible_to(request.user).for_table()
    state = "closed" if request.GET.get("state") == "closed" else "open"
    claims = claims.closed() if state == "closed" else claims.open()
    table = ClaimTable(claims).paged(request)
    if state == "closed":
        table.empty_text, table.empty_hint = _("No claim has been decided yet."), ""
    context = {
        "title": _("Claims of missing training"),
        "subtitle": _("Verify with the certificate beside it; only what is verified counts in a ranking."),
        "state": state,
        "table": table,
    }
    return render(request, "_table.html" if request.htmx else "trainings/claims/list.html", context)


@access(SIGNED_IN)
def claim_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One claim: for the person who filed it, and for those who decide it."""
    claim, decides = _seen(request, pk)
    own = claim.employee.user_id == request.user.pk
    if not own:
        note_viewed(employee=claim.employee, by=request.user)
    context: dict[str, Any] = {
        "title": claim.title,
        "subtitle": claim.employee.full_name,
        "crumbs": [
            (_("Missing training"), reverse("trainings:own_claims"))
            if own
            else (_("Claims"), reverse("trainings:claim_list"))
        ],
        "claim": claim,
        "own": own,
        "decides": decides and not own and claim.state == Claim.State.OPEN,
        "records": claim.employee.history.all()[:20] if decides and not own else None,
        "form": RefuseForm(),
        "again": own and claim.state == Claim.State.REFUSED and not hasattr(claim, "followed_by"),
    }
    return render(request, "trainings/claims/detail.html", context)


@access(Permission.VERIFY_CLAIMS)
@require_POST
def claim_verify(request: HttpRequest, pk: int) -> HttpResponse:
    """Verify: the training becomes history."""
    claim = get_object_or_404(Claim.objects.visible_to(request.user), pk=pk)
    try:
        actions.verify(claim=claim, by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect("trainings:claim", pk=pk)
    messages.success(request, _("Verified: the training is in the history and counts from now on."))
    return redirect("trainings:claim_list")


@access(Permission.VERIFY_CLAIMS)
@require_POST
def claim_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse with a reason that the person reads."""
    claim = get_object_or_404(Claim.objects.visible_to(request.user), pk=pk)
    try:
        actions.refuse(claim=claim, reason=text_in(request.POST.get("reason")), by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect("trainings:claim", pk=pk)
    messages.success(request, _("Refused. The person is told the reason and may file the claim anew."))
    return redirect("trainings:claim_list")


@access(SIGNED_IN)
def claim_certificate(request: HttpRequest, pk: int) -> FileResponse:
    """The certificate, as a download and never as a page of the portal."""
    claim, _decides = _seen(request, pk)
    path = files.path_of(claim.stored_name)
    if not path.is_file():
        raise Http404
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"klaim-{claim.pk}.{claim.file_type}",
        content_type=files.TYPES[claim.file_type],
    )


@access(Permission.SELECT, Permission.PLAN_CLASSES, Permission.VERIFY_CLAIMS)
def class_claims(request: HttpRequest, pk: int) -> HttpResponse:
    """Open claims of the people a class may rank, unit by unit, before the ranking is frozen."""
    training_class = get_object_or_404(
        TrainingClass.objects.visible_to(request.user).select_related("programme"), pk=pk
    )
    claims = Claim.objects.open().of_people_for(training_class)
    context = {
        "title": _("Open claims"),
        "subtitle": str(training_class),
        "crumbs": [
            (_("Classes"), reverse("trainings:class_list")),
            (str(training_class), reverse("invitations:class", args=[pk])),
        ],
        "units": list(claims.by_unit()[:500]),
        "count": claims.count(),
    }
    return render(request, "trainings/claims/of_class.html", context)


def _person(request: HttpRequest) -> Any:
    person = getattr(request.user, "employee", None)
    if person is None:
        raise Http404
    return person


def _seen(request: HttpRequest, pk: int) -> tuple[Claim, bool]:
    """(the claim, whether the user decides it); 404 for anybody else's eyes."""
    claims = Claim.objects.select_related("employee__unit", "decided_by", "record", "follows")
    decided_here = claims.visible_to(request.user).filter(pk=pk).first()
    if decided_here is not None:
        return decided_here, True
    return get_object_or_404(claims.of_user(request.user), pk=pk), False
