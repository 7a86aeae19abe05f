"""What every action on a running class begins with: the class, locked, for somebody who plans it."""

from typing import Any

from django.utils.translation import gettext as _

from audit.errors import Refusal
from trainings.models import Completion, Grading, TrainingClass


def lock_class(training_class: TrainingClass, by: Any) -> TrainingClass:
    """The class, locked, for a person who plans for its organiser; Refusal for anybody else."""
    locked = (
        TrainingClass.objects.plannable_by(by)
        .select_for_update(no_key=True, of=("self",))
        .select_related("programme", "organiser", "curriculum")
        .filter(pk=training_class.pk)
        .first()
    )
    if locked is None:
        raise Refusal(_("You do not plan the classes of this organiser."), code="permission")
    return locked


def check_planner(training_class: TrainingClass, by: Any) -> None:
    """Refusal unless the person plans for the class's organiser; takes no lock."""
    if not TrainingClass.objects.plannable_by(by).filter(pk=training_class.pk).exists():
        raise Refusal(_("You do not plan the classes of this organiser."), code="permission")


def refuse_when_locked(training_class: TrainingClass) -> None:
    """Refusal once the results are locked: what they were worked out from stays."""
    grading = Grading.objects.filter(pk=training_class.pk).first()
    if grading is not None and grading.locked:
        raise Refusal(
            _("The results of this class are locked. A change needs a reason and a second officer."),
            code="locked",
        )


def completed(training_class: TrainingClass) -> bool:
    return Completion.objects.filter(pk=training_class.pk).exists()
