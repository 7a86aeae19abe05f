"""Checking a selection's evidence, and handing out the evidence file."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from audit import log, reading
from audit.errors import Refusal
from employees.models import Unit
from employees.scoping import EVERYWHERE, scope_roots
from invitations import evidence, tasks
from invitations.models import Selection
from invitations.verify import Finding, verify
from jobs import runner
from jobs.models import Job

#: Pools above this are checked by a worker.
AT_ONCE = 5_000


def sees_everybody(user: Any, permission: str) -> bool:
    """Whether the user's scope is the whole ministry: the evidence names everybody who was considered."""
    roots = scope_roots(user, permission)
    return EVERYWHERE in roots or Unit.objects.filter(parent=None, path__in=roots).exists()


@transaction.atomic
def check_evidence(*, selection: Selection, by: Any) -> Finding | Job:
    """Verify a selection: the finding of a small pool at once, the job that verifies a large one."""
    if not selection.evidence_file:
        raise Refusal(_("This selection was never proposed, so there is nothing to verify."), code="state")
    if (selection.pool_size or 0) + sum(selection.excluded.values()) > AT_ONCE:
        job = runner.enqueue(
            task=tasks.verify_evidence.name,
            title=_("Verifying selection %(number)d of %(name)s")
            % {"number": selection.number, "name": selection.training_class},
            owner=by,
            params={"selection": selection.pk},
        )
        job.result_url = f"{reverse('invitations:verified', args=[selection.pk])}?job={job.pk}"
        job.save(update_fields=["result_url"])
        _record(selection, "selection.verify_asked", by, {})
        return job
    finding = verify(selection)
    _record(selection, "selection.verified", by, {"matches": finding.matches})
    return finding


def note_download(*, selection: Selection, by: Any) -> None:
    """Record that the evidence file is handed out, and in the log of reading everybody it names.

    Raises evidence.EvidenceError when the file cannot be read.
    """
    _header, people = evidence.read(selection.evidence_file)
    reading.note(
        reading.Kind.EVIDENCE,
        by=by,
        subjects=[int(person["EMPLOYEE"]) for person in people],
        what=selection.evidence_file,
        object_type="selection",
        object_id=selection.pk,
        filters={"class": selection.training_class.code},
        sha256=selection.evidence_sha256,
    )
    _record(selection, "selection.evidence_download", by, {"sha256": selection.evidence_sha256})


@transaction.atomic
def note_report(*, selection: Selection, kind: str, operator: str, name: str = "", sha256: str = "") -> None:
    """Record that a command hands out everybody considered: an event, and a reading of everybody named.

    Refusal: there is nothing to report yet, or the evidence cannot be read.
    """
    if not selection.evidence_file:
        raise Refusal(_("This selection has not been proposed, so there is nothing to report yet."))
    try:
        _header, people = evidence.read(selection.evidence_file)
        subjects = [int(person["EMPLOYEE"]) for person in people]
    except evidence.EvidenceError as error:
        raise evidence.refusal(error) from error
    reading.note(
        reading.Kind.DOWNLOADED,
        by=None,
        operator=operator,
        subjects=subjects,
        what=name or f"selection_report.{kind}",
        object_type="selection",
        object_id=selection.pk,
        filters={"class": selection.training_class.code},
        sha256=sha256,
    )
    data = {"class": selection.training_class.code, "format": kind, "rows": len(subjects), "sha256": sha256}
    log.record(
        "selection.report",
        by=None,
        operator=operator,
        object_type="selection",
        object_id=selection.pk,
        unit_path=selection.training_class.organiser.path,
        data=data,
    )


def _record(selection: Selection, verb: str, by: Any, data: dict[str, Any]) -> None:
    log.record(
        verb,
        by=by,
        object_type="selection",
        object_id=selection.pk,
        unit_path=selection.training_class.organiser.path,
        data={"class": selection.training_class.code, **data},
    )
