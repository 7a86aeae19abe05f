"""Letters of summons (surat pemanggilan): template versions, number series, letters and the names on them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from employees.models import Unit
from employees.scoping import ScopedQuerySet, scope_roots, within
from trainings.models import TrainingClass
from trainings.papers.models import TextsVersion, YearlyNumbers

_USER = settings.AUTH_USER_MODEL


class LetterTemplate(TextsVersion):
    """One version of an organiser's texts: the fields of `letters.texts.Texts`. Never changed."""

    organiser = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="letter_templates")


class NumberSeries(YearlyNumbers):
    """The numbers of an organiser's letters."""

    organiser = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="number_series")


class LetterQuerySet(ScopedQuerySet):
    unit_path = "office__path"
    permission = Permission.DOWNLOAD_LISTS

    def visible_to(self, user: Any, permission: str | None = None) -> "LetterQuerySet":
        """Letters addressed to an office in the user's scope, and those of the classes the user plans.

        An organiser signs and sends its own letters, wherever they go.
        """
        roots = scope_roots(user, permission or self.permission)
        own = TrainingClass.objects.plannable_by(user) if roots else TrainingClass.objects.none()
        return self.filter(within(roots, self.unit_path) | models.Q(training_class__in=own))

    def valid(self) -> "LetterQuerySet":
        return self.filter(state="valid")

    def for_table(self) -> "LetterQuerySet":
        """With what a list shows of each, so that it costs the same at any length."""
        return self.select_related(
            "office", "organiser", "training_class__programme", "superseded_by", "made_by"
        )


class Letter(models.Model):
    """One letter to one office, frozen as it was made; only its state moves, and only once.

    `data` is everything that is printed, so the same bytes can be set again; `sha256` is theirs.
    """

    class Kind(models.TextChoices):
        FIRST = "first", _("Summons")
        SUPPLEMENTARY = "supplementary", _("Additional summons")
        CHANGE = "change", _("Changed summons")

    class State(models.TextChoices):
        VALID = "valid", _("Valid")
        SUPERSEDED = "superseded", _("Superseded")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    #: Random, names the public page; not to be guessed or counted through.
    public_id = models.CharField(max_length=32, unique=True, db_collation="C")
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="letters")
    #: The addressed office: names on the letter lie at or below it.
    office = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    organiser = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    seq = models.PositiveIntegerField()
    number = models.CharField(max_length=120, unique=True)
    dated = models.DateField()
    #: The version of the texts it was made from; none: the portal's own.
    template = models.ForeignKey(LetterTemplate, null=True, on_delete=models.PROTECT, related_name="letters")
    data = models.JSONField()
    #: The dates and places of the class that the letter states; when they change, so does the letter.
    facts = models.JSONField()
    names_count = models.PositiveIntegerField()
    #: SHA-256 of the PDF, empty until it was set for the first time.
    sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.VALID)
    superseded_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="supersedes")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    ended_because = models.CharField(max_length=500, blank=True, default="", db_default="")
    made_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["organiser", "year", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["organiser", "year", "seq"], name="invitations_letter_numbered_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="superseded", superseded_by__isnull=False)
                | (~models.Q(state="superseded") & models.Q(superseded_by=None)),
                name="invitations_letter_superseded_by_one",
            ),
        ]
        indexes = [models.Index(fields=["office", "-id"], name="invitations_letter_office")]

    def __str__(self) -> str:
        return self.number


class LetterName(models.Model):
    """A person named on a letter, by the invitation. `current` until the letter ends: on one letter only."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="names")
    invitation = models.ForeignKey(
        "invitations.Invitation", on_delete=models.PROTECT, related_name="named_on"
    )
    current = models.BooleanField(default=True, db_default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invitation"], condition=models.Q(current=True), name="invitations_on_one_letter"
            ),
            models.UniqueConstraint(fields=["letter", "invitation"], name="invitations_named_once"),
        ]

    def __str__(self) -> str:
        return f"{self.invitation_id} on {self.letter_id}"
