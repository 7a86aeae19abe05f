"""The lottery's seeds: drawn with a commitment, revealed later (selection.md, "Seed")."""

import hashlib
import secrets
from collections.abc import Sequence

from django.db.models import Max

from trainings.models import Seed, TrainingClass


def commitment_of(value: str) -> str:
    """SHA-256, in hex, of the seed's hex text."""
    return hashlib.sha256(value.encode()).hexdigest()


def draw(training_class: TrainingClass) -> Seed:
    """Draw and store the next seed of a class: 32 random bytes in hex. Returns the stored seed."""
    value = secrets.token_hex(32)
    last = training_class.seeds.aggregate(last=Max("number"))["last"] or 0
    return Seed.objects.create(
        training_class=training_class, number=last + 1, value=value, commitment=commitment_of(value)
    )


def draw_many(class_ids: Sequence[int]) -> None:
    """Draw the first seed of classes that have none yet, in one go."""
    values = {class_id: secrets.token_hex(32) for class_id in class_ids}
    Seed.objects.bulk_create(
        [
            Seed(training_class_id=class_id, number=1, value=value, commitment=commitment_of(value))
            for class_id, value in values.items()
        ],
        batch_size=5_000,
    )
