"""Completing a class: history for every participant, holds, and what other rooms do, in one transaction."""

from collections import Counter
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import Refusal
from trainings import completion
from trainings.codes import Result
from trainings.models import (
    Completion,
    Grading,
    HistoryRecord,
    Hold,
    ParticipantResult,
    RuleSettings,
    TrainingClass,
)
from trainings.trail import record


def months_after(day: date, months: int) -> date:
    """The same day of the month so many months later, or that month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
    return date(year, month, min(day.day, last))


@transaction.atomic
def complete(class_id: int, by: Any) -> Completion:
    """Complete the class and return its completion; one that is complete already is returned as it is.

    Refusal when it has not ended, was cancelled, or its results are not locked. Two at once come one by
    one under the class's lock, and the second finds the first's.
    """
    training_class = (
        TrainingClass.objects.select_for_update(no_key=True, of=("self",))
        .select_related("programme", "organiser", "curriculum")
        .get(pk=class_id)
    )
    done = Completion.objects.filter(pk=class_id).first()
    if done is not None:
        return done
    problem = why_not(training_class)
    if problem:
        raise Refusal(problem, code="state")
    results = list(
        ParticipantResult.objects.current().filter(training_class_id=class_id).order_by("employee_id")
    )
    records = _write_history(training_class, results)
    held = _hold_the_absent(training_class, results)
    counts = dict(Counter(result.outcome for result in results)) | {"holds": held}
    done = Completion.objects.create(training_class=training_class, by=by, counts=counts)
    completion.tell_completed(training_class, records, by)
    record("class.completed", training_class, by, counts)
    return done


def why_not(training_class: TrainingClass) -> str:
    """Why the class cannot be completed now, as a sentence; empty when it can."""
    if training_class.state != TrainingClass.State.SCHEDULED:
        return _("Only a scheduled class can be completed.")
    if not training_class.ended():
        return _("The class has not ended yet. It can be completed from the day after its last day.")
    grading = Grading.objects.filter(pk=training_class.pk).first()
    if grading is None or not grading.locked:
        return _("Lock the results first: the minutes of the pass meeting, then the lock.")
    return ""


def hours_of(training_class: TrainingClass) -> int:
    """The class's hours in JP: of its curriculum when it took one, else of the programme."""
    if training_class.curriculum is None:
        return training_class.programme.jp
    return sum(training_class.curriculum.subjects.values_list("jp", flat=True))


def _write_history(training_class: TrainingClass, results: list[ParticipantResult]) -> list[HistoryRecord]:
    """One record for each result, the standing following in the same statement.

    A record of the same training that came by a file is taken over: it is the same training.
    """
    programme = training_class.programme
    jp = hours_of(training_class)
    HistoryRecord.objects.bulk_create(
        (
            HistoryRecord(
                employee_id=result.employee_id, programme_code=programme.code, title=programme.name,
                identity=HistoryRecord.identity_of(programme.code, programme.name), kind=programme.kind,
                organiser=training_class.organiser.name, first_day=training_class.first_day,
                last_day=training_class.last_day, jp=jp, result=result.outcome, training_class=training_class,
            )
            for result in results
        ),
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["employee", "identity", "last_day"],
        update_fields=["title", "kind", "organiser", "first_day", "jp", "result", "training_class"],
    )  # fmt: skip
    return list(
        HistoryRecord.objects.filter(training_class=training_class)
        .select_related("employee__unit")
        .order_by("employee__name", "employee_id")
    )


def _hold_the_absent(training_class: TrainingClass, results: list[ParticipantResult]) -> int:
    """Holds for those who stayed away without notice; how many. The length is a setting of the rule."""
    months = RuleSettings.current().absence_hold_months
    if not months:
        return 0
    until = months_after(training_class.last_day, months)
    if until <= timezone.localdate():
        return 0
    absent = [r for r in results if r.outcome == Result.TIDAK_HADIR and not r.excused]
    Hold.objects.bulk_create(
        Hold(
            employee_id=result.employee_id,
            until=until,
            reason="Tidak hadir tanpa keterangan",
            training_class=training_class,
        )
        for result in absent
    )
    return len(absent)


def change_record(result: ParticipantResult, before: str, by: Any) -> HistoryRecord | None:
    """Make the history follow a changed result of a completed class; None before completion.

    The hold for an absence ends when the new result is another one, and begins when it is an absence.
    """
    if not Completion.objects.filter(pk=result.training_class_id).exists():
        return None
    record = HistoryRecord.objects.select_for_update().get(
        training_class_id=result.training_class_id, employee_id=result.employee_id
    )
    record.result = result.outcome
    record.save(update_fields=["result"])
    training_class = TrainingClass.objects.select_related("programme", "organiser").get(
        pk=result.training_class_id
    )
    Hold.objects.filter(training_class=training_class, employee_id=result.employee_id).delete()
    _hold_the_absent(training_class, [result])
    completion.tell_changed(training_class, record, before, by)
    return record
