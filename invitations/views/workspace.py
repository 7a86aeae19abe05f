"""The class page: one workspace from plan to replies, with the current step open."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import access, holds
from accounts.roles import Permission
from audit.errors import Refusal
from employees.models import Employee
from invitations import actions, explain, ranking
from invitations.codes import Gate
from invitations.models import Invitation, Selection
from invitations.tables import InvitationTable
from invitations.views.sending import sending_context
from trainings.actions import editable
from trainings.delivery import running
from trainings.forms.reason import ReasonForm
from trainings.models import Claim, TrainingClass
from trainings.views.common import plannable_class, visible_class

State = Selection.State
#: Ranked names shown in a preview.
PREVIEWED = 15


@dataclass(frozen=True)
class Step:
    """One step of the workspace: done, current, open or later."""

    key: str
    label: str
    status: str


def current_step(training_class: TrainingClass, selection: Selection | None) -> str:
    """The step at which a class stands, from its state, that of its latest selection, and the day."""
    if training_class.state != TrainingClass.State.SCHEDULED:
        return "plan"
    begun = training_class.first_day <= timezone.localdate()
    if begun and training_class.seats_taken:
        return running.current_step(training_class)
    if selection is None and training_class.self_enrolment:
        return "agenda"
    if selection is None or selection.state in (State.VOID, State.FAILED, State.QUEUED, State.RANKING):
        return "select"
    if selection.state in (State.PROPOSED, State.IN_REVIEW):
        return "review"
    return "issue" if selection.state == State.APPROVED else "replies"


def steps_of(training_class: TrainingClass, selection: Selection | None) -> list[Step]:
    """All steps in their order with their status."""
    labels = [
        ("plan", _("Plan")), ("select", _("Select")), ("review", _("Review")),
        ("issue", _("Issue")), ("replies", _("Replies")), ("agenda", _("Agenda")),
        ("attendance", _("Attendance")), ("results", _("Results")), ("completion", _("Completion")),
    ]  # fmt: skip
    at = [key for key, _label in labels].index(current_step(training_class, selection))
    # The agenda is made while the names are still being found.
    opened = {"agenda"} if training_class.state == TrainingClass.State.SCHEDULED else set()
    # A class filled without a selection (by enrolment, or from elsewhere) has nothing to review or issue.
    skipped = {"review", "issue"} if selection is None else set()
    status = lambda i, key: (  # noqa: E731
        "later"
        if key in skipped
        else "done"
        if i < at
        else "current"
        if i == at
        else "open"
        if key in opened
        else "later"
    )
    return [Step(key, label, status(i, key)) for i, (key, label) in enumerate(labels)]


@access(Permission.SEE_CLASSES)
def class_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The workspace of one class in scope; `?step=` opens an earlier step again."""
    training_class = visible_class(request, pk)
    selections = list(
        training_class.selections.with_void_reason()
        .select_related("seed", "job", "approved_by")
        .order_by("-number")
    )
    selection = selections[0] if selections else None
    steps = steps_of(training_class, selection)
    reached = [step.key for step in steps if step.status != "later"]
    current = next(step.key for step in steps if step.status == "current")
    wanted = request.GET.get("step", "")
    plans = TrainingClass.objects.plannable_by(request.user).filter(pk=pk).exists()
    sees_names = holds(request.user, Permission.SEE_SELECTIONS)
    context: dict[str, Any] = {
        "title": str(training_class),
        "subtitle": training_class.code,
        "crumbs": [(_("Classes"), reverse("trainings:class_list"))],
        "training_class": training_class,
        "areas": training_class.areas.select_related("unit"),
        "steps": steps,
        "step": wanted if wanted in reached else current,
        "selection": selection,
        "selections": selections,
        "seeds": training_class.seeds.all(),
        "plans": plans,
        "sees_names": sees_names,
        "editable": plans and editable(training_class),
        "open_for_selection": training_class.open_for_selection(),
    }
    if context["step"] == "select" and plans:
        context["open_claims"] = Claim.objects.open().of_people_for(training_class).count()
    if context["step"] == "review" and selection is not None:
        context |= {
            "review_days_left": selection.review_days_left(),
            "may_review": holds(request.user, Permission.REVIEW) and selection.review_until is not None,
        }
    if selection is not None and selection.issued_at and sees_names:
        context |= sending_context(selection, request.user)
    if context["step"] == "replies" and sees_names:
        context |= _replies(request, training_class, plans)
    if context["step"] in running.STEPS:
        context |= running.step_context(training_class, context["step"], request.user)
    return render(request, "invitations/class.html", context)


def _replies(request: HttpRequest, training_class: TrainingClass, plans: bool) -> dict[str, Any]:
    invited = Invitation.objects.visible_to(request.user).filter(training_class=training_class)
    table = InvitationTable(
        invited.for_table().order_by("rank", "pk"),
        exclude=("training_class", "answer_by"),
        order_by="rank",
    )
    table.may_answer = holds(request.user, Permission.ANSWER_FOR_OTHERS)
    table.may_withdraw = plans
    counts = invited.state_counts()
    return {
        "table": table.paged(request),
        "counts": [(state.value, state.label, counts.get(state.value, 0)) for state in Invitation.State],
        "may_download": holds(request.user, Permission.DOWNLOAD_LISTS) and bool(counts),
    }


@access(Permission.SELECT)
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What a selection would do if it ran now; asked for by the class page, since it ranks everybody."""
    training_class = plannable_class(request, pk)
    result = ranking.preview(training_class, limit=PREVIEWED)
    people = Employee.objects.for_table().in_bulk([row.employee_id for row in result.rows])
    context = {
        "training_class": training_class,
        "preview": result,
        "rows": [(row, people[row.employee_id]) for row in result.rows],
        "excluded": exclusion_rows(result.excluded),
        "mean_wait": mean_wait_words(result.mean_wait_days),
    }
    return render(request, "invitations/_preview.html", context)


def exclusion_rows(excluded: dict[str, int]) -> list[tuple[str, str, int]]:
    """Exclusions as (label, explanation, count) in the order of the gates; codes without anybody left out."""
    return [
        (str(gate.label), explain.code_text(gate.value), excluded[gate.value])
        for gate in Gate
        if excluded.get(gate.value)
    ]


def mean_wait_words(days: int) -> str:
    """A mean wait in days as years and months."""
    from datetime import timedelta

    from employees.formatting import wait_words

    today = timezone.localdate()
    return wait_words(today - timedelta(days=days), today)


@access(Permission.SELECT)
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what a selection means, then start it; the progress page follows."""
    training_class = plannable_class(request, pk)
    again = training_class.selections.pending().exists()
    form = ReasonForm(request.POST or None) if again else None
    if request.method == "POST" and (form is None or form.is_valid()):
        reason = form.cleaned_data["reason"] if form else ""
        try:
            selection = actions.start_selection(training_class=training_class, by=request.user, reason=reason)
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
            return redirect("invitations:class", pk=pk)
        return redirect("jobs:progress", pk=selection.job_id)
    back = reverse("invitations:class", args=[pk])
    text = _(
        "All active people of the ministry are ranked by the rule, the seats are shared, and a proposal is stored with its evidence. Nobody is told anything before an officer approves."
    )
    if again:
        text = _(
            "There is a proposal for this class already. A new selection sets it aside with your reason; it stays on record for everyone to see."
        )
    context = {
        "title": _("Start the selection"),
        "crumbs": [(_("Classes"), reverse("trainings:class_list")), (str(training_class), back)],
        "text": text,
        "form": form,
        "label": _("Start the selection"),
        "back_url": back,
        "training_class": training_class,
        "open_claims": Claim.objects.open().of_people_for(training_class).count(),
    }
    return render(request, "invitations/start.html", context)
