"""Results: how a class is passed, scores, withdrawals, the pass meeting, the lock and changes after it."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from audit import reading
from audit.errors import Refusal
from audit.marks import Mark
from trainings.actions.guards import lock_class, refuse_when_locked
from trainings.delivery import completing, gradesheet
from trainings.delivery.results import standings
from trainings.models import (
    Component,
    Grading,
    ParticipantResult,
    Participation,
    ResultChange,
    Score,
    TrainingClass,
    Withdrawal,
)
from trainings.trail import record


@dataclass(frozen=True)
class ComponentPlan:
    """A column of the grade sheet as it should be."""

    name: str
    kind: str
    weight: int


@dataclass(frozen=True)
class ScoreEntry:
    """Scores of one participant in one component; `score` None takes the score away."""

    component: Component
    participation: Participation
    score: Decimal | None
    remedial: Decimal | None = None


@transaction.atomic
def save_grading(
    *,
    training_class: TrainingClass,
    by: Any,
    graded: bool,
    pass_mark: int,
    minimum_attendance: int,
    components: Sequence[ComponentPlan],
) -> Grading:
    """Store how the class is passed and its components; returns the grading.

    Refusal when the results are locked, a name occurs twice, the weights do not make 100, or a component
    that has scores would go.
    """
    training_class = lock_class(training_class, by)
    refuse_when_locked(training_class)
    names = [component.name.strip().lower() for component in components]
    if len(set(names)) < len(names):
        raise Refusal(_("Two components have the same name. Give each its own."), code="components")
    weights = sum(c.weight for c in components if c.kind != Component.Kind.PRE_TEST)
    if graded and weights != 100:
        raise Refusal(
            _("The weights make %(sum)d percent together; they must make 100.") % {"sum": weights},
            code="components",
        )
    grading, _made = Grading.objects.update_or_create(
        training_class=training_class,
        defaults={"graded": graded, "pass_mark": pass_mark, "minimum_attendance": minimum_attendance},
    )
    gone = [c for c in training_class.components.all() if c.name.lower() not in names]
    if Score.objects.filter(component__in=gone).exists():
        raise Refusal(
            _("A component that already has scores cannot be taken away: %(names)s.")
            % {"names": ", ".join(c.name for c in gone if c.scores.exists())},
            code="components",
        )
    Component.objects.filter(pk__in=[c.pk for c in gone]).delete()
    known = {c.name.lower(): c for c in training_class.components.all()}
    for position, planned in enumerate(components, start=1):
        component = known.get(planned.name.strip().lower()) or Component(training_class=training_class)
        component.name, component.kind = planned.name.strip(), planned.kind
        component.position = position
        component.weight = 0 if planned.kind == Component.Kind.PRE_TEST else planned.weight
        component.save()
    record(
        "class.grading", training_class, by,
        {"graded": graded, "pass_mark": pass_mark, "minimum_attendance": minimum_attendance,
         "components": [[c.name, c.weight] for c in components]},
    )  # fmt: skip
    return grading


@transaction.atomic
def save_scores(*, training_class: TrainingClass, by: Any, entries: Sequence[ScoreEntry]) -> int:
    """Store scores, all or none; returns how many changed.

    Refusal when the results are locked, a score lies outside 0 to 100, or a remedial has no score before.
    """
    training_class = lock_class(training_class, by)
    refuse_when_locked(training_class)
    stored = {
        (score.component_id, score.participation_id): score
        for score in Score.objects.filter(component__training_class=training_class)
    }
    fresh, changed, gone = [], [], []
    for entry in entries:
        for value in (entry.score, entry.remedial):
            if value is not None and not 0 <= value <= 100:
                raise Refusal(
                    _("%(name)s, %(component)s: %(value)s lies outside 0 to 100.")
                    % {
                        "name": entry.participation.employee.full_name,
                        "component": entry.component.name,
                        "value": value,
                    },
                    code="range",
                )
        if entry.score is None and entry.remedial is not None:
            raise Refusal(
                _("%(name)s, %(component)s: a remedial needs the first score beside it.")
                % {"name": entry.participation.employee.full_name, "component": entry.component.name},
                code="remedial",
            )
        known = stored.get((entry.component.pk, entry.participation.pk))
        if entry.score is None:
            if known is not None:
                gone.append(known.pk)
        elif known is None:
            fresh.append(
                Score(
                    component=entry.component,
                    participation=entry.participation,
                    score=entry.score,
                    remedial=entry.remedial,
                )
            )
        elif (known.score, known.remedial) != (entry.score, entry.remedial):
            known.score, known.remedial = entry.score, entry.remedial
            changed.append(known)
    Score.objects.bulk_create(fresh, batch_size=2000)
    Score.objects.bulk_update(changed, ["score", "remedial"], batch_size=2000)
    Score.objects.filter(pk__in=gone).delete()
    number = len(fresh) + len(changed) + len(gone)
    if number:
        record("class.scores", training_class, by, {"changed": number})
    return number


@transaction.atomic
@transaction.atomic
def grade_sheet(*, training_class: TrainingClass, by: Any) -> tuple[str, bytes]:
    """The grade sheet with what is known, as its file's name and content, with the mark of who takes it.

    Personal data leaves the portal: the event `class.grade_sheet_downloaded`, and whose it is in the log of
    reading.
    """
    found, mark = standings(training_class), Mark.of(by)
    stream = io.BytesIO()
    gradesheet.write(found, list(training_class.components.all()), stream, mark)
    content = stream.getvalue()
    name = f"{slugify(f'nilai {training_class.code} {mark.name_part}')}.xlsx"
    sha256 = hashlib.sha256(content).hexdigest()
    record("class.grade_sheet_downloaded", training_class, by, {"rows": len(found), "sha256": sha256})
    if found:
        reading.note(
            reading.Kind.DOWNLOADED,
            by=by,
            subjects=[one.participation.employee_id for one in found],
            what=name,
            object_type="class",
            object_id=training_class.pk,
            filters={"class": training_class.code},
            row_count=len(found),
            sha256=sha256,
        )
    return name, content


@transaction.atomic
def withdraw(*, participation: Participation, by: Any, day: date, reason: str) -> Withdrawal:
    """Note that a participant withdrew while the class ran. Refusal: locked, no reason, or a day outside."""
    training_class = lock_class(participation.training_class, by)
    refuse_when_locked(training_class)
    if not reason.strip():
        raise Refusal(_("Say why the participant withdrew."), code="reason")
    if not training_class.first_day <= day <= training_class.last_day:
        raise Refusal(_("The day must lie within the class's dates."), code="day")
    made, _created = Withdrawal.objects.update_or_create(
        participation=participation, defaults={"day": day, "reason": reason.strip(), "by": by}
    )
    record(
        "class.withdrawal", training_class, by, {"participation": participation.pk, "day": day.isoformat()}
    )
    return made


@transaction.atomic
def save_minutes(*, training_class: TrainingClass, by: Any, meeting_day: date, minutes: str) -> Grading:
    """Store day and minutes of the pass meeting. Refusal: locked, empty, in the future, before the end."""
    training_class = lock_class(training_class, by)
    refuse_when_locked(training_class)
    if not minutes.strip():
        raise Refusal(_("Write what the pass meeting decided."), code="minutes")
    if meeting_day > timezone.localdate():
        raise Refusal(_("The pass meeting cannot lie in the future."), code="meeting_day")
    if meeting_day < training_class.last_day:
        raise Refusal(_("The pass meeting is held on or after the class's last day."), code="meeting_day")
    grading, _made = Grading.objects.update_or_create(
        training_class=training_class, defaults={"meeting_day": meeting_day, "minutes": minutes.strip()}
    )
    record("class.pass_meeting", training_class, by, {"day": meeting_day.isoformat()})
    return grading


def lock_problems(training_class: TrainingClass) -> list[str]:
    """What stands in the way of the lock, as sentences; [] when nothing does."""
    grading = Grading.objects.filter(pk=training_class.pk).first()
    found = []
    if not training_class.ended():
        found.append(_("The class has not ended yet."))
    if grading is None or grading.meeting_day is None or not grading.minutes:
        found.append(_("The minutes of the pass meeting are missing."))
    if not training_class.agenda.lessons().exists():
        found.append(_("The agenda has no lessons, so nobody's attendance can be counted."))
    if grading is not None and grading.graded and not training_class.components.filter(weight__gt=0).exists():
        found.append(_("Scores decide in this class, but it has no component with a weight."))
    if not training_class.participations.confirmed().exists():
        found.append(_("Nobody has a confirmed seat in this class."))
    return found


@transaction.atomic
def lock_results(*, training_class: TrainingClass, by: Any) -> int:
    """Work out every participant's result by the pass rule, store it as version 1 and lock; how many.

    Refusal with the first of `lock_problems`, or when the results are locked already.
    """
    training_class = lock_class(training_class, by)
    # The same row that whoever writes marks or scores looks at: they are all in, or come too late.
    Grading.objects.select_for_update(no_key=True).filter(pk=training_class.pk).first()
    refuse_when_locked(training_class)
    problems = lock_problems(training_class)
    if problems:
        raise Refusal(problems[0], code="lock")
    found = standings(training_class)
    ParticipantResult.objects.bulk_create(
        (
            ParticipantResult(
                training_class=training_class,
                participation=one.participation,
                employee_id=one.participation.employee_id,
                outcome=one.verdict.outcome,
                final_score=one.verdict.final_score,
                attended_minutes=one.attended,
                held_minutes=one.held,
                excused=one.excused,
                decided_by=by,
            )
            for one in found
            if one.verdict is not None
        ),
        batch_size=2000,
    )
    Grading.objects.filter(pk=training_class.pk).update(locked_at=Now(), locked_by=by)
    record("class.results_locked", training_class, by, {"results": len(found)})
    return len(found)


@transaction.atomic
def request_change(
    *, result: ParticipantResult, by: Any, outcome: str, reason: str, final_score: Decimal | None = None
) -> ResultChange:
    """Ask for another result after the lock; a second officer decides. Returns the request.

    Refusal: no reason, nothing new, not the version that counts, or a request is waiting already.
    """
    training_class = lock_class(result.training_class, by)
    result = ParticipantResult.objects.get(pk=result.pk)
    if not result.current:
        raise Refusal(_("This result has a newer version. Open the page again."), code="version")
    if not reason.strip():
        raise Refusal(_("Say why the result must change."), code="reason")
    if final_score is not None and not 0 <= final_score <= 100:
        raise Refusal(_("The final score must lie between 0 and 100."), code="range")
    if (outcome, final_score) == (result.outcome, result.final_score):
        raise Refusal(_("That is the result as it is."), code="same")
    if result.change_requests.filter(state=ResultChange.State.PENDING).exists():
        raise Refusal(_("A change of this result already awaits a decision."), code="pending")
    change = ResultChange.objects.create(
        result=result, outcome=outcome, final_score=final_score, reason=reason.strip(), requested_by=by
    )
    record(
        "result.change_requested", training_class, by,
        {"result": result.pk, "from": result.outcome, "to": outcome, "reason": reason[:300]},
    )  # fmt: skip
    return change


@transaction.atomic
def decide_change(*, change: ResultChange, by: Any, approve: bool) -> ParticipantResult:
    """Approve or refuse a change as the second officer; returns the result that counts now.

    An approval appends a version; after completion the history follows and the other rooms are told.
    Refusal: one's own request, or it is decided already.
    """
    training_class = lock_class(change.result.training_class, by)
    change = ResultChange.objects.select_for_update(of=("self",)).select_related("result").get(pk=change.pk)
    if change.state != ResultChange.State.PENDING:
        raise Refusal(_("This change is decided already."), code="state")
    if change.requested_by_id == by.pk:
        raise Refusal(_("A second officer decides: not the one who asked."), code="second")
    result = change.result
    if approve:
        ParticipantResult.objects.filter(pk=result.pk).update(current=False)
        made = ParticipantResult.objects.create(
            training_class=training_class, participation_id=result.participation_id,
            employee_id=result.employee_id, version=result.version + 1, outcome=change.outcome,
            final_score=change.final_score, attended_minutes=result.attended_minutes,
            held_minutes=result.held_minutes, excused=result.excused, reason=change.reason,
            decided_by_id=change.requested_by_id, approved_by=by,
        )  # fmt: skip
        completing.change_record(made, result.outcome, by)
    else:
        made = result
    change.state = ResultChange.State.APPROVED if approve else ResultChange.State.REFUSED
    change.decided_by, change.decided_at = by, timezone.now()
    change.save(update_fields=["state", "decided_by", "decided_at"])
    record(
        "result.changed" if approve else "result.change_refused", training_class, by,
        {"result": made.pk, "from": result.outcome, "to": change.outcome, "reason": change.reason},
    )  # fmt: skip
    return made
