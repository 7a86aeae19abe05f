"""From approved to issued, and the sweeps that close what nobody answered."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit import log
from audit.deadlocks import retrying
from invitations import ranking
from invitations.delivery import seats
from invitations.delivery.states import move
from invitations.models import CandidateMark, Invitation, Selection


@retrying
def issue(selection_id: int) -> dict[str, Any]:
    """Create the invitations of an approved selection with one message each, once, in one transaction.

    Every gate is asked again on the day; who now fails one is marked and the seat is offered on. Safe to
    repeat and to be killed anywhere: a selection that is issued is only summed up.
    """
    with transaction.atomic():
        selection = Selection.objects.only("training_class_id").get(pk=selection_id)
        training_class = seats.lock_class(selection.training_class_id)
        selection = Selection.objects.select_related("training_class__organiser").get(pk=selection_id)
        if selection.state == Selection.State.APPROVED:
            _issue(selection, training_class)
    return summary(selection)


def _issue(selection: Selection, training_class: Any) -> None:
    today = timezone.localdate()
    chosen = list(selection.candidates.chosen().select_related("selection", "stratum", "employee__unit"))
    seats.lock_people([candidate.employee_id for candidate in chosen])
    params = ranking.parameters(training_class)
    codes = ranking.gate_codes(params, [candidate.employee_id for candidate in chosen], on=today)
    failing = [candidate for candidate in chosen if codes[candidate.employee_id]]
    for candidate in failing:
        seats.mark(candidate, CandidateMark.Kind.GATE, code=codes[candidate.employee_id])
    passing = [candidate for candidate in chosen if not codes[candidate.employee_id]]
    # Seats given by hand since the proposal are gone: the last in line lead the reserve instead.
    training_class.refresh_from_db(fields=["seats", "seats_taken"])
    for candidate in passing[training_class.free_seats :]:
        seats.mark(candidate, CandidateMark.Kind.DISPLACED, detail="seats were given by hand meanwhile")
    passing = passing[: training_class.free_seats]
    created = seats.invite(training_class, passing, on=today)
    # Issued from here on, so that its reserve may be offered the seats that failed a gate.
    move(
        selection,
        Selection.State.ISSUED,
        reason=f"{len(created)} issued, {len(failing)} marked",
        issued_at=timezone.now(),
    )
    for candidate in failing:
        seats.promote(training_class, stratum_id=candidate.stratum_id, on=today)


def summary(selection: Selection) -> dict[str, Any]:
    """The last line of `approve_selection` (formats.md): invitations issued, reserve left."""
    reserve = (
        seats.open_reserve(selection.training_class_id).filter(selection=selection).count()
        if selection.state == Selection.State.ISSUED
        else selection.reserve_count
    )
    return {"selection": selection.pk, "issued": selection.invitations.count(), "reserve": reserve}


def expire_due(on: date | None = None) -> int:
    """Close every invitation unanswered after its last day, and give the seats on; return how many."""
    on = on or timezone.localdate()
    classes = (
        Invitation.objects.overdue(on).order_by("training_class").values_list("training_class", flat=True)
    )
    return sum(expire_class(class_id, on=on) for class_id in classes.distinct())


@retrying
def expire_class(class_id: int, *, on: date) -> int:
    """Expire the overdue invitations of one class in rank order, in one transaction; return how many."""
    with transaction.atomic():
        training_class = seats.lock_class(class_id)
        seats.hold_answers(class_id)
        overdue = list(
            Invitation.objects.filter(training_class=class_id)
            .overdue(on)
            .select_related("employee__unit")
            .order_by("rank", "id")
        )
        for invitation in overdue:
            close(invitation, Invitation.State.EXPIRED, channel=Invitation.Channel.SWEEPER)
        for invitation in overdue:
            seats.promote(training_class, stratum_id=invitation.stratum_id, on=on, replaces=invitation)
        return len(overdue)


def close(invitation: Invitation, state: str, *, channel: str, by: Any = None, **values: Any) -> None:
    """Move one invitation (under its class's lock) and record it; the database releases the seat."""
    before = invitation.state
    if before == Invitation.State.ACCEPTED and invitation.seen_at is None:
        # Whoever accepted knew of it; the time of that answer is about to be replaced.
        values.setdefault("seen_at", invitation.answered_at)
    invitation.state = state
    invitation.answered_at = timezone.now()
    invitation.answered_by = by
    invitation.channel = channel
    for name, value in values.items():
        setattr(invitation, name, value)
    invitation.save(update_fields=["state", "answered_at", "answered_by", "channel", *values])
    log.record(
        f"invitation.{state}",
        by=by,
        object_type="invitation",
        object_id=invitation.pk,
        unit_path=invitation.employee.unit.path,
        data={"from": before, "channel": str(channel), "reason": values.get("decline_reason", "")},
    )


def reserve_left(class_id: int) -> int:
    """How many may still be called up for this class."""
    return seats.open_reserve(class_id).count()
