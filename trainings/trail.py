"""The audit event of a class."""

from typing import Any

from audit import log
from trainings.models import TrainingClass


def record(verb: str, training_class: TrainingClass, by: Any, data: dict[str, Any] | None = None) -> None:
    """Record what was done to a class, in the caller's transaction, at its organiser's place in the tree."""
    log.record(
        verb,
        by=by,
        object_type="class",
        object_id=training_class.pk,
        unit_path=training_class.organiser.path,
        data={"class": training_class.code, **(data or {})},
    )
