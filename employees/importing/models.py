"""Imports in the portal: one file that somebody uploaded, looked at and wrote, or did not."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from employees.importing.authority import may_import
from jobs.models import Job


class ImportKind(models.TextChoices):
    UNITS = "units", _("Units")
    EMPLOYEES = "employees", _("Employees (SIMPEG)")
    PROGRAMMES = "programmes", _("Programmes")
    CLASSES = "classes", _("Classes")
    HISTORY = "history", _("Training history")


class ImportRunQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """All imports for those who import for the whole ministry, none for anybody else."""
        return self if may_import(user) else self.none()

    def stale(self, before: Any) -> Self:
        """Imports whose file and staged rows are still kept though nothing happened since `before`."""
        return self.filter(files_kept=True, touched_at__lt=before).exclude(
            state__in=(ImportRun.State.CHECKING, ImportRun.State.WRITING)
        )

    def for_table(self) -> Self:
        return self.select_related("owner")


class ImportRun(models.Model):
    """One uploaded file. Checked first: what it would do is counted and can be read; written after a yes.

    The accepted rows wait in a table of the run's own (employees/importing/staged.py). `written_to` is the
    last row whose batch is in: it is set in the batch's own transaction, so whoever goes on after a killed
    worker begins exactly behind it.
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Waits for your decision")
        #: Too little of the file fits what is stored: perhaps the wrong file.
        HALTED = "halted", _("Stopped by itself")
        WRITING = "writing", _("Being written")
        STOPPED = "stopped", _("Stopped on the way")
        DONE = "done", _("Written")
        FAILED = "failed", _("Could not be read")
        DISCARDED = "discarded", _("Discarded")

    kind = models.CharField(_("kind of file"), max_length=12, choices=ImportKind.choices)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="imports")
    #: The name under which it was uploaded, for people; never a path.
    file_name = models.CharField(_("file"), max_length=200)
    #: Random name below IMPORTS_DIR.
    stored_name = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True, db_default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    #: Rows by outcome of the check (see staged.Outcome), with `read`, `missing` and `matched`.
    counts = models.JSONField(default=dict)
    #: Rows by what writing made of them: created, updated, conflicting.
    written = models.JSONField(default=dict)
    written_to = models.PositiveIntegerField(default=0, db_default=0)
    #: Columns of the format that the file has, and headings that the format does not know.
    present = models.JSONField(default=list)
    unknown_columns = models.JSONField(default=list)
    #: Share of the rows that fit what is stored, in percent; empty where nothing is stored yet.
    matched_percent = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(blank=True, db_default="")
    files_kept = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())
    touched_at = models.DateTimeField(db_default=Now())
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    finished_at = models.DateTimeField(null=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=(
                        "checking", "checked", "halted", "writing", "stopped", "done", "failed", "discarded",
                    )
                ),
                name="employees_import_state",
            ),
            # Nothing is written without somebody who said yes.
            models.CheckConstraint(
                condition=~models.Q(state__in=("writing", "stopped", "done"))
                | models.Q(confirmed_by__isnull=False),
                name="employees_import_confirmed",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.file_name}"

    def count(self, outcome: str) -> int:
        return int(self.counts.get(outcome, 0))

    @property
    def to_write(self) -> int:
        """Rows that a yes would write as things stand."""
        return self.count("new") + self.count("changed")

    @property
    def decidable(self) -> bool:
        """Whether somebody can still say yes or no."""
        return self.state in {self.State.CHECKED, self.State.HALTED}
