"""Completing a class by hand."""

from typing import Any

from trainings.actions.guards import check_planner
from trainings.delivery import completing
from trainings.models import Completion, TrainingClass


def complete(*, training_class: TrainingClass, by: Any) -> Completion:
    """Complete the class: history, holds and what other rooms do, all or nothing. Safe to repeat.

    Refusal when the person does not plan it, it has not ended, or its results are not locked.
    """
    check_planner(training_class, by)
    return completing.complete(training_class.pk, by)
