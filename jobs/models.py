"""Long work a person waits for. The row is the truth; the broker only wakes a worker."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from jobs.querysets import JobQuerySet


class Job(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        STOPPED = "stopped", _("Stopped")

    #: The Celery task that continues this job, called with the job's id.
    task = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="jobs"
    )
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    #: What is being done now, in the owner's language, for the progress page.
    message = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    #: Where the result is read, an address inside the portal.
    result_url = models.CharField(max_length=300, blank=True)
    #: File below RESULTS_DIR, served only to the owner.
    result_file = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["heartbeat_at"],
                name="jobs_unfinished",
                condition=models.Q(state__in=["queued", "running"]),
            ),
            models.Index(fields=["owner", "-id"], name="jobs_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.state})"

    @property
    def finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.STOPPED}

    @property
    def percent(self) -> int:
        """Progress in whole percent, 0 while the total is not known."""
        return min(100, self.done * 100 // self.total) if self.total else 0
