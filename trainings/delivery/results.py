"""What every participant of a class reached, worked out from attendance and scores in a few queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from trainings.models import (
    Attendance,
    Component,
    Grading,
    Participation,
    Score,
    Session,
    TrainingClass,
    Withdrawal,
)
from trainings.passing import Reached, Rule, Verdict, verdict


@dataclass(frozen=True)
class Standing:
    """One participant with what counts for the result; minutes of lessons."""

    participation: Participation
    attended: int
    held: int
    excused: bool
    withdrew: bool
    #: By component's key.
    scores: dict[int, Score] = field(default_factory=dict)
    verdict: Verdict | None = None

    @property
    def percent(self) -> int:
        """Attendance in whole percent, rounded down."""
        return self.attended * 100 // self.held if self.held else 0

    def missing(self, components: Sequence[Component]) -> bool:
        """Whether a counted score is not there."""
        return any(c.weight and c.pk not in self.scores for c in components)


def rule_of(grading: Grading) -> Rule:
    return Rule(grading.graded, grading.pass_mark, grading.minimum_attendance)


def standings(training_class: TrainingClass, only: Sequence[int] | None = None) -> list[Standing]:
    """Every confirmed participant by name; the number of queries does not depend on how many there are.

    `only` narrows them to these seats: a page of a webinar with thousands reads its own people.
    """
    grading = Grading.objects.filter(pk=training_class.pk).first() or Grading(training_class=training_class)
    rule = rule_of(grading)
    components = list(training_class.components.all())
    wanted: Any = training_class.participations.confirmed()
    if only is not None:
        wanted = wanted.filter(pk__in=only)
    seats = list(wanted.select_related("employee__unit").order_by("employee__name", "pk"))
    lessons = dict(
        Session.objects.filter(training_class=training_class).lessons().values_list("pk", "minutes")
    )
    held = sum(lessons.values())
    attended: dict[int, int] = defaultdict(int)
    excused: set[int] = set()
    marks = Attendance.objects.filter(session__training_class=training_class)
    given = Score.objects.filter(component__training_class=training_class)
    if only is not None:
        marks, given = marks.filter(participation__in=only), given.filter(participation__in=only)
    for seat, session, status in marks.values_list("participation_id", "session_id", "status").iterator():
        if status == Attendance.Status.HADIR:
            attended[seat] += lessons.get(session, 0)
        elif status in (Attendance.Status.IZIN, Attendance.Status.SAKIT):
            excused.add(seat)
    scores: dict[int, dict[int, Score]] = defaultdict(dict)
    for score in given.iterator():
        scores[score.participation_id][score.component_id] = score
    withdrew = set(
        Withdrawal.objects.filter(participation__training_class=training_class).values_list("pk", flat=True)
    )
    found = []
    for seat in seats:
        own = scores.get(seat.pk, {})
        found.append(
            Standing(
                participation=seat,
                attended=attended[seat.pk],
                held=held,
                excused=seat.pk in excused,
                withdrew=seat.pk in withdrew,
                scores=own,
                verdict=verdict(
                    rule,
                    attended=attended[seat.pk],
                    held=held,
                    components=[reached(c, own.get(c.pk)) for c in components],
                    withdrew=seat.pk in withdrew,
                ),
            )
        )
    return found


def reached(component: Component, score: Score | None) -> Reached:
    """A component as the pass rule reads it."""
    if score is None:
        return Reached(component.weight, None)
    return Reached(component.weight, Decimal(score.score), score.remedial)
