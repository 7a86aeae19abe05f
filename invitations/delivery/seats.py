"""Giving a freed seat on: selection.md, "After issue". Everything here runs under the class's lock."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from datetime import date, timedelta
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone, translation
from psycopg2.errors import DeadlockDetected

from audit import log
from employees.models import Employee
from invitations import explain, links, ranking
from invitations.codes import Gate
from invitations.models import Candidate, CandidateMark, Invitation, Selection
from outbox.models import Message
from trainings.models import RuleSettings, TrainingClass

#: Days to answer an offer that comes when the class's own last day to answer is past or today.
ANSWER_DAYS = 3
DEADLOCK_ATTEMPTS = 5
#: People of the reserve read at a time, in its order.
_LOOKED_AT = 10
R = TypeVar("R")


def retrying(work: Callable[..., R]) -> Callable[..., R]:
    """Repeat the work when PostgreSQL ended it to resolve a deadlock; nothing of it was kept then.

    Two classes that each look for a reserve can meet over the same two people. Inside a larger
    transaction the error is passed on, since only the whole can be repeated.
    """

    @wraps(work)
    def repeated(*args: Any, **kwargs: Any) -> R:
        for _attempt in range(DEADLOCK_ATTEMPTS - 1):
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or not isinstance(error.__cause__, DeadlockDetected):
                    raise
        return work(*args, **kwargs)

    return repeated


def lock_class(class_id: int) -> TrainingClass:
    """The class, locked until the transaction ends: whoever gives or frees its seats comes one by one."""
    return (
        TrainingClass.objects.select_for_update(no_key=True, of=("self",))
        .select_related("programme", "organiser")
        .get(pk=class_id)
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
    issued = list(
        Selection.objects.filter(training_class=class_id, state=Selection.State.ISSUED).values_list(
            "pk", flat=True
        )
    )
    # Looked up beforehand: with both as keys PostgreSQL reads the reserve by its index, instead of asking
    # everybody of the pool whether they were displaced.
    displaced = list(
        CandidateMark.objects.filter(selection__in=issued, kind=CandidateMark.Kind.DISPLACED).values_list(
            "employee", flat=True
        )
    )
    invited = Invitation.objects.filter(training_class=class_id, employee=OuterRef("employee"))
    return (
        Candidate.objects.filter(Q(outcome="reserve") | Q(employee__in=displaced), selection__in=issued)
        .callable()
        .exclude(Exists(invited))
        .select_related("selection", "stratum", "employee__unit")
    )


class Reserve:
    """The reserve of one class as it stands, read once for any number of freed seats.

    Valid while the caller holds the class's lock: nobody else calls up or marks its people meanwhile. Only
    the order is read at once; of the people themselves no more than are looked at.
    """

    def __init__(self, training_class: TrainingClass) -> None:
        order = open_reserve(training_class.pk).select_related(None).order_by()
        self._order: list[tuple[int, int | None, int, int]] = list(
            order.values_list("pk", "stratum", "selection__number", "rank")
        )
        #: Live seats by unit; only counted where the class has a cap.
        self.taken = ranking.taken_by_unit(training_class.pk) if training_class.unit_cap else {}

    def in_order(self, stratum_id: int | None) -> Iterator[Candidate]:
        """Selection.md, "After issue": first those of the stratum, then all others in pool order."""
        ordered = sorted(self._order, key=lambda one: (one[1] != stratum_id, -one[2], one[3]))
        for start in range(0, len(ordered), _LOOKED_AT):
            keys = [one[0] for one in ordered[start : start + _LOOKED_AT]]
            people = Candidate.objects.with_mark().select_related("selection", "stratum", "employee__unit")
            found = people.in_bulk(keys)
            yield from (found[key] for key in keys)

    def drop(self, candidate: Candidate) -> None:
        """The candidate was called up, or can no longer be."""
        self._order = [one for one in self._order if one[0] != candidate.pk]


def promotion_possible(training_class: TrainingClass, on: date) -> bool:
    """Whether a freed seat may still be offered: no promotion in the last days before the class."""
    remaining = (training_class.first_day - on).days
    return (
        training_class.state == TrainingClass.State.SCHEDULED
        and remaining > RuleSettings.current().promotion_cutoff_days
    )


def next_in_line(
    training_class: TrainingClass,
    in_order: Iterable[Candidate],
    *,
    taken: dict[int, int],
    on: date,
    failed: Callable[[Candidate], None] = lambda _candidate: None,
) -> Iterator[tuple[Candidate, int]]:
    """The reserve in the given order with each one's unit, each locked and through the gates again.

    Who no longer passes a gate is marked, told to `failed` and left out; who is over the cap (`taken` seats
    per unit) is left out and stays in the reserve.
    """
    params = ranking.parameters(training_class)
    for candidate in in_order:
        lock_people([candidate.employee_id])
        code = ranking.gate_codes(params, [candidate.employee_id], on=on)[candidate.employee_id]
        if code:
            mark(candidate, CandidateMark.Kind.GATE, code=code)
            failed(candidate)
            continue
        unit = Employee.objects.values_list("unit_id", flat=True).get(pk=candidate.employee_id)
        if not training_class.unit_cap or taken.get(unit, 0) < training_class.unit_cap:
            yield candidate, unit


def promote(
    training_class: TrainingClass,
    *,
    stratum_id: int | None,
    on: date,
    replaces: Invitation | None = None,
    by: Any = None,
    reserve: Reserve | None = None,
) -> Invitation | None:
    """Offer one freed seat to the right reserve; None when nobody may have it. selection.md, "After issue".

    The caller holds the class's lock, and gives the same `reserve` for every seat that it frees under it.
    Candidates found failing a gate are marked and not tried again; those over the cap stay in the reserve.
    """
    if not promotion_possible(training_class, on):
        return None
    training_class.refresh_from_db(fields=["seats", "seats_taken"])
    if training_class.free_seats < 1:
        return None
    reserve = reserve or Reserve(training_class)
    line = next_in_line(
        training_class, reserve.in_order(stratum_id), taken=reserve.taken, on=on, failed=reserve.drop
    )
    for candidate, unit in line:
        try:
            with transaction.atomic():
                (invitation,) = invite(training_class, [candidate], on=on, replaces=replaces)
        except IntegrityError as error:
            if "trainings_no_overlapping_seats" not in str(error):
                raise
            # A seat in an overlapping class was committed after the gates were read.
            mark(candidate, CandidateMark.Kind.GATE, code=Gate.COMMITTED)
            reserve.drop(candidate)
            continue
        reserve.drop(candidate)
        reserve.taken[unit] = reserve.taken.get(unit, 0) + 1
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
