"""A class that is moved, postponed or cancelled: everyone concerned hears once."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.deadlocks import retrying
from audit.errors import Refusal
from invitations.actions.selecting import check_planner
from invitations.delivery import issuing, seats
from invitations.delivery.states import move
from invitations.models import Invitation, Selection
from trainings.models import Participation, TrainingClass


def _concerned(training_class: TrainingClass) -> list[Invitation]:
    return list(
        training_class.invitations.live().select_related("employee__unit", "stratum").order_by("rank", "id")
    )


@retrying
@transaction.atomic
def reschedule(
    *,
    training_class: TrainingClass,
    first_day: date,
    last_day: date,
    confirm_by: date,
    place: str,
    by: Any,
    reason: str,
) -> int:
    """Move a class in time or place; returns how many invited people are told (each once).

    Refusal: dates reversed or past, the reason missing, or somebody would then sit in two classes at once
    (the names are given). A proposal that is not issued yet becomes void: it was ranked for other dates.
    """
    training_class = seats.lock_class(training_class.pk)
    seats.hold_answers(training_class.pk)
    check_planner(training_class, by)
    if training_class.state != TrainingClass.State.SCHEDULED:
        raise Refusal(_("Only a scheduled class can be moved."), code="state")
    if not reason.strip():
        raise Refusal(_("Say why the class is moved; everyone invited reads it."), code="reason")
    if first_day <= timezone.localdate():
        raise Refusal(_("The first day must lie in the future."), code="dates")
    if last_day < first_day:
        raise Refusal(_("The last day lies before the first day."), code="dates")
    if confirm_by >= first_day:
        raise Refusal(_("The last day to answer must lie before the first day."), code="dates")
    before = {
        "first_day": training_class.first_day.isoformat(),
        "last_day": training_class.last_day.isoformat(),
        "confirm_by": training_class.confirm_by.isoformat(),
        "place": training_class.place,
    }
    training_class.first_day, training_class.last_day = first_day, last_day
    training_class.confirm_by, training_class.place = confirm_by, place.strip()
    training_class.revision += 1
    try:
        with transaction.atomic():
            training_class.save(update_fields=["first_day", "last_day", "confirm_by", "place", "revision"])
    except IntegrityError as error:
        if "trainings_session_" in str(error):
            raise Refusal(
                _(
                    "The agenda moves with its class, but does not fit there: a session would lie outside the new dates, or its trainer or room is taken then. Change the agenda first."
                ),
                code="agenda",
            ) from error
        if "trainings_no_overlapping_seats" not in str(error):
            raise
        raise Refusal(
            _("On these dates the following would sit in two classes at once: %(names)s.")
            % {"names": ", ".join(_clashing(training_class, first_day, last_day))},
            code="overlap",
        ) from error
    for pending in training_class.selections.pending().select_related("training_class__organiser"):
        if pending.state in (Selection.State.PROPOSED, Selection.State.IN_REVIEW):
            move(
                pending,
                Selection.State.VOID,
                by=by,
                reason=_("The class was moved: %(why)s") % {"why": reason},
            )
    invitations = _concerned(training_class)
    Invitation.objects.filter(pk__in=[i.pk for i in invitations], state="issued").update(answer_by=confirm_by)
    for invitation in invitations:
        if invitation.state == Invitation.State.ISSUED:
            invitation.answer_by = confirm_by
    seats.write_messages(
        invitations,
        training_class,
        kind="class_changed",
        sequence=training_class.revision,
        why=reason.strip(),
        before=before,
    )
    log.record(
        "class.moved",
        by=by,
        object_type="class",
        object_id=training_class.pk,
        unit_path=training_class.organiser.path,
        data={"before": before, "reason": reason[:500], "told": len(invitations)},
    )
    return len(invitations)


def _clashing(training_class: TrainingClass, first_day: date, last_day: date) -> list[str]:
    people = training_class.participations.taken().values("employee")
    clashing = (
        Participation.objects.taken()
        .filter(employee__in=people, first_day__lte=last_day, last_day__gte=first_day)
        .exclude(training_class=training_class)
        .select_related("employee")
        .order_by("employee__name")[:10]
    )
    return [one.employee.full_name for one in clashing]


@retrying
@transaction.atomic
def cancel_class(*, training_class: TrainingClass, by: Any, reason: str) -> int:
    """Cancel a class: its seats are released, everyone invited hears once. Returns how many are told.

    Nobody loses their place for it: an invitation resets no wait (selection.md).
    """
    training_class = seats.lock_class(training_class.pk)
    seats.hold_answers(training_class.pk)
    check_planner(training_class, by)
    if training_class.state == TrainingClass.State.CANCELLED:
        raise Refusal(_("This class is already cancelled."), code="state")
    if training_class.ended():
        raise Refusal(_("This class has ended and cannot be cancelled."), code="state")
    if not reason.strip():
        raise Refusal(_("Say why the class is cancelled; everyone invited reads it."), code="reason")
    training_class.state = TrainingClass.State.CANCELLED
    training_class.revision += 1
    training_class.save(update_fields=["state", "revision"])
    for pending in training_class.selections.pending().select_related("training_class__organiser"):
        move(pending, Selection.State.VOID, by=by, reason=reason)
    invitations = _concerned(training_class)
    for invitation in invitations:
        issuing.close(
            invitation,
            Invitation.State.WITHDRAWN,
            channel=Invitation.Channel.PORTAL,
            by=by,
            decline_text=reason.strip()[:500],
        )
    training_class.participations.taken().update(state=Participation.State.RELEASED)
    seats.write_messages(
        invitations,
        training_class,
        kind="class_cancelled",
        sequence=training_class.revision,
        why=reason.strip(),
    )
    log.record(
        "class.cancelled",
        by=by,
        object_type="class",
        object_id=training_class.pk,
        unit_path=training_class.organiser.path,
        data={"reason": reason[:500], "told": len(invitations)},
    )
    return len(invitations)
