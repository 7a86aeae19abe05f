"""Filing a claim, verifying or refusing it. Keyword-only, `by=` the person acting."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.errors import Refusal
from employees.models import Employee
from outbox.models import Message
from trainings.claims import files
from trainings.claims.models import Claim
from trainings.codes import TOOK_PART
from trainings.models import HistoryRecord, Programme

#: Calendar days in which the unit decides.
DECIDE_WITHIN_DAYS = 14
State = Claim.State


@dataclass(frozen=True)
class Training:
    """What somebody says is missing. `programme`: of the catalogue, when it is there."""

    title: str
    kind: str
    organiser: str
    first_day: date
    last_day: date
    jp: int
    result: str
    certificate_number: str = ""
    programme: Programme | None = None

    @property
    def code(self) -> str:
        return self.programme.code if self.programme else ""

    @property
    def name(self) -> str:
        return self.programme.name if self.programme else " ".join(self.title.split())

    @property
    def identity(self) -> str:
        return HistoryRecord.identity_of(self.code, self.name)


def file_claim(
    *, employee: Employee, training: Training, certificate: Any, by: Any, follows: Claim | None = None
) -> Claim:
    """File a claim of one's own with the certificate; it is due DECIDE_WITHIN_DAYS days later. Returns it.

    Refusal: not one's own, a day after today, already on record or claimed, a file that is none of the
    accepted kinds, or `follows` is not an own refused claim without a successor.
    """
    if employee.user_id is None or employee.user_id != by.pk:
        raise Refusal(_("A claim is filed by the person concerned."), code="permission")
    today = timezone.localdate()
    if training.last_day > today:
        raise Refusal(_("Only a training that has ended can be claimed."), code="last_day")
    if training.last_day < training.first_day:
        raise Refusal(_("The last day is before the first day. Change one of the two."), code="last_day")
    if not training.name:
        raise Refusal(_("Say which training it was."), code="title")
    if _on_record(employee, training):
        raise Refusal(_("This training is already in your history."), code="title")
    kept = files.keep(certificate)
    try:
        with transaction.atomic():
            if follows is not None:
                _refuse_wrong_predecessor(follows, employee)
            claim = Claim.objects.create(
                employee=employee, programme_code=training.code, title=training.name,
                identity=training.identity,
                kind=training.programme.kind if training.programme else training.kind,
                organiser=training.organiser, first_day=training.first_day, last_day=training.last_day,
                jp=training.jp, result=training.result, certificate_number=training.certificate_number,
                stored_name=kept.stored_name, file_type=kept.file_type, file_name=kept.file_name,
                size=kept.size, sha256=kept.sha256, due_on=today + timedelta(days=DECIDE_WITHIN_DAYS),
                follows=follows,
            )  # fmt: skip
            _record(claim, "filed", by)
    except IntegrityError as error:
        files.forget(kept)
        if "trainings_one_open_claim" not in str(error) and "follows" not in str(error):
            raise
        raise Refusal(
            _("You have claimed this training already; it waits for verification."), code="title"
        ) from error
    except BaseException:
        files.forget(kept)
        raise
    return claim


def _on_record(employee: Employee, training: Training) -> bool:
    return employee.history.filter(
        identity=training.identity, last_day=training.last_day, result__in=TOOK_PART
    ).exists()


def _refuse_wrong_predecessor(follows: Claim, employee: Employee) -> None:
    before = Claim.objects.select_for_update().get(pk=follows.pk)
    if before.employee_id != employee.pk or before.state != State.REFUSED:
        raise Refusal(_("Only a refused claim can be filed anew."), code="state")


@transaction.atomic
def verify(*, claim: Claim, by: Any) -> HistoryRecord:
    """Verify a claim: the training becomes history in the same transaction, and the person is told.

    Returns the history record; one that came by another way meanwhile and says the same is taken.
    Refusal: outside the scope, one's own, decided already, or the history says otherwise.
    """
    locked = _locked(claim, by)
    record = HistoryRecord.objects.filter(
        employee_id=locked.employee_id, identity=locked.identity, last_day=locked.last_day
    ).first()
    if record is not None and record.result not in TOOK_PART:
        raise Refusal(
            _("The history holds this training with the result “%(result)s”. Ask the organiser first.")
            % {"result": record.get_result_display()},
            code="record",
        )
    if record is None:
        record = HistoryRecord.objects.create(
            employee_id=locked.employee_id, programme_code=locked.programme_code, title=locked.title,
            identity=locked.identity, kind=locked.kind, organiser=locked.organiser,
            first_day=locked.first_day, last_day=locked.last_day, jp=locked.jp, result=locked.result,
            certificate_number=locked.certificate_number, source=HistoryRecord.Source.CLAIM,
        )  # fmt: skip
    _decide(locked, by, state=State.VERIFIED, record=record)
    return record


@transaction.atomic
def refuse(*, claim: Claim, reason: str, by: Any) -> Claim:
    """Refuse a claim with a reason that the person reads; the person may file it anew. Returns it.

    Refusal: outside the scope, one's own, decided already, or no reason.
    """
    locked = _locked(claim, by)
    if not reason.strip():
        raise Refusal(_("Say why, so that the person knows what to do."), code="reason")
    _decide(locked, by, state=State.REFUSED, reason=reason.strip()[:500])
    return locked


def _locked(claim: Claim, by: Any) -> Claim:
    locked = (
        Claim.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("employee__unit", "employee__user")
        .filter(pk=claim.pk)
        .first()
    )
    if locked is None:
        raise Refusal(_("This claim is decided by another office."), code="permission")
    if locked.employee.user_id == by.pk:
        raise Refusal(_("Somebody else has to decide your own claim."), code="own")
    if locked.state != State.OPEN:
        raise Refusal(_("This claim has already been decided."), code="state")
    return locked


def _decide(claim: Claim, by: Any, **values: Any) -> None:
    claim.decided_by, claim.decided_at = by, timezone.now()
    for name, value in values.items():
        setattr(claim, name, value)
    claim.save(update_fields=["decided_by", "decided_at", *values])
    person = claim.employee
    Message.objects.create(
        key=f"claim:{claim.pk}:decided",
        kind="claim_decided",
        recipient_id=person.user_id,
        to_name=person.full_name,
        to_address=person.email,
        unit_path=person.unit.path,
        about_type="claim",
        about_id=claim.pk,
        language=person.user.language if person.user else "id",
        state=Message.State.PENDING if person.email else Message.State.NO_ADDRESS,
        context={
            "name": person.full_name,
            "title": claim.title,
            "last_day": claim.last_day.isoformat(),
            "verified": claim.state == State.VERIFIED,
            "reason": claim.reason,
            "unit": person.unit.name,
            "organiser": person.unit.name,
            "url_path": reverse("trainings:claim", args=[claim.pk]),
        },
    )
    _record(claim, str(claim.state), by)


def _record(claim: Claim, step: str, by: Any) -> None:
    log.record(
        f"claim.{step}",
        by=by,
        object_type="claim",
        object_id=claim.pk,
        unit_path=claim.employee.unit.path,
        data={
            "employee": claim.employee_id, "title": claim.title, "last_day": claim.last_day.isoformat(),
            "jp": claim.jp, "sha256": claim.sha256, "record": claim.record_id,
        },
    )  # fmt: skip
