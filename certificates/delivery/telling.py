"""The one message that brings a certificate to its holder."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from certificates.models import Certificate, CertificateVersion
from outbox import rendering
from outbox.models import Message
from trainings.models import TrainingClass

KIND = "certificate_issued"
#: Rows written by one statement.
_ROWS = 500


def register() -> None:
    """Tell the outbox when such a message is still wanted; called once when the portal starts."""
    rendering.register(KIND, still_wanted=still_wanted)


def still_wanted(kind: str, context: dict[str, Any], about_id: int | None) -> bool:
    """Whether the certificate still has a valid paper when the message's time has come."""
    return CertificateVersion.objects.valid().filter(certificate=about_id).exists()


def tell(training_class: TrainingClass, certificates: Sequence[Certificate]) -> None:
    """One message for each new certificate, in the transaction that issues them.

    The key names the certificate: the database refuses a second message about it. A paper that is replaced
    keeps number and address, so nothing is sent again.
    """
    organiser = training_class.organiser
    messages = []
    for certificate in certificates:
        person = certificate.record.employee
        messages.append(
            Message(
                key=f"certificate:{certificate.pk}:issued",
                kind=KIND,
                recipient_id=person.user_id,
                to_name=person.full_name[:200],  # titles included it may be longer; the text has it whole
                to_address=person.email,
                unit_path=person.unit.path,
                about_type="certificate",
                about_id=certificate.pk,
                language=person.user.language if person.user else "id",
                state=Message.State.PENDING if person.email else Message.State.NO_ADDRESS,
                context={
                    "name": person.full_name,
                    "class_name": str(training_class),
                    "programme": training_class.programme.name,
                    "batch": training_class.batch,
                    "first_day": certificate.record.first_day.isoformat(),
                    "last_day": certificate.record.last_day.isoformat(),
                    "place": training_class.place,
                    "zone": organiser.time_zone,
                    "organiser": organiser.name,
                    "number": certificate.number,
                    "url_path": reverse("certificates:own_pdf", args=[certificate.pk]),
                },
            )
        )
    Message.objects.bulk_create(messages, batch_size=_ROWS)
