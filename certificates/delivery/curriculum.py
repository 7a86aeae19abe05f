"""What the second page of a certificate lists: the subjects of the class's curriculum."""

from certificates.content import Subject
from trainings.models import TrainingClass


def subjects_of(training_class: TrainingClass) -> list[Subject]:
    """The subjects with their hours, in their order; none where the class follows no curriculum."""
    if training_class.curriculum is None:
        return []
    return [Subject(name, jp) for name, jp in training_class.curriculum.subjects.values_list("name", "jp")]
