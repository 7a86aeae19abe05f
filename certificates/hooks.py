"""What certificates do when a class is completed, and when a result changes after it."""

from collections.abc import Sequence
from typing import Any

from certificates import actions
from trainings import completion
from trainings.codes import TOOK_PART
from trainings.models import HistoryRecord, TrainingClass


@completion.on_completed
def issue(training_class: TrainingClass, records: Sequence[HistoryRecord], by: Any) -> None:
    """Certificates for those who took part, in the completion's transaction."""
    actions.issue_for_class(training_class=training_class, records=records, by=by)


@completion.on_changed
def follow(training_class: TrainingClass, record: HistoryRecord, before: str, by: Any) -> None:
    """A paper that says something else is replaced; one of somebody who did not take part is revoked."""
    actions.issue_for_class(
        training_class=training_class, records=[record], by=by, again=before not in TOOK_PART
    )
