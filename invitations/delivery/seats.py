"""Giving a freed seat on: selection.md, "After issue". Everything here runs under the class's lock."""

from collections.abc import Iterator, Sequence
from copy import copy
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.utils import timezone, translation

from audit import log
from employees.models import Employee
from invitations import explain, links, ranking
from invitations.codes import Gate
from invitations.models import Candidate, CandidateMark, Invitation, Selection
from outbox.models import Message
from trainings.models import RuleSettings, TrainingClass

#: Days to answer an offer that comes when the class's own last day to answer is past or today.
ANSWER_DAYS = 3
#: People of the reserve read at a time.
_A_FEW = 10


def lock_class(class_id: int) -> TrainingClass:
    """The class, locked until the transaction ends: whoever gives or frees its seats comes one by one."""
    return (
        TrainingClass.objects.select_for_update(no_key=True, of=("self",))
        .select_related("programme", "organiser")
        .get(pk=class_id)
    )


def hold_answers(class_id: int) -> None:
    """Lock all live invitations of a class: who accepts does so without the class's lock.

    Asked for after the class and before anything is done to its seats, so that nobody waits in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM invitations_invitation WHERE training_class_id = %s AND state IN ('issued', 'accepted')"
            " ORDER BY id FOR NO KEY UPDATE",
            [class_id],
        )


def lock_invitation(invitation_id: int) -> Invitation:
    """The invitation as it is now, locked until the transaction ends."""
    return (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("employee__unit", "training_class__organiser")
        .get(pk=invitation_id)
    )


def lock_people(employee_ids: Sequence[int]) -> None:
    """Lock these people in one order, so that two classes do not take the same person at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM employees_employee WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE",
            [list(employee_ids)],
        )


def answer_by(training_class: TrainingClass, on: date) -> date:
    """Last day to answer an invitation issued today: the class's, or a few days when that is past or today."""
    if training_class.confirm_by > on:
        return training_class.confirm_by
    return max(on, min(on + timedelta(days=ANSWER_DAYS), training_class.first_day - timedelta(days=1)))


def invite(
    training_class: TrainingClass,
    candidates: Sequence[Candidate],
    *,
    on: date,
    replaces: Invitation | None = None,
) -> list[Invitation]:
    """Create the invitations and one message each for these candidates (of `chosen()` or `callable()`).

    The number of statements does not grow with the number of people.
    """
    if not candidates:
        return []
    invitations = _offers(training_class, candidates, on=on, replaces=replaces)
    Invitation.objects.bulk_create(invitations, batch_size=2000)
    write_messages(invitations, training_class, kind="invitation")
    return invitations


def sample_message(training_class: TrainingClass, candidate: Candidate, *, on: date) -> Message:
    """The message that this candidate (of `chosen()`) would get; nothing is stored. For a preview."""
    offers = _offers(training_class, [candidate], on=on, replaces=None)
    (message,) = _compose(offers, training_class, kind="invitation", sequence=0, why="", before=None)
    message.created_at = timezone.now()
    return message


def sample_notice(training_class: TrainingClass, *, kind: str, given: dict[str, Any]) -> Message | None:
    """The message the first of the invited would get of a change; nothing is stored. None: nobody is.

    `given` are the changed values of the class (`first_day`, `last_day`, `place`) and the `reason`.
    """
    first = (
        training_class.invitations.live().select_related("employee__unit", "stratum").order_by("rank").first()
    )
    if first is None:
        return None
    before = {
        name: value.isoformat() if isinstance(value := getattr(training_class, name), date) else value
        for name in ("first_day", "last_day", "confirm_by", "place")
    }
    changed = copy(training_class)
    for name in before.keys() & given.keys():
        setattr(changed, name, given[name])
    if first.state == Invitation.State.ISSUED:
        first.answer_by = changed.confirm_by
    (message,) = _compose(
        [first],
        changed,
        kind=kind,
        sequence=training_class.revision + 1,
        why=given["reason"],
        before=before if kind == "class_changed" else None,
    )
    message.created_at = timezone.now()
    return message


def _offers(
    training_class: TrainingClass,
    candidates: Sequence[Candidate],
    *,
    on: date,
    replaces: Invitation | None,
) -> list[Invitation]:
    """The invitations of these candidates, not stored yet."""
    selection = candidates[0].selection
    strata = {s["code"]: s for s in selection.parameters["strata"]}
    deadline = answer_by(training_class, on)
    if training_class.confirm_by == on and replaces is None:
        deadline = on
    invitations = []
    for candidate in candidates:
        kind = candidate.mark_kind
        stratum = strata[candidate.stratum.code if candidate.stratum else ""]
        invitations.append(
            Invitation(
                selection=selection,
                training_class=training_class,
                employee=candidate.employee,
                rank=candidate.rank,
                stratum=candidate.stratum,
                answer_by=deadline,
                replaces=replaces,
                reason=explain.reason_of(
                    rank=candidate.rank,
                    pool=selection.pool_size or 0,
                    ever_trained=candidate.ever_trained,
                    waiting_since=candidate.waiting_since,
                    area=stratum["name"],
                    area_seats=stratum["seats"],
                    area_rank=candidate.area_rank if candidate.stratum else None,
                    area_pool=stratum["pool"] if candidate.stratum else None,
                    promoted=candidate.outcome != "selected" and kind != CandidateMark.Kind.INCLUDED,
                    override=(candidate.mark_code or "") if kind == CandidateMark.Kind.INCLUDED else "",
                ),
            )
        )
    return invitations


def write_messages(
    invitations: Sequence[Invitation],
    training_class: TrainingClass,
    *,
    kind: str,
    sequence: int = 0,
    why: str = "",
    before: dict[str, str] | None = None,
) -> None:
    """One outbox message per invitation, with everything the text needs frozen in it.

    The key names invitation, kind and sequence: the same message cannot be made twice. `why` is the reason
    of a change or withdrawal, as its author wrote it; `before` the dates and place that no longer hold.
    """
    messages = _compose(invitations, training_class, kind=kind, sequence=sequence, why=why, before=before)
    Message.objects.bulk_create(messages, batch_size=2000)


def _compose(
    invitations: Sequence[Invitation],
    training_class: TrainingClass,
    *,
    kind: str,
    sequence: int,
    why: str,
    before: dict[str, str] | None,
) -> list[Message]:
    """The messages of `write_messages`, not stored yet."""
    not_before = timezone.now() + timedelta(seconds=settings.ISSUE_DELAY_SECONDS)
    messages = []
    with translation.override("id"):
        for invitation in invitations:
            person = invitation.employee
            messages.append(
                Message(
                    key=f"invitation:{invitation.pk}:{kind}:{sequence}",
                    kind=kind,
                    recipient_id=person.user_id,
                    to_name=person.full_name,
                    to_address=person.email,
                    unit_path=person.unit.path,
                    about_type="invitation",
                    about_id=invitation.pk,
                    state=Message.State.PENDING if person.email else Message.State.NO_ADDRESS,
                    not_before=not_before,
                    context={
                        "name": person.full_name,
                        "class_name": str(training_class),
                        "programme": training_class.programme.name,
                        "batch": training_class.batch,
                        "first_day": training_class.first_day.isoformat(),
                        "last_day": training_class.last_day.isoformat(),
                        "place": training_class.place,
                        "organiser": training_class.organiser.name,
                        "answer_by": invitation.answer_by.isoformat(),
                        "reason_text": explain.reason_text(invitation.reason),
                        "url_path": links.path_for(invitation.pk or 0),
                        "zone": training_class.organiser.time_zone,
                        "uid": f"invitation-{invitation.pk}",
                        "sequence": sequence,
                        "why": why,
                        "before": before,
                    },
                )
            )
    return messages


def mark(
    candidate: Candidate,
    kind: str,
    *,
    code: str = "",
    by: Any = None,
    detail: str = "",
    because_of: CandidateMark | None = None,
) -> CandidateMark:
    """Note on a candidate what happened after the proposal; the ranked pool itself stays as it was."""
    return CandidateMark.objects.create(
        selection_id=candidate.selection_id,
        employee_id=candidate.employee_id,
        kind=kind,
        code=code,
        detail=detail[:500],
        because_of=because_of,
        by=by,
    )


def open_reserve(class_id: int) -> Any:
    """Who may still be called up from the class's issued selections, in pool order."""
    invited = Invitation.objects.filter(training_class=class_id, employee=OuterRef("employee"))
    return (
        Candidate.objects.filter(selection__training_class=class_id, selection__state=Selection.State.ISSUED)
        .callable()
        .exclude(Exists(invited))
        .select_related("selection", "stratum", "employee__unit")
    )


def promotion_possible(training_class: TrainingClass, on: date) -> bool:
    """Whether a freed seat may still be offered: no promotion in the last days before the class."""
    remaining = (training_class.first_day - on).days
    return (
        training_class.state == TrainingClass.State.SCHEDULED
        and remaining > RuleSettings.current().promotion_cutoff_days
    )


def next_in_line(
    training_class: TrainingClass,
    reserve: QuerySet[Candidate],
    *,
    stratum_id: int | None,
    taken: dict[int, int],
    on: date,
) -> Iterator[Candidate]:
    """The reserve in the order of selection.md, "After issue", each locked and through the gates again.

    First those of the stratum, then all others in pool order. Who no longer passes a gate is marked and
    left out; who is over the cap (`taken` seats per unit) is left out and stays in the reserve.
    """
    params = ranking.parameters(training_class)
    own = Q(stratum=stratum_id) if stratum_id is not None else Q(stratum=None)
    in_order = reserve.order_by(Case(When(own, then=0), default=1), "-selection__number", "rank")
    # A few at a time: the first is nearly always the one, and a large class has hundreds in reserve.
    for candidate in in_order.iterator(chunk_size=_A_FEW):
        lock_people([candidate.employee_id])
        code = ranking.gate_codes(params, [candidate.employee_id], on=on)[candidate.employee_id]
        if code:
            mark(candidate, CandidateMark.Kind.GATE, code=code)
            continue
        unit = Employee.objects.values_list("unit_id", flat=True).get(pk=candidate.employee_id)
        if not training_class.unit_cap or taken.get(unit, 0) < training_class.unit_cap:
            yield candidate


def promote(
    training_class: TrainingClass,
    *,
    stratum_id: int | None,
    on: date,
    replaces: Invitation | None = None,
    by: Any = None,
) -> Invitation | None:
    """Offer one freed seat to the right reserve; None when nobody may have it. selection.md, "After issue".

    The caller holds the class's lock. Candidates found failing a gate are marked and not tried again;
    those over the cap stay in the reserve.
    """
    if not promotion_possible(training_class, on):
        return None
    training_class.refresh_from_db(fields=["seats", "seats_taken"])
    if training_class.free_seats < 1:
        return None
    reserve = open_reserve(training_class.pk)
    taken = ranking.taken_by_unit(training_class.pk) if training_class.unit_cap else {}
    for candidate in next_in_line(training_class, reserve, stratum_id=stratum_id, taken=taken, on=on):
        try:
            with transaction.atomic():
                (invitation,) = invite(training_class, [candidate], on=on, replaces=replaces)
        except IntegrityError as error:
            if "trainings_no_overlapping_seats" not in str(error):
                raise
            # A seat in an overlapping class was committed after the gates were read.
            mark(candidate, CandidateMark.Kind.GATE, code=Gate.COMMITTED)
            continue
        log.record(
            "invitation.promoted",
            by=by,
            object_type="invitation",
            object_id=invitation.pk,
            unit_path=candidate.employee.unit.path,
            data={"class": training_class.code, "replaces": replaces.pk if replaces else None},
        )
        return invitation
    return None
