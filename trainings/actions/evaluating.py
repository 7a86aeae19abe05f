"""Answering an evaluation: once, anonymously; and the question months later by its link."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import Refusal
from trainings import questions
from trainings.delivery.evaluating import open_for_evaluation, trainers_of
from trainings.models import Evaluated, EvaluationAnswer, FollowUp, Participation


@transaction.atomic
def evaluate(
    *,
    participation: Participation,
    by: Any,
    organiser: tuple[Mapping[str, int], str],
    trainers: Mapping[int, tuple[Mapping[str, int], str]],
) -> None:
    """Store a participant's answers, each as (ratings, comment); nothing leads from them to the person.

    That somebody answered is kept apart, so the second time is refused. Refusal too: not the own seat, the
    evaluation is closed, or a trainer of another class. No audit event: it would tell who wrote what.
    """
    if participation.employee.user_id != by.pk:
        raise Refusal(_("Only the participant evaluates the class."), code="permission")
    if not open_for_evaluation(participation.training_class):
        raise Refusal(_("This evaluation is not open."), code="closed")
    known = {trainer.pk for trainer in trainers_of(participation.training_class)}
    if not set(trainers) <= known:
        raise Refusal(_("One of these trainers does not belong to the class."), code="trainer")
    try:
        with transaction.atomic():
            Evaluated.objects.create(participation=participation)
    except IntegrityError as error:
        raise Refusal(_("You have answered already. Thank you."), code="answered") from error
    common = {"training_class": participation.training_class}
    answers = [
        EvaluationAnswer(
            **common, about="organiser", ratings=dict(organiser[0]), mean=_mean(organiser[0]),
            comment=organiser[1].strip(),
        )
    ]  # fmt: skip
    answers += [
        EvaluationAnswer(
            **common, about="trainer", trainer_id=trainer, ratings=dict(ratings), mean=_mean(ratings),
            comment=comment.strip(),
        )
        for trainer, (ratings, comment) in trainers.items()
    ]  # fmt: skip
    EvaluationAnswer.objects.bulk_create(answers)


@transaction.atomic
def answer_follow_up(*, follow_up: FollowUp, by: Any, ratings: Mapping[str, int], comment: str) -> FollowUp:
    """Store the answer that came by the link; `by` is None there. Refusal: answered already."""
    follow_up = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
    if follow_up.answered_at is not None:
        raise Refusal(_("You have answered already. Thank you."), code="answered")
    if not set(ratings) <= {code for code, _words in questions.FOLLOW_UP}:
        raise Refusal(_("This question is not known."), code="ratings")
    follow_up.ratings, follow_up.comment = dict(ratings), comment.strip()
    follow_up.answered_at = timezone.now()
    follow_up.save(update_fields=["ratings", "comment", "answered_at"])
    return follow_up


def _mean(ratings: Mapping[str, int]) -> Decimal:
    if not ratings or any(not 1 <= rating <= 5 for rating in ratings.values()):
        raise Refusal(_("Rate every line from 1 to 5."), code="ratings")
    mean = Decimal(sum(ratings.values())) / len(ratings)
    return mean.quantize(Decimal("0.01"), ROUND_HALF_UP)
