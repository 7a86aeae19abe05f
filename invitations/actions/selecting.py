"""Starting, voiding and approving a selection."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.access import holds
from accounts.roles import Permission
from audit.errors import Refusal
from invitations import ranking, tasks
from invitations.delivery import issuing, seats
from invitations.delivery.proposing import check_open
from invitations.delivery.states import move
from invitations.models import Override, Selection, Transition
from jobs import runner
from jobs.models import Job
from trainings import seeds
from trainings.models import TrainingClass


@transaction.atomic
def start_selection(
    *, training_class: TrainingClass, by: Any, reason: str = "", in_background: bool = True
) -> Selection:
    """Record a selection of the class and wake a worker to rank it. Returns the selection, queued.

    An earlier proposal that was not issued becomes void, on record (selection.md, "Seed"). Refusal: the
    class is not open for selection, a selection is being ranked or issued, or the reserve still has someone.
    `in_background=False`: the caller ranks in its own process.
    """
    training_class = seats.lock_class(training_class.pk)
    check_planner(training_class, by)
    check_open(training_class)
    if issuing.reserve_left(training_class.pk):
        raise Refusal(
            _("The reserve of this class still has someone. Free seats go to the reserve first."),
            code="reserve",
        )
    for earlier in training_class.selections.pending().select_related("training_class__organiser", "job"):
        _set_aside(earlier, by, reason)
    unused = training_class.seeds.filter(selection=None, revealed_at=None).order_by("number").last()
    number = (training_class.selections.aggregate(last=Max("number"))["last"] or 0) + 1
    selection = Selection.objects.create(
        training_class=training_class,
        number=number,
        seed=unused or seeds.draw(training_class),
        rule_version=ranking.RULE_VERSION,
        requested_by=by,
    )
    Transition.objects.create(selection=selection, to_state=selection.state, by=by, reason=reason[:500])
    if in_background:
        selection.job = runner.enqueue(
            task=tasks.rank.name,
            title=_("Ranking for %(name)s") % {"name": training_class},
            owner=by,
            params={"selection": selection.pk},
        )
        selection.save(update_fields=["job"])
    return selection


def _set_aside(earlier: Selection, by: Any, reason: str) -> None:
    """Void a pending selection to make room, unless a worker is on it or it is already approved."""
    busy = earlier.state in (Selection.State.QUEUED, Selection.State.RANKING)
    if busy and earlier.job and not earlier.job.finished:
        raise Refusal(_("A selection of this class is being ranked. Wait until it is proposed."), code="busy")
    if earlier.state == Selection.State.APPROVED:
        raise Refusal(_("A selection of this class is approved and being issued."), code="approved")
    move(earlier, Selection.State.VOID, by=by, reason=reason or _("Replaced by a later selection."))


@transaction.atomic
def void(*, selection: Selection, by: Any, reason: str) -> Selection:
    """Set a selection aside, with its reason, before it is issued; it stays on record."""
    training_class = seats.lock_class(selection.training_class_id)
    check_planner(training_class, by)
    selection = Selection.objects.select_related("training_class__organiser").get(pk=selection.pk)
    if not reason.strip():
        raise Refusal(_("Say why this selection is set aside."), code="reason")
    if selection.state not in (Selection.State.PROPOSED, Selection.State.IN_REVIEW):
        raise Refusal(_("Only a proposed selection can be set aside."), code="state")
    move(selection, Selection.State.VOID, by=by, reason=reason)
    return selection


def may_approve(user: Any, training_class: TrainingClass) -> bool:
    """Whether the user is an officer who approves for the class's organiser."""
    return (
        holds(user, Permission.APPROVE)
        and TrainingClass.objects.plannable_by(user).filter(pk=training_class.pk).exists()
    )


@transaction.atomic
def approve(*, selection: Selection, by: Any, in_background: bool = True) -> Selection:
    """Approve a proposed selection as a named officer; a worker then issues the invitations.

    Refusal: not proposed (any more), the review window is open, the class has begun, or `by` is not an
    officer for this class. Approving again after issuing failed tries the issuing again.
    `in_background=False`: the caller issues in its own process.
    """
    training_class = seats.lock_class(selection.training_class_id)
    selection = Selection.objects.select_related("training_class__organiser").get(pk=selection.pk)
    if by is None or not may_approve(by, training_class):
        raise Refusal(_("Only an officer of the organiser may approve a selection."), code="permission")
    if (
        selection.state == Selection.State.APPROVED
        and selection.job
        and selection.job.state == Job.State.FAILED
    ):
        # Issuing failed and left nothing behind: the same approval is simply issued again.
        _wake_issuing(selection, by)
        return selection
    if selection.state not in (Selection.State.PROPOSED, Selection.State.IN_REVIEW):
        raise Refusal(
            _("This selection is %(state)s and cannot be approved.")
            % {"state": str(selection.get_state_display()).lower()},
            code="state",
        )
    if selection.review_until and selection.review_until >= timezone.localdate():
        raise Refusal(
            _("The regional offices review this proposal until %(date)s. Approve it after that day.")
            % {"date": date_format(selection.review_until)},
            code="review",
        )
    _check_overrides(selection, by)
    check_open(training_class)
    move(selection, Selection.State.APPROVED, by=by, approved_by=by, approved_at=timezone.now())
    if in_background:
        _wake_issuing(selection, by)
    return selection


def _wake_issuing(selection: Selection, by: Any) -> None:
    selection.job = runner.enqueue(
        task=tasks.issue.name,
        title=_("Issuing the invitations of %(name)s") % {"name": selection.training_class},
        owner=by,
        params={"selection": selection.pk},
    )
    selection.save(update_fields=["job"])


def _check_overrides(selection: Selection, by: Any) -> None:
    """No approval while an override is undecided, nor by an officer who asked for one that was approved."""
    if selection.overrides.filter(state=Override.State.REQUESTED).exists():
        raise Refusal(
            _("An override still waits for the second officer. Decide on it first."), code="override"
        )
    if selection.overrides.filter(state=Override.State.APPROVED, requested_by=by).exists():
        raise Refusal(
            _("You asked for an override in this selection; another officer must approve it."),
            code="second_officer",
        )


def check_planner(training_class: TrainingClass, by: Any) -> None:
    """A person must plan for the class's organiser; None is the command line."""
    if by is not None and not TrainingClass.objects.plannable_by(by).filter(pk=training_class.pk).exists():
        raise Refusal(_("You do not plan the classes of this organiser."), code="permission")
