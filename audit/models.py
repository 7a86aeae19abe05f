"""Who did what: append-only events, written in the same transaction as the change.

The database itself chains the events when their transaction commits (migration 0002): `seq`,
`previous_hash` and `hash` are filled by a deferred trigger, so the lock on the chain is held only for
the moment of the commit. Rows can be neither changed nor deleted afterwards.
"""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex, OpClass
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    at = models.DateTimeField(auto_now_add=True)
    #: The person acting; plain values, so that an event outlives the account. Empty: the portal itself.
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150, blank=True)
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60, blank=True)
    #: Path of the unit concerned, so that readers can be scoped without knowing the object.
    unit_path = models.CharField(max_length=120, blank=True)
    data = models.JSONField(default=dict)

    seq = models.BigIntegerField(null=True, unique=True, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_event_object"),
            models.Index(fields=["actor_id", "-id"], name="audit_event_actor"),
            models.Index(OpClass("verb", name="text_pattern_ops"), "id", name="audit_event_verb"),
            # They come in the order of time: the first pages of the last days are found by a handful of blocks.
            BrinIndex(fields=["at"], name="audit_event_at", pages_per_range=32, autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name or 'portal'} {self.verb} {self.object_id}"


class ChainHead(models.Model):
    """The last link of the chain; its single row is also the lock that orders the commits."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_one_chain_head")]

    def __str__(self) -> str:
        return f"{self.seq}: {self.hash}"


class ReadingQuerySet(models.QuerySet):
    def of_person(self, *employee_ids: int) -> Self:
        """What showed this person's data, by any of the keys, to somebody; exports included, the latest first."""
        return self.filter(subjects__overlap=list(employee_ids)).order_by("-at", "-id")

    def by_account(self, user_id: int) -> Self:
        return self.filter(actor_id=user_id)

    def between(self, since: object, until: object) -> Self:
        """Readings from one moment (included) until another (excluded); None leaves an end open."""
        found = self if since is None else self.filter(at__gte=since)
        return found if until is None else found.filter(at__lt=until)


class Reading(models.Model):
    """Somebody saw personal data: who, in which role, whose, when, from which address.

    One row however many people were shown: their keys stand in `subjects`, whose index answers "who saw
    this person". Rows are never changed; the database lets them go only after KEPT_YEARS (migration 0003).
    They are outside the hash chain of the events, which would make every reader wait for the one before.
    """

    #: Years for which the database refuses to delete a reading (simdiklat/privacy/retention.py).
    KEPT_YEARS = 5

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened the page")
        SEARCHED = "searched", _("Found by a search")
        LISTED = "listed", _("Saw the name on a page")
        DOWNLOADED = "downloaded", _("Downloaded a list")
        LETTER = "letter", _("Downloaded a letter")
        EVIDENCE = "evidence", _("Downloaded the evidence of a selection")
        OWN = "own", _("Downloaded the own data")
        PAGE = "page", _("Opened a page as auditor")

    at = models.DateTimeField(db_default=Now(), editable=False)
    #: Plain values, so that a reading outlives the account. Nobody: a command of the operator.
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150, blank=True)
    #: The reader's name as people know it, at the time.
    actor_label = models.CharField(max_length=200, blank=True)
    #: The roles held at the time: [{"role": "region", "unit": "KW35", "name": "Kanwil Jawa Timur"}].
    roles = models.JSONField(default=list)
    address = models.GenericIPAddressField(null=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    #: The page or the file's name.
    what = models.CharField(max_length=200, blank=True)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    filters = models.JSONField(default=dict)
    #: Rows handed out; not the same as the subjects where a person stands on two rows.
    row_count = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    #: Keys of the employees whose data was shown.
    subjects = ArrayField(models.BigIntegerField(), default=list)

    objects = ReadingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            GinIndex(fields=["subjects"], name="audit_reading_subjects"),
            BrinIndex(fields=["at"], name="audit_reading_at"),
            models.Index(fields=["actor_id", "-id"], name="audit_reading_actor"),
            models.Index(
                fields=["object_type", "object_id"],
                name="audit_reading_object",
                condition=~models.Q(object_type=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name or 'portal'} {self.kind} {self.what}"
