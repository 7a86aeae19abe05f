"""The vocabulary of jobs."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

MAX_ATTEMPTS = 5


def stale_after() -> timedelta:
    """A running job without a sign of life for this long is taken to be abandoned."""
    return timedelta(seconds=settings.JOBS_STALE_SECONDS)


def lost_after() -> timedelta:
    """A queued job this old was forgotten by the broker."""
    return timedelta(seconds=settings.JOBS_LOST_SECONDS)


class JobQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """Jobs whose progress and result this user may see: their own."""
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def forgotten(self) -> Self:
        """Unfinished jobs that no worker is working on."""
        now = timezone.now()
        return self.filter(
            models.Q(state="queued", created_at__lt=now - lost_after(), heartbeat_at=None)
            | models.Q(state__in=["queued", "running"], heartbeat_at__lt=now - stale_after())
        )
