"""Objections (keberatan): filed by the person concerned, answered by an officer, told by message.

UU 27/2022 gives everyone the right to object to decisions that rest on automated processing.
"""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit import log
from audit.errors import Refusal
from employees.models import Employee
from invitations.models import Objection, Selection
from outbox.models import Message
from trainings.models import TrainingClass

#: Calendar days in which an objection is answered (docs/review-and-objections.md).
ANSWER_WITHIN_DAYS = 14
#: Longest text of an objection or an answer.
MOST_LETTERS = 4000


@transaction.atomic
def object_to(
    *,
    employee: Employee,
    by: Any,
    text: str,
    training_class: TrainingClass | None = None,
    selection: Selection | None = None,
) -> Objection:
    """File an objection of one's own: to an issued selection, about a class, or in general.

    It is due ANSWER_WITHIN_DAYS calendar days later. Refusal: not one's own, no text, a selection that is
    not issued, or the same matter is open already.
    """
    if employee.user_id is None or employee.user_id != by.pk:
        raise Refusal(_("An objection is filed by the person concerned."), code="permission")
    if not text.strip():
        raise Refusal(_("Say in your own words what you object to."), code="text")
    if selection is not None:
        training_class = selection.training_class
        if selection.state != Selection.State.ISSUED:
            raise Refusal(_("This selection has not been issued."), code="state")
    try:
        with transaction.atomic():
            objection = Objection.objects.create(
                employee=employee,
                training_class=training_class,
                selection=selection,
                text=text.strip()[:MOST_LETTERS],
                due_on=timezone.localdate() + timedelta(days=ANSWER_WITHIN_DAYS),
            )
    except IntegrityError as error:
        if "invitations_one_open_objection" not in str(error):
            raise
        raise Refusal(
            _("Your objection in this matter is open and will be answered; a second one is not needed."),
            code="open",
        ) from error
    _record(objection, "filed", by)
    return objection


@transaction.atomic
def answer_objection(*, objection: Objection, by: Any, answer: str) -> Objection:
    """Answer an objection once; the person reads the answer in the portal and gets it by mail.

    Refusal: not an officer for it, no answer, or it has been answered already.
    """
    locked = (
        Objection.objects.for_officer(by)
        .select_for_update(of=("self",))
        .select_related("employee__unit", "training_class__programme", "training_class__organiser")
        .filter(pk=objection.pk)
        .first()
    )
    if locked is None:
        raise Refusal(_("This objection is answered by another office."), code="permission")
    if not answer.strip():
        raise Refusal(_("Write the answer."), code="answer")
    if locked.state != Objection.State.OPEN:
        raise Refusal(_("This objection has already been answered."), code="state")
    locked.state = Objection.State.ANSWERED
    locked.answer = answer.strip()[:MOST_LETTERS]
    locked.answered_by = by
    locked.answered_at = timezone.now()
    locked.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    _write_message(locked)
    _record(locked, "answered", by)
    return locked


def _write_message(objection: Objection) -> None:
    person, training_class = objection.employee, objection.training_class
    with translation.override("id"):
        Message.objects.create(
            key=f"objection:{objection.pk}:answered",
            kind="objection_answered",
            recipient_id=person.user_id,
            to_name=person.full_name,
            to_address=person.email,
            unit_path=person.unit.path,
            about_type="objection",
            about_id=objection.pk,
            state=Message.State.PENDING if person.email else Message.State.NO_ADDRESS,
            context={
                "name": person.full_name,
                "class_name": str(training_class) if training_class else "",
                "organiser": training_class.organiser.name if training_class else "Kementerian Agama",
                "filed_on": timezone.localdate(objection.filed_at).isoformat(),
                "text": objection.text,
                "answer": objection.answer,
                "answered_by": str(objection.answered_by),
            },
        )


def _record(objection: Objection, step: str, by: Any) -> None:
    log.record(
        f"objection.{step}",
        by=by,
        object_type="objection",
        object_id=objection.pk,
        unit_path=objection.employee.unit.path,
        data={
            "employee": objection.employee_id,
            "class": objection.training_class.code if objection.training_class else "",
            "selection": objection.selection_id,
            "due_on": objection.due_on.isoformat(),
        },
    )
