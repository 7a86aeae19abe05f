"""What people do to an import: upload, decide, confirm, stop, go on, discard. Keyword-only, `by=`."""

import hashlib
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.errors import Refusal
from audit.log import record
from employees.codes import Activity
from employees.importing import cleaning, named, staged, store
from employees.importing.authority import may_import
from employees.importing.importer import Faults
from employees.importing.models import ImportKind, ImportRun
from employees.importing.registry import importer_for
from employees.importing.staged import Outcome, missing_table, rows_table
from employees.importing.staging import Stage
from jobs import runner

State = ImportRun.State
#: Above this many rows their number must be typed before they are written.
TYPED_ABOVE = 100

SAME, OTHER = "same", "other"


def upload(*, kind: str, file: Any, by: Any) -> ImportRun:
    """Keep an uploaded file and have it checked in the background; return the run.

    Refusal: no right to import, too large, neither CSV nor XLSX.
    """
    _refuse_others(by)
    name = store.save(file)
    try:
        with transaction.atomic():
            run = ImportRun.objects.create(
                kind=kind, owner=by, file_name=_file_name(file.name), stored_name=name, size=file.size
            )
            _start(run, "employees.check_import", _("Check %(file)s"), by)
            _record(run, "uploaded", by)
    except BaseException:
        store.remove(name)
        raise
    return run


def confirm(*, run: ImportRun, by: Any, typed: int | None = None) -> ImportRun:
    """Have the previewed rows written in the background; return the run.

    `typed`: the number of rows to be written, needed above TYPED_ABOVE and for a run that stopped by
    itself. Refusal: not waiting for a decision, nothing to write, the number is not that of the preview.
    """
    _refuse_others(by)
    with transaction.atomic():
        locked = _locked(run)
        if not locked.decidable:
            raise Refusal(_("This import no longer waits for a decision."), code="state")
        if not locked.to_write:
            raise Refusal(_("There is nothing to write: no row is new or changed."), code="nothing")
        if must_type(locked) and typed != locked.to_write:
            raise Refusal(
                _("%(n)d rows would be written. Type this number to confirm.") % {"n": locked.to_write},
                code="typed",
            )
        locked.state, locked.confirmed_by = State.WRITING, by
        locked.save(update_fields=["state", "confirmed_by"])
        _start(locked, "employees.write_import", _("Import %(file)s"), by)
        _record(locked, "confirmed", by, {"rows": locked.to_write, "matched_percent": locked.matched_percent})
    return locked


def must_type(run: ImportRun) -> bool:
    """Whether the number of rows has to be typed to confirm."""
    return run.state == State.HALTED or run.to_write > TYPED_ABOVE


def stop(*, run: ImportRun, by: Any) -> ImportRun:
    """Stop checking (the import is discarded) or writing (batches that are in stay, it can go on)."""
    _refuse_others(by)
    with transaction.atomic():
        locked = _locked(run)
        if locked.state not in (State.CHECKING, State.WRITING):
            raise Refusal(_("There is nothing to stop: the work has ended."), code="state")
        if locked.job_id:
            runner.stop(locked.job_id)
        locked.state = State.STOPPED if locked.state == State.WRITING else State.DISCARDED
        locked.save(update_fields=["state"])
        _record(locked, "stopped", by, {"written_to": locked.written_to})
    return locked


def resume(*, run: ImportRun, by: Any) -> ImportRun:
    """Go on with an import that was stopped, or whose job failed, behind the last batch that is in."""
    _refuse_others(by)
    with transaction.atomic():
        locked = _locked(run)
        failed = locked.state == State.WRITING and (locked.job is None or locked.job.finished)
        if locked.state != State.STOPPED and not failed:
            raise Refusal(_("Only a stopped import can go on."), code="state")
        locked.state = State.WRITING
        locked.save(update_fields=["state"])
        _start(locked, "employees.write_import", _("Import %(file)s"), by)
        _record(locked, "resumed", by, {"written_to": locked.written_to})
    return locked


def discard(*, run: ImportRun, by: Any) -> None:
    """Put an import away: its file and prepared rows are removed, what was written stays."""
    _refuse_others(by)
    with transaction.atomic():
        locked = _locked(run)
        busy = locked.state in (State.CHECKING, State.WRITING) and locked.job and not locked.job.finished
        if busy:
            raise Refusal(_("Stop the work first."), code="state")
        if locked.state != State.DONE:
            locked.state = State.DISCARDED
            locked.save(update_fields=["state"])
        _record(locked, "discarded", by)
    cleaning.forget(locked)


def decide(*, run: ImportRun, row: int, decision: str, by: Any) -> ImportRun:
    """Say of a row that it is about the stored person it resembles (SAME) or about somebody new (OTHER).

    Can be changed until the import is confirmed. Refusal: not waiting for decisions, or no such row.
    """
    _refuse_others(by)
    with transaction.atomic(), connection.cursor() as cursor:
        locked = _locked(run)
        if not locked.decidable or decision not in (SAME, OTHER):
            raise Refusal(_("This import no longer waits for a decision."), code="state")
        table = rows_table(locked.pk)
        cursor.execute(
            f"""
            UPDATE {table} i SET decision = %s, id = CASE WHEN %s THEN twin_id END,
                target_id = CASE WHEN %s THEN twin_id END, outcome = CASE WHEN %s THEN 'changed' ELSE 'new' END,
                changes = NULL
            WHERE row = %s AND twin_id IS NOT NULL
                -- One stored person is one row's alone.
                AND NOT (%s AND EXISTS (SELECT 1 FROM {table} o WHERE o.target_id = i.twin_id AND o.row <> i.row))
            RETURNING row
            """,
            [decision, *[decision == SAME] * 3, row, decision == SAME],
        )
        if cursor.fetchone() is None:
            raise Refusal(_("Another row is already about this person."), code="row")
        # An empty number never erases the stored one; somebody new has what the file gave alone.
        cursor.execute(
            f"""
            UPDATE {table} i SET nip = COALESCE(i.given ->> 'nip', e.nip),
                external_id = COALESCE(i.given ->> 'external_id', e.external_id)
            FROM {table} x LEFT JOIN employees_employee e ON e.id = x.target_id
            WHERE x.row = i.row AND i.row = %s
            """,
            [row],
        )
        kind = importer_for(locked.kind)
        importer = kind(present=frozenset(locked.present), faults=Faults(), stage=Stage(()))
        staged.note_changes(cursor, locked.pk, importer.comparison(), row)
        repeated = locked.counts.get("unchanged", 0)
        locked.counts = {"read": locked.count("read"), **staged.outcome_counts(cursor, locked.pk)}
        locked.counts["unchanged"] = repeated
        locked.save(update_fields=["counts"])
        ImportRun.objects.filter(pk=locked.pk).update(touched_at=Now())
        _record(locked, "decided", by, {"row": row, "decision": decision})
    return locked


def set_missing_activity(*, run: ImportRun, activity: str, typed: int, by: Any) -> int:
    """Change KEAKTIFAN of the people in service whom a written file does not name; return how many.

    Never done by the import itself. `typed`: the number of people, as the run counts them. People who got
    a row since are left alone. Refusal: not written yet, no such code, the number is not the run's.
    """
    _refuse_others(by)
    with transaction.atomic(), connection.cursor() as cursor:
        locked = _locked(run)
        if locked.kind != ImportKind.EMPLOYEES or locked.state != State.DONE or not locked.files_kept:
            raise Refusal(_("This can be done once the file is written."), code="state")
        if activity not in Activity.values or activity == Activity.AKTIF:
            raise Refusal(_("Choose what these people are now."), code="activity")
        if typed != locked.count(Outcome.MISSING):
            raise Refusal(
                _("%(n)d people are missing from the file. Type this number to confirm.")
                % {"n": locked.count(Outcome.MISSING)},
                code="typed",
            )
        cursor.execute(
            f"""
            WITH gone AS (DELETE FROM {missing_table(locked.pk)} RETURNING id)
            UPDATE employees_employee e SET activity = %s FROM gone
            WHERE e.id = gone.id AND e.activity = 'AKTIF' AND e.merged_into_id IS NULL
            """,
            [activity],
        )
        changed = cursor.rowcount
        locked.counts["missing"] = 0
        locked.save(update_fields=["counts"])
        _record(locked, "missing_changed", by, {"activity": activity, "people": changed})
    return changed


@transaction.atomic
def note_downloaded(*, run: ImportRun, path: Path, ending: str, by: Any) -> str:
    """Record that somebody downloads the rows to mend (in the trail, and whose they are in the log of reading);
    returns the file's name without its ending, marked with who and when.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    _record(run, "errors_downloaded", by, {"format": ending, "sha256": sha256})
    return named.note_file(run=run, ending=ending, sha256=sha256, by=by)


# --- Inside ----------------------------------------------------------------------------------------


def _refuse_others(by: Any) -> None:
    if not may_import(by):
        raise Refusal(_("Files are imported by central planners of the whole ministry."), code="permission")


def _locked(run: ImportRun) -> ImportRun:
    return ImportRun.objects.select_for_update(of=("self",)).select_related("job", "owner").get(pk=run.pk)


def _start(run: ImportRun, task: str, title: str, by: Any) -> None:
    job = runner.enqueue(
        task=task, title=(title % {"file": run.file_name})[:200], owner=by, params={"run": run.pk}
    )
    job.result_url = reverse("employees:import", args=[run.pk])
    job.save(update_fields=["result_url"])
    ImportRun.objects.filter(pk=run.pk).update(job=job, touched_at=Now())
    run.job = job


def _file_name(name: str) -> str:
    """The name of the file alone, without a path and without signs that no name needs."""
    last = str(name).replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable())[-200:] or "?"


def _record(run: ImportRun, step: str, by: Any, data: dict[str, Any] | None = None) -> None:
    record(
        f"import.{step}",
        by=by,
        object_type="import",
        object_id=run.pk,
        data={"kind": run.kind, "file": run.file_name, **(data or {})},
    )
