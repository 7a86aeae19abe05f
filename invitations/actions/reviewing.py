"""Between the proposal and its approval: deferrals by the regional offices, overrides by two officers.

The ranked pool stays as it was; what happens here is kept as marks on it (models.CandidateMark), so
everybody can read who gave way to whom, and why.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.roles import Permission
from audit import log
from audit.errors import Refusal
from employees.models import Employee
from invitations import explain, ranking
from invitations.actions.selecting import check_planner, may_approve
from invitations.codes import DeclineReason, OverrideCategory
from invitations.delivery import seats
from invitations.models import Candidate, CandidateMark, Override, Selection
from invitations.report import exclusion_code
from trainings.models import TrainingClass

_Kind = CandidateMark.Kind


def _locked(selection: Selection) -> tuple[Selection, TrainingClass]:
    """Selection and class under the class's lock, fresh from the database."""
    training_class = seats.lock_class(selection.training_class_id)
    return Selection.objects.select_related("training_class__organiser").get(pk=selection.pk), training_class


def _fill(
    selection: Selection,
    training_class: TrainingClass,
    *,
    stratum_id: int | None,
    because_of: CandidateMark,
    by: Any,
) -> Candidate | None:
    """Move the next in line up into a place of the proposal that became free; None when there is nobody."""
    reserve = selection.candidates.callable().select_related("selection", "stratum", "employee__unit")
    taken = ranking.taken_by_unit(training_class.pk)
    for unit in selection.candidates.chosen().values_list("employee__unit", flat=True):
        taken[unit] = taken.get(unit, 0) + 1
    line = seats.next_in_line(
        training_class, reserve, stratum_id=stratum_id, taken=taken, on=timezone.localdate()
    )
    candidate = next(line, None)
    if candidate is not None:
        seats.mark(candidate, _Kind.MOVED_UP, because_of=because_of, by=by)
    return candidate


@transaction.atomic
def defer(*, candidate: Candidate, by: Any, reason: str, text: str = "") -> Candidate | None:
    """A regional office sets one of its proposed people back, with a coded reason, in the review window.

    The next of the same stratum moves up at once and is returned (None: nobody is left). Refusal: the
    window is closed, the person is not proposed, the reason is not one of DeclineReason, or the person
    is not in the office's scope.
    """
    selection, training_class = _locked(candidate.selection)
    if not Candidate.objects.visible_to(by, Permission.REVIEW).filter(pk=candidate.pk).exists():
        raise Refusal(_("This person does not belong to your office."), code="permission")
    if selection.state != Selection.State.IN_REVIEW or (
        selection.review_until and selection.review_until < timezone.localdate()
    ):
        raise Refusal(_("The review of this proposal is closed."), code="review")
    code = reason.strip().upper()
    if code not in DeclineReason.values:
        raise Refusal(
            _("Deferring needs one of these reasons: %(codes)s.")
            % {"codes": ", ".join(DeclineReason.values)},
            code="reason",
        )
    if code == DeclineReason.LAINNYA and not text.strip():
        raise Refusal(_("Another reason (LAINNYA) needs a few words that say which."), code="text")
    current = selection.candidates.chosen().select_related("employee__unit").filter(pk=candidate.pk).first()
    if current is None:
        raise Refusal(_("This person is not among the proposed names (any more)."), code="state")
    mark = seats.mark(current, _Kind.DEFERRED, code=code, detail=text.strip(), by=by)
    log.record(
        "candidate.deferred",
        by=by,
        object_type="selection",
        object_id=selection.pk,
        unit_path=current.employee.unit.path,
        data={"employee": current.employee_id, "code": code},
    )
    return _fill(selection, training_class, stratum_id=current.stratum_id, because_of=mark, by=by)


@transaction.atomic
def close_review(*, selection: Selection, by: Any, reason: str) -> Selection:
    """An officer ends the review before its last day, saying why (every office has answered, say)."""
    selection, training_class = _locked(selection)
    if not may_approve(by, training_class):
        raise Refusal(_("Only an officer of the organiser may end the review."), code="permission")
    if selection.state != Selection.State.IN_REVIEW:
        raise Refusal(_("This selection is not in review."), code="state")
    if not reason.strip():
        raise Refusal(_("Say why the review ends early."), code="reason")
    ended = timezone.localdate() - timedelta(days=1)
    selection.review_until = min(selection.review_until or ended, ended)
    selection.save(update_fields=["review_until"])
    log.record(
        "selection.review_closed",
        by=by,
        object_type="selection",
        object_id=selection.pk,
        unit_path=training_class.organiser.path,
        data={"reason": reason[:500]},
    )
    return selection


@transaction.atomic
def request_override(
    *, selection: Selection, employee: Employee, kind: str, category: str, text: str, by: Any
) -> Override:
    """An officer asks for somebody out of order (`include` or `exclude`); a second officer decides.

    Only a person of the pool can be included: an override goes past the order, never past a gate. Refusal
    says which gate kept the person out, or what is missing.
    """
    selection, training_class = _locked(selection)
    check_planner(training_class, by)
    if selection.state not in (Selection.State.PROPOSED, Selection.State.IN_REVIEW):
        raise Refusal(_("Overrides are possible only while a selection is proposed."), code="state")
    if kind not in Override.Kind.values:
        raise Refusal(_("An override is include or exclude."), code="kind")
    if category not in OverrideCategory.values:
        raise Refusal(_("Choose the category of the override."), code="category")
    if not text.strip():
        raise Refusal(_("Say in a few words why; everybody can read it."), code="text")
    candidate = selection.candidates.of_people([employee.pk]).first()
    if candidate is None:
        code = exclusion_code(selection, employee)
        raise Refusal(
            _("This person is not in the pool: %(reason)s") % {"reason": explain.code_text(code or "area")},
            code=code,
        )
    is_chosen = selection.candidates.chosen().filter(pk=candidate.pk).exists()
    if kind == Override.Kind.INCLUDE and is_chosen:
        raise Refusal(_("This person is already among the proposed names."), code="state")
    if kind == Override.Kind.EXCLUDE and not is_chosen:
        raise Refusal(_("This person is not among the proposed names (any more)."), code="state")
    if selection.overrides.filter(employee=employee, state=Override.State.REQUESTED).exists():
        raise Refusal(_("An override for this person already waits for the second officer."), code="open")
    override = Override.objects.create(
        selection=selection,
        employee=employee,
        kind=kind,
        category=category,
        text=text.strip()[:500],
        requested_by=by,
    )
    _record(override, "requested", by)
    return override


def _record(override: Override, step: str, by: Any) -> None:
    log.record(
        f"override.{step}",
        by=by,
        object_type="override",
        object_id=override.pk,
        unit_path=override.employee.unit.path,
        data={
            "selection": override.selection_id,
            "employee": override.employee_id,
            "kind": override.kind,
            "category": override.category,
        },
    )


@transaction.atomic
def decide_override(*, override: Override, approve: bool, by: Any) -> Override:
    """The second officer approves or refuses an override; never the one who asked for it.

    Approved, it takes effect at once: the excluded person's place goes to the next in line; the included
    person takes a place left free, or that of the last chosen of the stratum, who then leads the reserve.
    """
    selection, training_class = _locked(override.selection)
    override = Override.objects.select_related("employee__unit", "selection").get(pk=override.pk)
    if not may_approve(by, training_class):
        raise Refusal(_("Only an officer of the organiser may decide on an override."), code="permission")
    if override.requested_by_id == by.pk:
        raise Refusal(_("Whoever asked for an override may not decide on it."), code="second_officer")
    if override.state != Override.State.REQUESTED:
        raise Refusal(_("This override has already been decided."), code="decided")
    if selection.state not in (Selection.State.PROPOSED, Selection.State.IN_REVIEW):
        raise Refusal(_("Overrides are possible only while a selection is proposed."), code="state")
    override.state = Override.State.APPROVED if approve else Override.State.REFUSED
    override.decided_by = by
    override.decided_at = timezone.now()
    override.save(update_fields=["state", "decided_by", "decided_at"])
    _record(override, str(override.state), by)
    if approve:
        candidate = selection.candidates.of_people([override.employee_id]).get()
        if override.kind == Override.Kind.EXCLUDE:
            _exclude(selection, training_class, candidate, override)
        else:
            _include(selection, training_class, candidate, override)
    return override


def _exclude(
    selection: Selection, training_class: TrainingClass, candidate: Candidate, override: Override
) -> None:
    if not selection.candidates.chosen().filter(pk=candidate.pk).exists():
        raise Refusal(_("This person is not among the proposed names (any more)."), code="state")
    mark = seats.mark(
        candidate, _Kind.EXCLUDED, code=override.category, detail=override.text, by=override.decided_by
    )
    _fill(selection, training_class, stratum_id=candidate.stratum_id, because_of=mark, by=override.decided_by)


def _include(
    selection: Selection, training_class: TrainingClass, candidate: Candidate, override: Override
) -> None:
    chosen = selection.candidates.chosen()
    if chosen.filter(pk=candidate.pk).exists():
        raise Refusal(_("This person is already among the proposed names."), code="state")
    today = timezone.localdate()
    seats.lock_people([candidate.employee_id])
    code = ranking.gate_codes(ranking.parameters(training_class), [candidate.employee_id], on=today)[
        candidate.employee_id
    ]
    if code:
        raise Refusal(explain.code_text(code), code=code)
    mark = seats.mark(
        candidate, _Kind.INCLUDED, code=override.category, detail=override.text, by=override.decided_by
    )
    if chosen.count() <= training_class.free_seats:
        return
    # Whoever is there by an override stays: one override does not undo another.
    others = selection.candidates.chosen().filter(Q(mark_kind=None) | Q(mark_kind=_Kind.MOVED_UP))
    last = others.filter(stratum=candidate.stratum_id).last() or others.last()
    if last is None:
        raise Refusal(_("Every seat of this class is already given by an override."), code="full")
    seats.mark(last, _Kind.DISPLACED, because_of=mark, by=override.decided_by)
