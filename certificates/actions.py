"""What a person does to certificates. Keyword-only, `by=` the person acting."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from audit import reading
from audit.errors import Refusal
from certificates import logos, rendering
from certificates.delivery import issuing
from certificates.models import Certificate, CertificateTemplate, CertificateVersion
from certificates.samples import sample_document
from certificates.texts import Texts
from employees.models import Unit
from jobs import runner
from jobs.models import Job
from trainings import trail
from trainings.actions.guards import check_planner
from trainings.models import HistoryRecord, TrainingClass
from trainings.papers.texts import check_organiser, save_version

State = CertificateVersion.State


@transaction.atomic
def issue_for_class(
    *, training_class: TrainingClass, records: Iterable[HistoryRecord], by: Any, again: bool = False
) -> list[Certificate]:
    """Number and freeze a certificate for each of these records that took part and has none; returns them.

    Made to be called inside the transaction that completes the class: a completion that fails gives the
    numbers back. Repeated, it issues nothing new and makes papers agree with corrected records. Whoever
    completes a class has been checked by then; `by` None is the portal itself. `again`: their result says
    now that they took part, and did not before, so that a paper revoked for it comes back.
    """
    return issuing.issue(training_class, records, by, again=again)


@transaction.atomic
def issue_missing(*, training_class: TrainingClass, by: Any) -> list[Certificate]:
    """Certificates for the records of a class that have none yet, such as those of an import; returns them.

    Refusal when the person does not plan for the organiser, or nobody of the class took part.
    """
    check_planner(training_class, by)
    records = list(HistoryRecord.objects.took_part().filter(training_class=training_class))
    if not records:
        raise Refusal(
            _("Nobody of this class has taken part by its results; there is nothing to certify."),
            code="records",
        )
    return issuing.issue(training_class, records, by)


@transaction.atomic
def revoke(*, certificate: Certificate, by: Any, reason: str) -> CertificateVersion:
    """End the valid paper of a certificate with a reason; it stays on record, and its address answers."""
    reason = _reason(reason, _("Say why the certificate is revoked."))
    certificate = _lock(certificate, by)
    latest = certificate.latest
    if latest.state != State.VALID:
        raise Refusal(_("This certificate is not valid any more; there is nothing to revoke."), code="state")
    issuing.end(latest, State.REVOKED, by=by, because=reason)
    return latest


@transaction.atomic
def reissue(*, certificate: Certificate, by: Any, reason: str) -> CertificateVersion:
    """A new version from what is on record now, under the same number; the one before ends as replaced.

    Refusal without a reason, for a stranger, and when the record says that the person did not take part.
    """
    reason = _reason(reason, _("Say why the certificate is issued anew."))
    certificate = _lock(certificate, by)
    record = HistoryRecord.objects.select_related(
        "employee__unit", "training_class__programme", "training_class__organiser"
    ).get(pk=certificate.record_id)
    if record.result not in ("LULUS", "HADIR"):
        raise Refusal(
            _("By the record this person did not take part; there is nothing to certify."), code="result"
        )
    return issuing.reissue(certificate, record, by=by, because=reason)


def _reason(reason: str, missing: str) -> str:
    if not reason.strip():
        raise Refusal(missing, code="reason")
    return reason.strip()[:500]


def _lock(certificate: Certificate, by: Any) -> Certificate:
    training_class = TrainingClass.objects.select_for_update(no_key=True).get(
        pk=certificate.training_class_id
    )
    check_planner(training_class, by)
    return (
        Certificate.objects.select_related("training_class__organiser", "organiser")
        .with_versions()
        .get(pk=certificate.pk)
    )


@transaction.atomic
def prepare_zip(*, training_class: TrainingClass, by: Any) -> Job:
    """A job that sets the class's certificates and their ZIP."""
    check_planner(training_class, by)
    return runner.enqueue(
        task="certificates.zip_class",
        title=_("Certificates of %(class)s") % {"class": training_class},
        owner=by,
        params={"training_class": training_class.pk},
        result_url=reverse("certificates:class", args=[training_class.pk]),
    )


@transaction.atomic
def save_texts(*, organiser: Unit, texts: Texts, by: Any, logo: bytes | None = None) -> CertificateTemplate:
    """Store a new version of an organiser's texts and layout; papers that were made keep theirs.

    `logo` is an uploaded picture (PNG or JPEG). Texts equal to those in force make no new version. Refusal
    when the person does not plan for the organiser, and for what is no picture.
    """
    check_organiser(organiser, by)
    if logo is not None:
        texts = logos.with_logo(texts, logo)
    return save_version(
        organiser.certificate_templates, texts=texts, organiser=organiser, by=by, verb="certificate.template"
    )


def sample(*, organiser: Unit, texts: Texts, on: date, logo: bytes | None = None) -> bytes:
    """A certificate with these texts for somebody made up, marked as a preview and without a number.

    `logo` is an uploaded picture that is not stored yet. Refusal for what is no picture.
    """
    picture = logos.plain_png(logo) if logo is not None else rendering.logo_of(texts.logo)
    data = sample_document(organiser, texts, on)
    return rendering.pdf_of(data | ({"logo": "preview"} if logo is not None else {}), logo=picture)


def record_download(
    *, versions: Sequence[CertificateVersion], training_class: TrainingClass, by: Any, name: str, sha256: str
) -> None:
    """Note who took which certificates, before the first byte leaves: the event `certificate.download`, and
    in the log of reading whose they are. One's own is no reading by somebody.
    """
    people = [
        pk
        for pk, user in Certificate.objects.filter(versions__in=versions).values_list(
            "record__employee", "record__employee__user"
        )
        if user != by.pk
    ]
    if people:
        reading.note(
            reading.Kind.DOWNLOADED,
            by=by,
            subjects=people,
            what=name,
            object_type="class",
            object_id=training_class.pk,
            filters={"class": training_class.code},
            row_count=len(versions),
            sha256=sha256,
        )
    trail.record("certificate.download", training_class, by, {
        "file": name, "certificates": len(versions), "first": versions[0].certificate.number, "sha256": sha256,
    })  # fmt: skip
