"""The pass rule as one pure function: no database, no clock, the same answer for the same numbers.

1. Who withdrew has MENGUNDURKAN_DIRI, whatever was reached before.
2. Who was present at no lesson has TIDAK_HADIR.
3. Attendance is the minutes of lessons at which the person was present, late or not, of all minutes held.
   Ill and excused are not present; they only keep away the hold for an absence without notice.
4. A component counts with its score; a remedial lifts it, at most to the pass mark, and never lowers it.
5. The final score is the mean of the counted components by weight, rounded half up to two decimals. A
   component with weight 0 (a pre-test) does not count; a missing score of a counted one leaves no final
   score.
6. Where scores decide: LULUS with enough attendance and a final score of at least the pass mark, else
   TIDAK_LULUS. Where only attendance counts: HADIR with enough of it, else TIDAK_LULUS.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from trainings.codes import Result

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Rule:
    """How a class is passed; marks and shares in percent."""

    graded: bool
    pass_mark: int
    minimum_attendance: int


@dataclass(frozen=True)
class Reached:
    """One component of one participant. `score` None: not there (yet)."""

    weight: int
    score: Decimal | None
    remedial: Decimal | None = None


@dataclass(frozen=True)
class Verdict:
    outcome: Result
    final_score: Decimal | None


def counted(reached: Reached, pass_mark: int) -> Decimal | None:
    """The score of a component with its remedial: lifted to the pass mark at most, never lowered."""
    if reached.score is None or reached.remedial is None:
        return reached.score
    return max(reached.score, min(reached.remedial, Decimal(pass_mark)))


def final_score(components: Iterable[Reached], pass_mark: int) -> Decimal | None:
    """The mean by weight, to two decimals; None when nothing counts or a counted score is missing."""
    total, weights = Decimal(0), 0
    for component in components:
        if not component.weight:
            continue
        score = counted(component, pass_mark)
        if score is None:
            return None
        total += score * component.weight
        weights += component.weight
    return (total / weights).quantize(_CENT, ROUND_HALF_UP) if weights else None


def enough_attendance(attended: int, held: int, minimum: int) -> bool:
    """Whether `attended` of `held` minutes reach the share; compared without rounding."""
    return attended * 100 >= minimum * held


def verdict(
    rule: Rule, *, attended: int, held: int, components: Sequence[Reached], withdrew: bool
) -> Verdict:
    """The result of one participant by the rule above. `attended` and `held` in minutes."""
    score = final_score(components, rule.pass_mark) if rule.graded else None
    if withdrew:
        return Verdict(Result.MENGUNDURKAN_DIRI, score)
    if attended == 0:
        return Verdict(Result.TIDAK_HADIR, score)
    enough = enough_attendance(attended, held, rule.minimum_attendance)
    if not rule.graded:
        return Verdict(Result.HADIR if enough else Result.TIDAK_LULUS, None)
    passed = enough and score is not None and score >= rule.pass_mark
    return Verdict(Result.LULUS if passed else Result.TIDAK_LULUS, score)
