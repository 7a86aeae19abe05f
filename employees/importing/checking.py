"""The first half of an import in the portal: read all, check every row, match, and stage; nothing is written.

A plain function for the job: safe to repeat, the staged tables are made anew each time.
"""

import logging
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from audit.log import record
from employees.importing import errors, staged, store, twins
from employees.importing.engine import Layout, check_rows, rejected_rows
from employees.importing.importer import Faults, Importer
from employees.importing.models import ImportRun
from employees.importing.reading import FileRefused, Source, open_source
from employees.importing.registry import importer_for
from employees.importing.staging import Stage
from jobs import runner
from jobs.models import Job
from jobs.runner import JobStopped

logger = logging.getLogger(__name__)
State = ImportRun.State

#: Cells that name a rejected row to people.
_NAMING_CELLS = 3


def check(job: Job) -> dict[str, Any]:
    """Check the file of the job's run and stage its rows; the run then waits for somebody's decision.

    Stopped by its owner, the run is discarded. A file that cannot be read at all fails the run and the job.
    """
    run = ImportRun.objects.select_related("owner").get(pk=job.params["run"])
    if run.state != State.CHECKING:
        return {}
    with translation.override(run.owner.language):
        try:
            with open_source(store.path_of(run.stored_name), importer_for(run.kind).known) as source:
                _check(run, source, job)
        except FileRefused as refusal:
            ImportRun.objects.filter(pk=run.pk).update(
                state=State.FAILED, error=refusal.user_message, touched_at=Now()
            )
            raise
        except JobStopped:
            ImportRun.objects.filter(pk=run.pk).update(state=State.DISCARDED, touched_at=Now())
            raise
    run.refresh_from_db()
    return {"run": run.pk, **run.counts}


def _check(run: ImportRun, source: Source, job: Job) -> None:
    kind = importer_for(run.kind)
    layout = Layout(kind, source.headings)
    faults = Faults()
    stage = Stage(kind.staged)
    runner.progress(job, done=0, total=source.estimate * 2, message=_("Checking rows"))
    try:
        importer = kind(present=layout.present, faults=faults, stage=stage)
        importer.preview = True
        importer.prepare()
        read = check_rows(
            importer,
            layout,
            source,
            lambda done, message: runner.progress(job, done=min(done, job.total), message=message),
        )
        rejected = set(faults)
        runner.progress(job, done=read, total=max(read * 2, 1), message=_("Matching and comparing"))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '128MB'")
            importer.settle(cursor)
            stage.load(cursor, list(faults))
            importer.resolve(cursor)
            comparison = importer.comparison()
            staged.make(cursor, run.pk, comparison)
            if kind.name == "employees":
                twins.find(cursor, run.pk)
            conflicting = set(faults) - rejected
            staged.keep_faults(cursor, run.pk, faults, conflicting, _labels(layout, source, faults))
            counts = staged.outcome_counts(cursor, run.pk)
            # Rows that repeat another exactly are nowhere staged.
            counts["unchanged"] = counts.get("unchanged", 0) + getattr(importer, "identical", 0)
            percent = _matched_percent(cursor, importer, read, counts)
            halted = percent is not None and percent < settings.IMPORT_LEAST_MATCH_PERCENT
            ImportRun.objects.filter(pk=run.pk).update(
                state=State.HALTED if halted else State.CHECKED,
                sha256=source.sha256,
                counts={"read": read, **counts},
                present=sorted(layout.present),
                unknown_columns=layout.unknown,
                matched_percent=percent,
                written_to=0,
                written={},
                error="",
                touched_at=Now(),
            )
            record(
                "import.checked",
                by=run.owner,
                object_type="import",
                object_id=run.pk,
                data={
                    "kind": run.kind, "file": run.file_name, "sha256": source.sha256, "read": read,
                    "halted": halted, **counts,
                },
            )  # fmt: skip
            _write_errors(run, layout, source, staged.faults_of(cursor, run.pk))
    finally:
        stage.close()


def _labels(layout: Layout, source: Source, faults: Faults) -> dict[int, str]:
    """The first filled cells of each row with faults: enough to know it again."""
    labels = {}
    for row, raw in source.rows() if faults else ():
        if row in faults:
            cells = layout.pick(raw[: layout.width] + [""] * (layout.width + 1 - len(raw)))
            labels[row] = " · ".join([cell.strip() for cell in cells if cell.strip()][:_NAMING_CELLS])[:200]
    return labels


def _matched_percent(cursor: Any, importer: Importer, read: int, counts: dict[str, int]) -> int | None:
    """How much of the file fits what is stored; None when nothing is stored or the file has no rows.

    For people and units, that is rows about somebody or something stored; for the other kinds, where most
    rows may be new, rows that could be taken at all.
    """
    if not read:
        return None
    if not importer.mostly_known:
        return (read - counts.get("rejected", 0) - counts.get("conflicting", 0)) * 100 // read
    cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {importer.comparison().table})")
    if not cursor.fetchone()[0]:
        return None
    return (counts.get("changed", 0) + counts.get("unchanged", 0) + counts.get("likely", 0)) * 100 // read


def _write_errors(run: ImportRun, layout: Layout, source: Source, faults: Faults) -> None:
    errors.write_files(
        store.errors_path(run.stored_name, "csv"),
        store.errors_path(run.stored_name, "xlsx"),
        rejected_rows(layout, source, faults),
    )


def refresh_errors(run: ImportRun) -> None:
    """Write the errors files again from what is staged now: decisions and conflicts met while writing."""
    with connection.cursor() as cursor:
        faults = staged.faults_of(cursor, run.pk)
    if not faults:  # a workbook is not opened for nothing: that takes seconds
        for ending in ("csv", "xlsx"):
            store.errors_path(run.stored_name, ending).unlink(missing_ok=True)
        return
    kind = importer_for(run.kind)
    with open_source(store.path_of(run.stored_name), kind.known) as source:
        _write_errors(run, Layout(kind, source.headings), source, faults)
