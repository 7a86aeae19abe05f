"""Merging two records of one person, and saying that two are not one. Keyword-only, `by=`.

One transaction: every relation by its rule, the fields as chosen, the former numbers kept, the old record
emptied into a pointer. It cannot be taken back; the audit trail holds what was.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit import log
from audit.errors import Refusal
from employees.merging import rules
from employees.merging.models import DuplicatePair
from employees.merging.rules import Merge
from employees.models import Employee, FormerNip

State = DuplicatePair.State
KEPT, GONE = "kept", "gone"

#: What is chosen field by field. The numbers of both are kept in any case: present or former.
FIELDS = (
    "nip", "external_id", "name", "front_title", "back_title", "sex", "birth_date", "status", "activity",
    "grade", "position_kind", "level", "position", "unit", "service_start", "retirement_date", "email", "phone",
)  # fmt: skip


def differing(first: Employee, second: Employee) -> list[str]:
    """The fields in which the two records differ, in their order."""
    return [name for name in FIELDS if getattr(first, name) != getattr(second, name)]


def not_the_same(*, pair: DuplicatePair, by: Any) -> DuplicatePair:
    """Remember for ever that these are two people. Refusal: outside the scope, or decided already."""
    with transaction.atomic():
        locked = _locked(pair, by)
        locked.state, locked.decided_by, locked.decided_at = State.DIFFERENT, by, timezone.now()
        locked.save(update_fields=["state", "decided_by", "decided_at"])
        log.record(
            "employee.not_the_same",
            by=by,
            object_type="employee",
            object_id=locked.first_id,
            unit_path=locked.first.unit.path,
            data={"other": locked.second_id},
        )
    return locked


def merge(*, pair: DuplicatePair, keep: int, choices: Mapping[str, str], by: Any) -> Employee:
    """Make the two records of a pair one; return the kept person.

    `keep` is the key of the record that stays, `choices` says for each differing field whose value counts
    (KEPT, the default, or GONE). Refusal: outside the scope, decided already, one of the two changed
    meanwhile, or a rule objects (both hold seats that overlap, the old one stands in a running ranking).
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # The ways of the house: classes before people, each in the order of its key.
            cursor.execute(
                "SELECT c.id FROM trainings_trainingclass c WHERE c.id IN (SELECT training_class_id "
                "FROM trainings_participation WHERE employee_id IN (%s, %s)) ORDER BY c.id FOR NO KEY UPDATE",
                [pair.first_id, pair.second_id],
            )
            locked = _locked(pair, by)
            people = {
                person.pk: person
                for person in Employee.objects.select_for_update(of=("self",))
                .select_related("unit", "user")
                .filter(pk__in=(locked.first_id, locked.second_id), merged_into=None)
                .order_by("pk")
            }
            if len(people) != 2 or keep not in people:
                raise Refusal(_("One of these records has been merged already."), code="state")
            kept = people.pop(keep)
            [gone] = people.values()
            return _merge(cursor, locked, Merge(kept, gone), choices, by)
    except IntegrityError as error:
        raise Refusal(
            _("The two records cannot be merged as they are: %(error)s")
            % {"error": str(error).splitlines()[0]},
            code="conflict",
        ) from error


def objections(kept: Employee, gone: Employee) -> list[str]:
    """Why these two cannot be merged this way, in sentences; [] when they can."""
    found = (rule.refuses(kept, gone) for rule in rules.rules() if rule.refuses)
    return [refusal.user_message for refusal in found if refusal is not None]


def _merge(cursor: Any, pair: DuplicatePair, going: Merge, choices: Mapping[str, str], by: Any) -> Employee:
    kept, gone = going.kept, going.gone
    for sentence in objections(kept, gone):
        raise Refusal(sentence, code="rule")
    before = {
        name: [_json(getattr(kept, name)), _json(getattr(gone, name))] for name in differing(kept, gone)
    }
    # Rows that never change otherwise may change hands in this transaction (trainings/0012).
    cursor.execute("SET LOCAL simdiklat.merging = 'on'")
    for rule in rules.rules():
        rule.apply(going)
    # The person acting for a while: deferred constraints are looked at here, where a sentence can be said.
    chosen = {name: getattr(gone if choices.get(name) == GONE else kept, name) for name in FIELDS}
    numbers = [kept.nip, gone.nip]
    ids = [kept.external_id, gone.external_id]
    account = _account(kept, gone)
    chosen["nip"] = chosen["nip"] or numbers[0] or numbers[1]
    chosen["external_id"] = chosen["external_id"] or ids[0] or ids[1]
    # Both IDs go on finding the person: the one not chosen stays on the old record, which points here.
    other_id = next((value for value in ids if value and value != chosen["external_id"]), None)
    Employee.objects.filter(pk__in=(kept.pk, gone.pk)).update(user=None)
    Employee.objects.filter(pk=gone.pk).update(
        nip=None, external_id=None, activity="", email="", phone="", merged_into=kept
    )
    Employee.objects.filter(pk=kept.pk).update(**chosen, user=account)
    Employee.objects.filter(pk=gone.pk).update(external_id=other_id)
    for number in numbers:
        if number and number != chosen["nip"]:
            FormerNip.objects.update_or_create(
                nip=number, defaults={"employee": kept, "until": timezone.localdate()}
            )
    FormerNip.objects.filter(nip=chosen["nip"]).delete()
    pair.state, pair.decided_by, pair.decided_at = State.MERGED, by, timezone.now()
    pair.save(update_fields=["state", "decided_by", "decided_at"])
    log.record(
        "employee.merged",
        by=by,
        object_type="employee",
        object_id=kept.pk,
        unit_path=kept.unit.path,
        data={
            "gone": gone.pk,
            "before": before,
            "after": {name: _json(chosen[name]) for name in before},
            "moved": {label: number for label, number in going.moved.items() if number},
            **going.notes,
        },
    )
    return Employee.objects.select_related("unit").get(pk=kept.pk)


def _account(kept: Employee, gone: Employee) -> User | None:
    """The account the person goes on with; a second one can no longer be signed in to."""
    if kept.user_id and gone.user_id:
        User.objects.filter(pk=gone.user_id).update(is_active=False)
    return kept.user or gone.user


def _locked(pair: DuplicatePair, by: Any) -> DuplicatePair:
    locked = (
        DuplicatePair.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("first__unit", "second__unit")
        .filter(pk=pair.pk)
        .first()
    )
    if locked is None:
        raise Refusal(
            _("These people belong to other offices as well; the centre merges them."), code="permission"
        )
    if locked.state != State.OPEN:
        raise Refusal(_("This pair has already been decided."), code="state")
    return locked


def _json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.code if hasattr(value, "code") else value
