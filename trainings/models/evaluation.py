"""What participants think: anonymous answers, the mark that somebody answered, and the view months later."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from trainings.models.agenda import Trainer
from trainings.models.classes import Participation, TrainingClass
from trainings.querysets import EvaluationQuerySet


class EvaluationAnswer(models.Model):
    """One anonymous answer about the organiser or a trainer.

    Nothing in it leads to the person: no key of theirs, no time, and its own key is random, so that not
    even the order of the rows tells.
    """

    class About(models.TextChoices):
        ORGANISER = "organiser", _("Organiser")
        TRAINER = "trainer", _("Trainer")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="answers")
    about = models.CharField(max_length=10, choices=About.choices)
    trainer = models.ForeignKey(Trainer, null=True, on_delete=models.PROTECT, related_name="answers")
    #: 1 to 5 by the codes of trainings.questions.
    ratings = models.JSONField()
    #: The mean of the ratings, so that means of means need no JSON.
    mean = models.DecimalField(max_digits=3, decimal_places=2)
    comment = models.TextField(blank=True, db_default="")

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(about="organiser", trainer=None)
                | models.Q(about="trainer", trainer__isnull=False),
                name="trainings_answer_about",
            ),
            models.CheckConstraint(
                condition=models.Q(mean__gte=1, mean__lte=5), name="trainings_answer_range"
            ),
        ]
        indexes = [models.Index(fields=["training_class", "about"], name="trainings_answers_of_class")]

    def __str__(self) -> str:
        return f"{self.about}: {self.mean}"


class Evaluated(models.Model):
    """That a participant has answered. Without a time: it leads to no answer."""

    participation = models.OneToOneField(
        Participation, primary_key=True, on_delete=models.PROTECT, related_name="evaluated"
    )

    def __str__(self) -> str:
        return str(self.participation_id)


class FollowUp(models.Model):
    """The question three months later, to the participant and to the superior; each by a link of its own."""

    class Role(models.TextChoices):
        PARTICIPANT = "participant", _("Participant")
        SUPERIOR = "superior", _("Superior")

    participation = models.ForeignKey(Participation, on_delete=models.PROTECT, related_name="follow_ups")
    role = models.CharField(max_length=12, choices=Role.choices)
    asked_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True)
    ratings = models.JSONField(default=dict)
    comment = models.TextField(blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participation", "role"], name="trainings_follow_up_once")
        ]

    def __str__(self) -> str:
        return f"{self.participation_id} {self.role}"
