"""The vocabulary of messages. Times are the database's: the clocks of several hosts differ."""

from typing import Any, Self

from django.db import models
from django.db.models.functions import Now

from outbox import reasons


class MessageQuerySet(models.QuerySet):
    def due(self) -> Self:
        """Messages to send now: pending and their time has come."""
        return self.filter(state="pending", not_before__lte=Now())

    def abandoned(self) -> Self:
        """Messages whose worker died between claiming and marking."""
        return self.filter(state="sending", lease_until__lt=Now())

    def stoppable(self) -> Self:
        """Not yet on the wire: pending, or claimed by a worker that has not begun with them."""
        return self.filter(models.Q(state="pending") | models.Q(state="sending", begun_at=None))

    def stopped(self) -> Self:
        """Called back by a person before they left; not those that were no longer true."""
        return self.filter(state="cancelled").exclude(last_error=reasons.NOT_WANTED)

    def of_kinds(self, *kinds: str) -> Self:
        return self.filter(kind__in=kinds)

    def state_counts(self) -> dict[str, int]:
        """Number of messages per state; states without any are left out."""
        return dict(self.order_by().values_list("state").annotate(n=models.Count("pk")))

    def undelivered(self) -> Self:
        """What the unit has to look after: given up, or without an address."""
        return self.filter(state__in=("failed", "no_address"))

    def about(self, about_type: str, about_ids: Any) -> Self:
        """Messages about these objects."""
        return self.filter(about_type=about_type, about_id__in=about_ids)

    def for_recipient(self, user: Any) -> Self:
        """What was written to this user."""
        return self.filter(recipient=user) if user.is_authenticated else self.none()


class DeadAddressQuerySet(models.QuerySet):
    def current(self) -> Self:
        """Addresses to which nothing is sent."""
        return self.filter(mended_at=None)

    def of(self, address: str) -> Self:
        """The record of this address, however it is capitalised."""
        return self.filter(address=address.strip().lower())
