"""Asking for a correction and answering it. `by=` is the person acting."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.errors import Refusal
from employees.actions import tell_address_changed
from employees.correction_models import ANSWER_WITHIN, CorrectionRequest
from employees.models import Employee
from outbox.models import Message

Field = CorrectionRequest.Field
#: Fields that an accepted request changes here at once. The others follow rules of their own (the NIP, dates,
#: grades, the tree of units) and are mended at their source; the next import brings them.
APPLIED = (Field.NAME, Field.FRONT_TITLE, Field.BACK_TITLE, Field.POSITION, Field.EMAIL, Field.PHONE)
#: Letters each of them holds.
_LONGEST = {f.name: f.max_length or 0 for f in Employee._meta.concrete_fields if f.name in APPLIED}
#: Fields that may be emptied.
EMPTIABLE = (Field.FRONT_TITLE, Field.BACK_TITLE, Field.EMAIL, Field.PHONE)
#: Longest text of a request or an answer.
MOST_LETTERS = 2000


@transaction.atomic
def ask(*, employee: Employee, by: Any, field: str, value: str, text: str = "") -> CorrectionRequest:
    """Ask the unit to correct a field of one's own record; due within ANSWER_WITHIN.

    Refusal: not one's own record, no value, a value the field cannot hold, or a request for the field is open.
    """
    if employee.user_id is None or employee.user_id != by.pk:
        raise Refusal(_("A correction is asked for by the person concerned."), code="permission")
    value = " ".join(value.split())
    _check(field, value)
    try:
        with transaction.atomic():
            request = CorrectionRequest.objects.create(
                employee=employee, field=field, value=value, text=text.strip()[:MOST_LETTERS],
                due_at=timezone.now() + ANSWER_WITHIN,
            )  # fmt: skip
    except IntegrityError as error:
        if "employees_one_open_correction" not in str(error):
            raise
        raise Refusal(_("Your request for this field is open and will be answered."), code="open") from error
    _record(request, "asked", by)
    return request


@transaction.atomic
def answer(*, request: CorrectionRequest, by: Any, accept: bool, reason: str) -> CorrectionRequest:
    """Accept or refuse a request of somebody in scope; the person is told by message.

    An accepted one changes the record at once where the field is in APPLIED. Refusal: outside the scope or
    one's own, no reason for a refusal, answered already, or the value cannot be stored.
    """
    locked = (
        CorrectionRequest.objects.for_officer(by)
        .select_for_update(of=("self",))
        .select_related("employee__unit", "employee__user")
        .filter(pk=request.pk)
        .first()
    )
    if locked is None:
        raise Refusal(_("This request is answered by another office."), code="permission")
    if locked.state != CorrectionRequest.State.OPEN:
        raise Refusal(_("This request has already been answered."), code="state")
    reason = reason.strip()[:MOST_LETTERS]
    if not accept and not reason:
        raise Refusal(_("Say why the request is refused."), code="reason")
    locked.state = CorrectionRequest.State.ACCEPTED if accept else CorrectionRequest.State.REFUSED
    locked.answer, locked.answered_by, locked.answered_at = reason, by, timezone.now()
    if accept and locked.field in APPLIED:
        _check(locked.field, locked.value)
        if locked.field == Field.EMAIL:
            # At the address before: a stolen session could have asked.
            tell_address_changed(locked.employee)
        Employee.objects.filter(pk=locked.employee_id).update(**{locked.field: locked.value})
    locked.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    _write_message(locked)
    _record(locked, locked.state, by)
    return locked


def _check(field: str, value: str) -> None:
    if field not in Field.values:
        raise Refusal(_("Choose what is wrong."), code="field")
    if not value and field not in EMPTIABLE:
        raise Refusal(_("Write what is right."), code="value")
    if field in APPLIED and len(value) > _LONGEST[field]:
        raise Refusal(_("This is longer than the field can hold. Shorten it."), code="long")
    if field == Field.EMAIL and value:
        try:
            validate_email(value)
        except ValidationError as error:
            raise Refusal(_("This is not an e-mail address. Write one like nama@kemenag.go.id."), code="value") from error  # fmt: skip


def _write_message(request: CorrectionRequest) -> None:
    person = Employee.objects.select_related("unit").get(pk=request.employee_id)
    Message.objects.create(
        key=f"correction:{request.pk}:answered",
        kind="correction_answered",
        recipient_id=person.user_id,
        to_name=person.full_name,
        to_address=person.email,
        unit_path=person.unit.path,
        about_type="correction",
        about_id=request.pk,
        state=Message.State.PENDING if person.email else Message.State.NO_ADDRESS,
        context={
            "name": person.full_name,
            "organiser": person.unit.name,
            "filed_on": timezone.localdate(request.filed_at).isoformat(),
            "field": request.field,
            "accepted": request.state == CorrectionRequest.State.ACCEPTED,
            "applied": request.field in APPLIED,
            "answer": request.answer,
        },
    )


def _record(request: CorrectionRequest, step: str, by: Any) -> None:
    # The value itself is personal data; the record keeps what stood there before (audit/tracking.py).
    log.record(
        f"correction.{step}",
        by=by,
        object_type="correction",
        object_id=request.pk,
        unit_path=request.employee.unit.path,
        data={"employee": request.employee_id, "field": request.field, "due_at": request.due_at.isoformat()},
    )
