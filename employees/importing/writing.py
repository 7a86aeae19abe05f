"""The second half of an import in the portal: what was previewed is written, batch by batch.

Each batch is one transaction with the run's `written_to` in it: killed at any point, a batch is in or it
is not, and whoever goes on begins behind the last that is. A row whose person changed since the preview
is left out and reported; nobody's later change is overwritten unseen.
"""

import json
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.errors import Refusal
from audit.log import record
from employees.importing import checking, staged, store
from employees.importing.engine import constraint_of, run_import
from employees.importing.importer import Faults, Importer
from employees.importing.models import ImportRun
from employees.importing.registry import importer_for
from employees.importing.staged import rows_table
from employees.importing.staging import MERGED_EVERY, Stage, gather, merge_gathered
from jobs import runner
from jobs.models import Job
from jobs.runner import JobStopped

logger = logging.getLogger(__name__)
State = ImportRun.State


class PreviewOutdated(Refusal):
    """What is stored changed since the preview; the file is checked again."""


def write(job: Job) -> dict[str, Any]:
    """Write what the job's run still has to write. Stopped by its owner, it can be gone on with.

    When the staged rows are gone (a crash of the database), or a small file no longer does what its
    preview said, the run is checked again and waits for a new decision.
    """
    run = ImportRun.objects.select_related("owner", "confirmed_by").get(pk=job.params["run"])
    if run.state != State.WRITING:
        return {}
    with translation.override(run.owner.language):
        try:
            _write(run, job)
        except PreviewOutdated:
            _check_again(run)
            raise
        except JobStopped:
            ImportRun.objects.filter(pk=run.pk, state=State.WRITING).update(
                state=State.STOPPED, touched_at=Now()
            )
            raise
        run.refresh_from_db()
        checking.refresh_errors(run)
    return {"run": run.pk, **run.written}


def _write(run: ImportRun, job: Job) -> None:
    with connection.cursor() as cursor:
        if staged.lost(cursor, run.pk) and run.count("read"):
            raise PreviewOutdated(
                _(
                    "The prepared rows were lost by a crash. The file is checked again; look at it and confirm."
                )
            )
        cursor.execute(
            f"SELECT count(*) FROM {rows_table(run.pk)} WHERE outcome IN ('new', 'changed') AND row > %s",
            [run.written_to],
        )
        left = cursor.fetchone()[0]
    runner.progress(job, done=0, total=left, message=_("Writing"))
    kind = importer_for(run.kind)
    if not kind.batched:
        _write_at_once(run, kind)
        return
    done = 0
    with _Merging(kind, run) as merging:
        while (batch := _next_batch(run)) is not None:
            _write_rows(run, kind, batch)
            done += batch.rows
            merging.wrote(batch.rows)
            runner.progress(job, done=min(done, left), message=_("Writing"))
    _finish(run)


class _Merging:
    """Merges what the trigram indexes gather, on a connection of its own, while the next batches are written."""

    def __init__(self, kind: type[Importer], run: ImportRun) -> None:
        self.table = kind(present=frozenset(run.present), faults=Faults(), stage=Stage(())).comparison().table
        self.gathered = 0
        self.worker = ThreadPoolExecutor(1)
        self.running: Future[None] | None = None

    def __enter__(self) -> "_Merging":
        return self

    def __exit__(self, kind: Any, *_exc: Any) -> None:
        if kind is None and self.gathered:
            self._start()
        self.worker.shutdown()
        if kind is None and self.running is not None:
            self.running.result()

    def wrote(self, rows: int) -> None:
        """So many rows more were written."""
        self.gathered += rows
        if self.gathered >= MERGED_EVERY:
            self._start()

    def _start(self) -> None:
        if self.running is not None:
            self.running.result()
        self.gathered = 0
        self.running = self.worker.submit(self._merge)

    def _merge(self) -> None:
        try:
            with connection.cursor() as cursor:  # this thread's own
                merge_gathered(cursor, self.table)
        finally:
            connection.close()


@dataclass(frozen=True)
class _Batch:
    """Rows of a run from the one behind `after` to `last`, both as a spreadsheet shows them."""

    after: int
    last: int
    rows: int


def _next_batch(run: ImportRun) -> _Batch | None:
    run.refresh_from_db(fields=["written_to"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT max(row), count(*) FROM (SELECT row FROM {rows_table(run.pk)} "
            "WHERE outcome IN ('new', 'changed') AND row > %s ORDER BY row LIMIT %s) AS batch",
            [run.written_to, settings.IMPORT_BATCH_ROWS],
        )
        last, rows = cursor.fetchone()
    return _Batch(run.written_to, last, rows) if rows else None


def _write_rows(run: ImportRun, kind: type[Importer], batch: _Batch) -> None:
    """Write a batch; one that the database refuses is halved until only the rows at fault are left out."""
    try:
        _write_batch(run, kind, batch)
    except IntegrityError as error:
        if batch.rows > 1:
            middle = _middle(run, batch)
            for part in (
                _Batch(batch.after, middle, batch.rows // 2),
                _Batch(middle, batch.last, batch.rows - batch.rows // 2),
            ):
                _write_rows(run, kind, part)
            return
        logger.warning("Import %s: row %s meets %s", run.pk, batch.last, constraint_of(error))
        with transaction.atomic(), connection.cursor() as cursor:
            _hold(run, batch)
            staged.add_conflicts(cursor, run.pk, [(batch.last, _at_odds())])
            _note(run, batch, created=0, updated=0, conflicting=1)


def _middle(run: ImportRun, batch: _Batch) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT row FROM {rows_table(run.pk)} WHERE outcome IN ('new', 'changed') "
            "AND row > %s AND row <= %s ORDER BY row OFFSET %s LIMIT 1",
            [batch.after, batch.last, batch.rows // 2 - 1],
        )
        return int(cursor.fetchone()[0])


def _at_odds() -> str:
    return _("At odds with what somebody changed since the preview. Upload the row again.")


def _write_batch(run: ImportRun, kind: type[Importer], batch: _Batch) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        _hold(run, batch)
        gather(cursor)
        importer = kind(present=frozenset(run.present), faults=Faults(), stage=Stage(()))
        comparison = importer.comparison()
        cursor.execute("DROP TABLE IF EXISTS pg_temp.incoming")
        cursor.execute(
            f"CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT * FROM {rows_table(run.pk)} "
            "WHERE outcome IN ('new', 'changed') AND row > %s AND row <= %s",
            [batch.after, batch.last],
        )
        # The files' own locks first: what is compared now stays as it is until the rows are in.
        importer.lock(cursor, comparison.table)
        cursor.execute(
            f"""
            WITH outdated AS (
                SELECT i.row FROM incoming i LEFT JOIN {comparison.table} t ON t.id = i.target_id
                WHERE i.outcome = 'changed' AND (t.id IS NULL OR EXISTS (
                    SELECT 1 FROM jsonb_each(i.changes) c
                    WHERE to_jsonb(t) -> (%s::jsonb ->> c.key) IS DISTINCT FROM c.value -> 0))
                UNION ALL
                SELECT i.row FROM incoming i WHERE i.outcome = 'new' AND ({comparison.stale})
            )
            DELETE FROM incoming i USING outdated o WHERE o.row = i.row RETURNING i.row
            """,
            [_columns_by_heading(comparison.fields)],
        )
        outdated = [row for (row,) in cursor.fetchall()]
        staged.add_conflicts(cursor, run.pk, [(row, _at_odds()) for row in outdated])
        cursor.execute(
            "ANALYZE incoming (row, target_id)"
        )  # the joins alone; all columns cost a tenth of the batch
        created, updated, _unchanged = importer.write(cursor)
        cursor.execute("DROP TABLE incoming")
        _note(run, batch, created=created, updated=updated, conflicting=len(outdated))


def _columns_by_heading(fields: tuple[tuple[str, str], ...]) -> str:
    return json.dumps({heading: name for name, heading in fields})


def _hold(run: ImportRun, batch: _Batch) -> None:
    """Lock the run and make sure that the batch is still the next: two workers never write the same."""
    held = (
        ImportRun.objects.select_for_update()
        .filter(pk=run.pk, state=State.WRITING, written_to=batch.after)
        .first()
    )
    if held is None:
        raise JobStopped
    run.written = held.written


def _note(run: ImportRun, batch: _Batch, **written: int) -> None:
    """What the batch did, in its own transaction: in the run and in the audit trail."""
    for name, number in written.items():
        run.written[name] = run.written.get(name, 0) + number
    ImportRun.objects.filter(pk=run.pk).update(written_to=batch.last, written=run.written, touched_at=Now())
    record(
        "import.batch",
        by=run.confirmed_by,
        object_type="import",
        object_id=run.pk,
        data={"kind": run.kind, "from": batch.after + 1, "to": batch.last, **written},
    )


def _write_at_once(run: ImportRun, kind: type[Importer]) -> None:
    """A small kind of file: checked again and written in one transaction, if it does what was previewed."""
    expected = (run.count("new"), run.count("changed"))
    with transaction.atomic():
        if not ImportRun.objects.select_for_update().filter(pk=run.pk, state=State.WRITING).exists():
            raise JobStopped
        summary = run_import(kind, store.path_of(run.stored_name), by=run.confirmed_by)
        if (summary.created, summary.updated) != expected:
            raise PreviewOutdated(
                _(
                    "What is stored changed since the preview. The file is checked again; look at it and confirm."
                )
            )
        run.written = {"created": summary.created, "updated": summary.updated, "conflicting": 0}
        ImportRun.objects.filter(pk=run.pk).update(written=run.written)
        _finish(run)


@transaction.atomic
def _finish(run: ImportRun) -> None:
    done = ImportRun.objects.filter(pk=run.pk, state=State.WRITING).update(
        state=State.DONE, finished_at=timezone.now(), touched_at=Now()
    )
    if not done:
        raise JobStopped
    record(
        f"import.{run.kind}",
        by=run.confirmed_by,
        object_type="import",
        object_id=run.pk,
        data={"file": run.file_name, "sha256": run.sha256, **run.counts, **run.written},
    )


@transaction.atomic
def _check_again(run: ImportRun) -> None:
    if ImportRun.objects.filter(pk=run.pk, state=State.WRITING).update(
        state=State.CHECKING, confirmed_by=None, touched_at=Now()
    ):
        job = runner.enqueue(
            task="employees.check_import",
            title=_("Check %(file)s again") % {"file": run.file_name},
            owner=run.owner,
            params={"run": run.pk},
        )
        ImportRun.objects.filter(pk=run.pk).update(job=job)
