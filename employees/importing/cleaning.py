"""Staged rows and uploaded files go when an import is over; the run and its counts stay on record."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from employees.importing import staged, store
from employees.importing.models import ImportRun


def clean() -> int:
    """Remove what is kept of imports that nobody touched for IMPORT_KEEP_DAYS; return how many.

    One that still waited for a decision is discarded.
    """
    before = timezone.now() - timedelta(days=settings.IMPORT_KEEP_DAYS)
    stale = list(ImportRun.objects.stale(before))
    for run in stale:
        forget(run)
    return len(stale)


def forget(run: ImportRun) -> None:
    """Remove the file and the staged rows of a run; one that waited for a decision is discarded."""
    with transaction.atomic(), connection.cursor() as cursor:
        staged.drop(cursor, run.pk)
        values = {"files_kept": False, "touched_at": Now()}
        if run.state in (ImportRun.State.CHECKED, ImportRun.State.HALTED):
            values["state"] = ImportRun.State.DISCARDED
        ImportRun.objects.filter(pk=run.pk).update(**values)
    store.remove(run.stored_name)
