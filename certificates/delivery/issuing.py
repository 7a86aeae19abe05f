"""Giving certificates to the records of a class, and new versions to certificates. Plain functions, no roles.

Everything here runs inside the caller's transaction.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import Refusal
from certificates import signing
from certificates.content import Reference, SignedBy, Subject, document, outdated
from certificates.delivery import telling
from certificates.delivery.curriculum import subjects_of
from certificates.models import Certificate, CertificateTemplate, CertificateVersion, NumberSeries
from certificates.texts import Texts, texts_of
from employees.models import Unit
from trainings import trail
from trainings.codes import TOOK_PART
from trainings.models import HistoryRecord, TrainingClass
from trainings.papers import numbering

State = CertificateVersion.State
#: Bytes of chance in the address of a public page.
_RANDOM_BYTES = 16
#: Rows written by one statement.
_ROWS = 500


def issue(
    training_class: TrainingClass, records: Iterable[HistoryRecord], by: Any, *, again: bool = False
) -> list[Certificate]:
    """Certificates for those of these records that took part and have none; returns the new ones.

    Where a record has one already it stays, unless the record says something else by now: then the paper
    is replaced, or revoked when the person did not take part after all. Doing it again changes nothing, and
    brings back nothing that was revoked, unless `again` says that they take part now and did not before.
    """
    TrainingClass.objects.select_for_update(no_key=True).get(pk=training_class.pk)
    given = {record.pk for record in records if record.training_class_id == training_class.pk}
    found = list(
        HistoryRecord.objects.filter(pk__in=given)
        .select_related(
            "employee__unit", "employee__user", "training_class__programme", "training_class__organiser"
        )
        .order_by("employee__name", "employee_id")
    )
    held = {c.record_id: c for c in Certificate.objects.filter(record__in=given).with_versions()}
    for record in found:
        if certificate := held.get(record.pk):
            _follow(certificate, record, by, again)
    fresh = [record for record in found if record.pk not in held and record.result in TOOK_PART]
    return _issue(training_class, fresh, by) if fresh else []


def _follow(certificate: Certificate, record: HistoryRecord, by: Any, again: bool) -> None:
    """Make the certificate's paper agree with a record that was corrected."""
    latest = certificate.latest
    valid, took_part = latest.state == State.VALID, record.result in TOOK_PART
    if valid and not took_part:
        end(latest, State.REVOKED, by=by, because=_("The result was corrected."))
    elif took_part and ((valid and outdated(latest.data, record)) or (again and not valid)):
        reissue(certificate, record, by=by, because=_("The training record was corrected."))


def _issue(training_class: TrainingClass, records: Sequence[HistoryRecord], by: Any) -> list[Certificate]:
    organiser, today = training_class.organiser, timezone.localdate()
    texts, template = texts_of(organiser)
    numbers = numbering.take(
        NumberSeries, organiser_id=organiser.pk, year=today.year, count=len(records), first=texts.series_first
    )
    certificates = [
        Certificate(
            record=record,
            training_class=training_class,
            organiser=organiser,
            year=today.year,
            seq=seq,
            number=texts.pattern.number(seq, today),
        )
        for seq, record in zip(numbers, records, strict=True)
    ]
    _refuse_taken(certificates)
    Certificate.objects.bulk_create(certificates, batch_size=_ROWS)
    signed_by, subjects = signer_of(organiser), subjects_of(training_class)
    CertificateVersion.objects.bulk_create(
        (
            _version(certificate, record, texts, template, signed_by, subjects, today, by)
            for certificate, record in zip(certificates, records, strict=True)
        ),
        batch_size=_ROWS,
    )
    for certificate, record in zip(certificates, records, strict=True):
        record.certificate_number = certificate.number
    HistoryRecord.objects.bulk_update(records, ["certificate_number"], batch_size=_ROWS)
    telling.tell(training_class, certificates)
    trail.record("certificate.issued", training_class, by, {
        "count": len(certificates), "first": certificates[0].number, "last": certificates[-1].number,
        "template": template.version if template else 0,
    })  # fmt: skip
    return certificates


def signer_of(organiser: Unit) -> SignedBy | None:
    """Whose electronic certificate the organiser's papers are signed with; None: they are not."""
    signer = signing.signer_for(organiser)
    return signer.signed_by() if signer else None


def _version(
    certificate: Certificate,
    record: HistoryRecord,
    texts: Texts,
    template: CertificateTemplate | None,
    signed_by: SignedBy | None,
    subjects: Sequence[Subject],
    today: date,
    by: Any,
    *,
    number: int = 1,
    replaces: date | None = None,
    because: str = "",
) -> CertificateVersion:
    reference = Reference(
        certificate.number, today, secrets.token_urlsafe(_RANDOM_BYTES), version=number, replaces=replaces
    )
    return CertificateVersion(
        certificate=certificate,
        version=number,
        public_id=reference.public_id,
        dated=today,
        template=template,
        data=document(
            record=record, texts=texts, reference=reference, signed_by=signed_by, subjects=subjects
        ),
        because=because,
        made_by=by,
    )


def _refuse_taken(certificates: Sequence[Certificate]) -> None:
    taken = (
        Certificate.objects.alias(in_capitals=Upper("number"))
        .filter(in_capitals__in=[c.number.upper() for c in certificates])
        .values_list("number", flat=True)
        .first()
    )
    if taken:
        raise Refusal(
            _(
                "Another organiser has a certificate with the number %(number)s. Give your certificates a code of their own in the certificate template."
            )
            % {"number": taken},
            code="number",
        )


def reissue(certificate: Certificate, record: HistoryRecord, *, by: Any, because: str) -> CertificateVersion:
    """A new version from the record, the template and the signer of today, under the same number.

    The version before ends as replaced (one that is revoked stays so). The certificate is locked.
    """
    latest = certificate.latest
    organiser, today = certificate.organiser, timezone.localdate()
    if latest.state == State.VALID:
        end(latest, State.REPLACED, by=by, because=because)
    texts, template = texts_of(organiser)
    version = _version(
        certificate, record, texts, template, signer_of(organiser), subjects_of(certificate.training_class),
        today, by, number=latest.version + 1, replaces=latest.dated, because=because,
    )  # fmt: skip
    version.save()
    _record_version("certificate.reissued", certificate, version, by, because)
    return version


def end(version: CertificateVersion, state: str, *, by: Any, because: str) -> None:
    """End a valid paper: replaced or revoked, with a reason."""
    version.state, version.ended_at = state, timezone.now()
    version.ended_by, version.ended_because = by, because
    version.save(update_fields=["state", "ended_at", "ended_by", "ended_because"])
    if state == State.REVOKED:
        _record_version("certificate.revoked", version.certificate, version, by, because)


def _record_version(
    verb: str, certificate: Certificate, version: CertificateVersion, by: Any, because: str
) -> None:
    data = {"number": certificate.number, "version": version.version, "because": because}
    trail.record(verb, certificate.training_class, by, data)
