"""Results of a class: scores, grade sheet, pass meeting, lock, changes after it, completion."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import access
from accounts.roles import Permission
from audit.errors import Refusal
from trainings import actions
from trainings.actions.grading import lock_problems
from trainings.delivery import gradesheet
from trainings.delivery.results import standings
from trainings.forms.results import (
    ChangeForm,
    ComponentRows,
    GradingForm,
    MinutesForm,
    SheetForm,
    WithdrawalForm,
    scores_given,
)
from trainings.models import (
    Completion,
    Grading,
    ParticipantResult,
    Participation,
    ResultChange,
    TrainingClass,
)
from trainings.tables import ResultTable, StandingTable
from trainings.views.common import class_address, head, plannable_class, plans, visible_class
from trainings.views.downloads import as_download

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Participants on one page of the grid.
GRID_LINES = 40


def _grading(training_class: TrainingClass) -> Grading:
    """How the class is passed; where nothing is set yet, by its programme: a webinar is not graded."""
    graded = training_class.programme.method not in ("WEBINAR", "MOOC")
    known = Grading.objects.filter(pk=training_class.pk).select_related("locked_by").first()
    return known or Grading(training_class=training_class, graded=graded)


@access(Permission.SEE_CLASSES)
def results(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody's scores and verdict, or after the lock the results; others see their own people only."""
    training_class = visible_class(request, pk)
    grading = _grading(training_class)
    runs = plans(request, training_class)
    components = list(training_class.components.all())
    table: Any
    if grading.locked:
        locked = (
            ParticipantResult.objects.current()
            .readable_by(request.user)
            .filter(training_class=training_class)
            .select_related("employee__unit")
            .order_by("employee__name", "pk")
        )
        table = ResultTable(locked)
        table.may_change = runs
        table.paged(request)
    else:
        people = Participation.objects.readable_by(request.user).confirmed()
        people = people.filter(training_class=training_class).select_related("employee__unit")
        table = StandingTable(people, components=components)
        table.may_withdraw = runs
        table.of_class(request, training_class)
    changes = ResultChange.objects.filter(
        result__training_class=training_class, state=ResultChange.State.PENDING
    ).select_related("result__employee", "requested_by")
    context = {
        **head(training_class, _("Results")),
        "grading": grading,
        "components": components,
        "table": table,
        "runs": runs,
        "problems": lock_problems(training_class) if runs and not grading.locked else [],
        "changes": changes if runs else [],
        "completion": Completion.objects.filter(pk=pk).first(),
    }
    return render(request, "trainings/results.html", context)


@access(Permission.PLAN_CLASSES)
def grading_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """How the class is passed: components with weights, pass mark, least attendance."""
    training_class = plannable_class(request, pk)
    grading = _grading(training_class)
    own = {name: getattr(grading, name) for name in ("graded", "pass_mark", "minimum_attendance")}
    stored = list(training_class.components.values("name", "kind", "weight"))
    usual = [
        {"name": _("Pre-test"), "kind": "pre_test", "weight": 0},
        {"name": _("Post-test"), "kind": "post_test", "weight": 40},
        {"name": _("Assignments and practice"), "kind": "score", "weight": 60},
    ]
    form = GradingForm(request.POST or None, initial=own)
    rows = ComponentRows(request.POST or None, initial=stored or usual, prefix="c")
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        planned = [
            actions.ComponentPlan(row["name"], row["kind"], row["weight"] or 0)
            for row in rows.cleaned_data
            if row and row["name"]
        ]
        try:
            actions.save_grading(
                training_class=training_class, by=request.user, components=planned, **form.cleaned_data
            )
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("How the class is passed is saved."))
            return redirect("trainings:results", pk=pk)
    context = {
        **head(training_class, _("How the class is passed"), _way(training_class)),
        "form": form,
        "rows": rows,
    }
    return render(request, "trainings/grading_form.html", context)


@access(Permission.PLAN_CLASSES)
def scores(request: HttpRequest, pk: int) -> HttpResponse:
    """Scores in a grid, or by the grade sheet; a sheet with one wrong row changes nothing."""
    training_class = plannable_class(request, pk)
    components = list(training_class.components.all())
    seats = (
        training_class.participations.confirmed()
        .select_related("employee__unit")
        .order_by("employee__name", "pk")
    )
    page = Paginator(seats, GRID_LINES).get_page(request.GET.get("page"))
    form = SheetForm()
    wrong: list[Any] = []
    if request.method == "POST" and "sheet" in request.POST:
        form = SheetForm(request.POST, request.FILES)
        if form.is_valid() and _take_sheet(request, training_class, form, wrong):
            return redirect("trainings:scores", pk=pk)
    elif request.method == "POST":
        entries, problems = scores_given(request.POST, components, list(page))
        for problem in problems[:10]:
            messages.error(request, problem)
        if not problems:
            try:
                number = actions.save_scores(training_class=training_class, by=request.user, entries=entries)
            except Refusal as refusal:
                messages.error(request, refusal.user_message)
            else:
                messages.success(request, _("%(number)d scores are saved.") % {"number": number})
                return redirect(f"{reverse('trainings:scores', args=[pk])}?page={page.number}")
    known = {
        (score.component_id, score.participation_id): score
        for component in components
        for score in component.scores.filter(participation__in=list(page))
    }
    lines = []
    for seat in page:
        cells = []
        for component in components:
            score = known.get((component.pk, seat.pk))
            key = f"{component.pk}_{seat.pk}"
            cells.append(
                (
                    component,
                    key,
                    request.POST.get(f"s_{key}", score.score if score else ""),
                    request.POST.get(
                        f"r_{key}", score.remedial if score and score.remedial is not None else ""
                    ),
                )
            )
        lines.append((seat, cells))
    context = {
        **head(training_class, _("Scores"), _way(training_class)),
        "components": components,
        "lines": lines,
        "page": page,
        "form": form,
        "wrong": wrong,
    }
    return render(request, "trainings/scores.html", context)


def _take_sheet(
    request: HttpRequest, training_class: TrainingClass, form: SheetForm, wrong: list[Any]
) -> bool:
    """Take an uploaded grade sheet; False with the reasons in `wrong` or at the form."""
    components = list(training_class.components.all())
    seats = list(training_class.participations.confirmed().select_related("employee"))
    try:
        sheet = gradesheet.read(form.cleaned_data["file"].read(), components, seats)
        wrong += sheet.wrong
        if wrong:
            form.add_error(
                "file", _("Nothing was taken over. Mend the rows below and upload the sheet again.")
            )
            return False
        by_seat = {seat.pk: seat for seat in seats}
        by_component = {component.pk: component for component in components}
        entries = [
            actions.ScoreEntry(by_component[component], by_seat[seat], score, remedial)
            for (seat, component), (score, remedial) in sheet.cells.items()
        ]
        number = actions.save_scores(training_class=training_class, by=request.user, entries=entries)
    except Refusal as refusal:
        form.add_error("file", refusal.user_message)
        return False
    messages.success(
        request,
        _("%(rows)d rows are read, %(number)d scores are new or changed.")
        % {"rows": sheet.rows, "number": number},
    )
    return True


@access(Permission.PLAN_CLASSES)
def grade_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The grade sheet as XLSX, filled with what is known."""
    training_class = plannable_class(request, pk)
    name, content = actions.grade_sheet(training_class=training_class, by=request.user)
    return as_download(content, name, _XLSX)


@access(Permission.PLAN_CLASSES)
def minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """Day and minutes of the pass meeting."""
    training_class = plannable_class(request, pk)
    grading = _grading(training_class)
    initial = {"meeting_day": grading.meeting_day or timezone.localdate(), "minutes": grading.minutes}
    form = MinutesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_minutes(training_class=training_class, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.code if refusal.code in form.fields else None, refusal.user_message)
        else:
            messages.success(request, _("The minutes are saved. Check the results, then lock them."))
            return redirect("trainings:results", pk=pk)
    return _confirm(request, training_class, _("Pass meeting"), form, _("Save the minutes"))


@access(Permission.PLAN_CLASSES)
def lock(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the lock means with the counts, then lock."""
    training_class = plannable_class(request, pk)
    if request.method == "POST":
        try:
            number = actions.lock_results(training_class=training_class, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
        else:
            messages.success(request, _("%(number)d results are locked.") % {"number": number})
        return redirect("trainings:results", pk=pk)
    found = standings(training_class)
    components = list(training_class.components.all())
    counts: dict[str, int] = {}
    for one in found:
        if one.verdict is not None:
            counts[one.verdict.outcome] = counts.get(one.verdict.outcome, 0) + 1
    missing = sum(one.missing(components) for one in found)
    context = {
        **head(training_class, _("Lock the results"), _way(training_class)),
        "counts": [
            (code, ParticipantResult(outcome=code).get_outcome_display(), n) for code, n in counts.items()
        ],
        "missing": missing if _grading(training_class).graded else 0,
        "label": _("Lock the results"),
        "back_url": reverse("trainings:results", args=[pk]),
    }
    return render(request, "trainings/lock.html", context)


@access(Permission.PLAN_CLASSES)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that a participant withdrew."""
    seats = Participation.objects.confirmed().filter(
        training_class__in=TrainingClass.objects.plannable_by(request.user)
    )
    seat = get_object_or_404(seats.select_related("employee", "training_class__programme"), pk=pk)
    form = WithdrawalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.withdraw(participation=seat, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.code if refusal.code in form.fields else None, refusal.user_message)
        else:
            messages.success(request, _("The withdrawal is noted."))
            return redirect("trainings:results", pk=seat.training_class_id)
    title = _("%(name)s withdraws") % {"name": seat.employee.full_name}
    return _confirm(request, seat.training_class, title, form, _("Note the withdrawal"))


@access(Permission.PLAN_CLASSES)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for another result after the lock; a second officer decides."""
    classes = TrainingClass.objects.plannable_by(request.user)
    found = ParticipantResult.objects.current().filter(training_class__in=classes)
    result = get_object_or_404(found.select_related("employee", "training_class__programme"), pk=pk)
    initial = {"outcome": result.outcome, "final_score": result.final_score}
    form = ChangeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.request_change(result=result, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.code if refusal.code in form.fields else None, refusal.user_message)
        else:
            messages.success(request, _("A second officer of your unit must approve this change."))
            return redirect("trainings:results", pk=result.training_class_id)
    title = _("Another result for %(name)s") % {"name": result.employee.full_name}
    return _confirm(request, result.training_class, title, form, _("Ask for the change"))


@access(Permission.PLAN_CLASSES)
@require_POST
def decide_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse a change as the second officer."""
    classes = TrainingClass.objects.plannable_by(request.user)
    asked = ResultChange.objects.filter(result__training_class__in=classes)
    found = get_object_or_404(asked.select_related("result__training_class"), pk=pk)
    approve = request.POST.get("answer") == "approve"
    try:
        actions.decide_change(change=found, by=request.user, approve=approve)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
    else:
        messages.success(request, _("The change is approved.") if approve else _("The change is refused."))
    return redirect("trainings:results", pk=found.result.training_class_id)


@access(Permission.PLAN_CLASSES)
@require_POST
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Complete the whole class."""
    training_class = plannable_class(request, pk)
    try:
        actions.complete(training_class=training_class, by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
    else:
        messages.success(request, _("The class is complete: everybody's history is written."))
    return redirect(class_address(training_class, "completion"))


def _way(training_class: TrainingClass) -> tuple[str, str]:
    return (_("Results"), reverse("trainings:results", args=[training_class.pk]))


def _confirm(
    request: HttpRequest, training_class: TrainingClass, title: str, form: Any, label: str
) -> HttpResponse:
    context = {
        **head(training_class, title, _way(training_class)),
        "form": form,
        "label": label,
        "back_url": reverse("trainings:results", args=[training_class.pk]),
    }
    return render(request, "confirm.html", context)
