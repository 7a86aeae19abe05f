"""What a person does to certificates. Keyword-only, `by=` the person acting."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.roles import Permission
from audit import log, reading
from audit.errors import Refusal
from certificates import logos, rendering
from certificates.delivery import issuing
from certificates.models import Certificate, CertificateTemplate, CertificateVersion
from certificates.samples import sample_document
from certificates.texts import Texts, from_json
from employees.models import Unit
from employees.scoping import scope_roots
from jobs import runner
from jobs.models import Job
from trainings.models import HistoryRecord, TrainingClass

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
    _check_planner(training_class, by)
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
    _check_planner(training_class, by)
    return (
        Certificate.objects.select_related("training_class__organiser", "organiser")
        .with_versions()
        .get(pk=certificate.pk)
    )


@transaction.atomic
def prepare_zip(*, training_class: TrainingClass, by: Any) -> Job:
    """A job that sets the class's certificates and their ZIP."""
    _check_planner(training_class, by)
    job = runner.enqueue(
        task="certificates.zip_class",
        title=_("Certificates of %(class)s") % {"class": training_class},
        owner=by,
        params={"training_class": training_class.pk},
    )
    job.result_url = reverse("certificates:class", args=[training_class.pk])
    job.save(update_fields=["result_url"])
    return job


@transaction.atomic
def save_texts(*, organiser: Unit, texts: Texts, by: Any, logo: bytes | None = None) -> CertificateTemplate:
    """Store a new version of an organiser's texts and layout; papers that were made keep theirs.

    `logo` is an uploaded picture (PNG or JPEG). Texts equal to those in force make no new version. Refusal
    when the person does not plan for the organiser, and for what is no picture.
    """
    if not Unit.objects.organising_for(by).filter(pk=organiser.pk).exists():
        raise Refusal(_("You do not plan the classes of this organiser."), code="permission")
    if logo is not None:
        texts = logos.with_logo(texts, logo)
    latest = organiser.certificate_templates.order_by("-version").first()
    if latest and from_json(latest.texts, organiser) == texts:
        return latest
    try:
        with transaction.atomic():
            template = CertificateTemplate.objects.create(
                organiser=organiser,
                version=latest.version + 1 if latest else 1,
                texts=texts.as_json(),
                made_by=by,
            )
    except IntegrityError as error:
        raise Refusal(
            _("Somebody else has just changed these texts. Reload the page and look again.")
        ) from error
    log.record(
        "certificate.template",
        by=by,
        object_type="unit",
        object_id=organiser.pk,
        unit_path=organiser.path,
        data={"organiser": organiser.code, "version": template.version},
    )
    return template


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
    log.record(
        "certificate.download",
        by=by,
        object_type="class",
        object_id=training_class.pk,
        unit_path=training_class.organiser.path,
        data={
            "class": training_class.code,
            "file": name,
            "certificates": len(versions),
            "first": versions[0].certificate.number,
            "sha256": sha256,
        },
    )


def _check_planner(training_class: TrainingClass, by: Any) -> None:
    planned = TrainingClass.objects.plannable_by(by).filter(pk=training_class.pk)
    if not scope_roots(by, Permission.PLAN_CLASSES) or not planned.exists():
        raise Refusal(_("You do not plan the classes of this organiser."), code="permission")
