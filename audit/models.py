"""Who did what: append-only events, written in the same transaction as the change.

The database itself chains the events when their transaction commits (migration 0002): `seq`,
`previous_hash` and `hash` are filled by a deferred trigger, so the lock on the chain is held only for
the moment of the commit. Rows can be neither changed nor deleted afterwards.
"""

from django.db import models


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
