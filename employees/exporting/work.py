"""The job of one export: rows in the owner's scope of the moment, the file, the traces."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import QueryDict
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.access import holds
from audit import log, reading
from audit.errors import Refusal
from audit.marks import Mark
from employees.exporting import files, lists
from employees.scoping import scope_roots
from jobs import runner
from jobs.models import Job


def run(job: Job) -> dict[str, Any]:
    """Write the export that the job's params name; returns rows, SHA-256 and the file's name.

    Who lost the permission meanwhile gets a Refusal, whose scope became smaller the smaller file. The event
    `list.export` and the log of reading are written before the file can be downloaded. Safe to repeat: the
    file of a run that was killed is written anew.
    """
    exported, fmt, owner = lists.find(job.params["list"]), job.params["format"], job.owner
    if exported is None or fmt not in files.WRITERS:
        raise Refusal(_("This list cannot be exported (any more)."), code="list")
    if owner is None or not holds(owner, exported.permission):
        raise Refusal(_("You may not export this list (any more)."), code="permission")
    with translation.override(owner.language):
        content = exported.build(owner, QueryDict(job.params["query"]))
    settings.RESULTS_DIR.mkdir(parents=True, exist_ok=True)
    name = f"{slugify(f'{exported.name} {Mark.of(owner).name_part} {job.pk}')}.{fmt}"
    partial = settings.RESULTS_DIR / f"{name}.partial"
    with files.snapshot() as read:
        written = files.WRITERS[fmt](
            read,
            content.rows,
            content.columns,
            partial,
            lambda done, total: runner.progress(job, done=done, total=total),
        )
        with transaction.atomic():
            _record(job, exported, content, written, name, read)
    partial.replace(settings.RESULTS_DIR / name)
    scope = scope_roots(owner, exported.permission)
    return {"rows": written.rows, "sha256": written.sha256, "file": name, "scope": scope}


def may_fetch(job: Job) -> bool:
    """Whether the owner still sees everything that the file was made from: whoever lost a role, or a part of its
    reach, does not fetch yesterday's copy of it.
    """
    exported, owner = lists.find(job.params["list"]), job.owner
    if exported is None or owner is None or not holds(owner, exported.permission):
        return False
    held = scope_roots(owner, exported.permission)
    return all(any(path.startswith(root) for root in held) for path in job.result.get("scope", []))


def _record(
    job: Job,
    exported: lists.ListExport,
    content: lists.Exported,
    written: files.Written,
    name: str,
    read: files.Snapshot,
) -> None:
    log.record(
        "list.export",
        by=job.owner,
        object_type="list",
        object_id=exported.name,
        data={
            "filters": content.filters,
            "format": job.params["format"],
            "rows": written.rows,
            "sha256": written.sha256,
        },
    )
    if content.person is None:
        return
    # In parts: one row with two million keys would have to be held in memory.
    for part, keys in enumerate(read.keys(content.rows, content.person), 1):
        reading.note(
            reading.Kind.DOWNLOADED,
            by=job.owner,
            subjects=keys,
            what=name,
            object_type="export",
            object_id=job.pk,
            filters=content.filters | {"part": str(part)},
            row_count=written.rows if part == 1 else 0,
            sha256=written.sha256,
        )
