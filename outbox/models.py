"""Messages to people. One row is one message; `key` says what it is about, so it cannot be made twice."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from outbox.querysets import DeadAddressQuerySet, MessageQuerySet


class Message(models.Model):
    class State(models.TextChoices):
        PENDING = "pending", _("Waiting to be sent")  # waits for its time
        SENDING = "sending", _("Being sent")  # claimed by a worker until `lease_until`
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Could not be sent")  # given up, `last_error` says why
        CANCELLED = "cancelled", _("Not sent")  # no longer wanted, never sent
        NO_ADDRESS = (
            "no_address",
            _("No mail address"),
        )  # the person has no address: visible in the portal and to the unit only

    #: What this message is, once and for ever: `invitation:17:issued`.
    key = models.CharField(max_length=120, unique=True)
    #: Names the templates: `outbox/<language>/<kind>.subject.txt`, `<kind>.txt` and `<kind>.html`.
    kind = models.CharField(max_length=60)
    #: Everything the templates need, frozen when the message was decided.
    context = models.JSONField(default=dict)
    language = models.CharField(max_length=2, default="id")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="messages"
    )
    #: Name and titles of an employee together, at their longest.
    to_name = models.CharField(max_length=400)
    to_address = models.CharField(max_length=254, blank=True)
    #: Path of the recipient's unit, for the scope of those who look after undelivered messages.
    unit_path = models.CharField(max_length=120, blank=True)
    about_type = models.CharField(max_length=30, blank=True)
    about_id = models.BigIntegerField(null=True)

    state = models.CharField(
        max_length=10, choices=State.choices, default=State.PENDING, db_default="pending"
    )
    not_before = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    lease_until = models.DateTimeField(null=True)
    #: When the last attempt began to talk to the server. Still set after a worker was killed in the middle:
    #: that message may have been sent. Empty again once an attempt ended with an answer.
    begun_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, db_default="")
    smtp_answer = models.TextField(blank=True, db_default="")
    #: What was really sent.
    subject = models.CharField(max_length=250, blank=True, db_default="")
    body = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["not_before"], name="outbox_due", condition=models.Q(state="pending")),
            models.Index(fields=["lease_until"], name="outbox_leased", condition=models.Q(state="sending")),
            models.Index(fields=["recipient", "-id"], name="outbox_recipient"),
            models.Index(fields=["about_type", "about_id"], name="outbox_about"),
        ]

    def __str__(self) -> str:
        return f"{self.key} → {self.to_name} ({self.state})"


class DeadAddress(models.Model):
    """An address that a mail server refused for good. Nothing is sent to it until somebody mends it."""

    #: In lower case.
    address = models.CharField(max_length=254, unique=True)
    smtp_answer = models.TextField()
    since = models.DateTimeField(db_default=Now())
    mended_at = models.DateTimeField(null=True)

    objects = DeadAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "dead addresses"

    def __str__(self) -> str:
        return self.address


class Pace(models.Model):
    """One row that all workers share: the next free sending slot, and the pause when a server is ill."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    next_slot_at = models.DateTimeField(db_default=Now())
    paused_until = models.DateTimeField(null=True)
    #: What the server said, for those who look after it.
    pause_reason = models.TextField(blank=True, db_default="")
    #: Pauses in a row; each is longer than the one before.
    pauses = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="outbox_one_pace")]

    def __str__(self) -> str:
        return f"paused until {self.paused_until}" if self.paused_until else "open"
