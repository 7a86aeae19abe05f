"""Mails about changes to somebody's sign-in, so that the person notices what they did not do."""

import uuid
from typing import Any

from django.utils import timezone

from outbox.models import Message

KIND = "security_notice"
#: What is told; allauth's names of its events, and the portal's own; the templates of the mail know each.
EVENTS = frozenset(
    {
        "password_changed", "password_set", "totp_activated", "totp_deactivated", "webauthn_added", "webauthn_removed",
        "recovery_codes_generated", "code_handed_out", "second_factor_reset", "address_changed",
    }
)  # fmt: skip


def send(user: Any, event: str, *, address: str, to: str | None = None) -> None:
    """Write the notice into the outbox; without an address on record it is read in the portal only.

    `address` is where it was done from; `to` another mail address than the one on record (the one before).
    """
    if event not in EVENTS:
        raise ValueError(event)
    person = getattr(user, "employee", None)
    to_address = to if to is not None else (person.email if person else "") or user.email
    Message.objects.create(
        key=f"security:{user.pk}:{uuid.uuid4().hex}",
        kind=KIND,
        recipient=user,
        to_name=user.get_full_name(),
        to_address=to_address,
        state=Message.State.PENDING if to_address else Message.State.NO_ADDRESS,
        unit_path=person.unit.path if person else "",
        language=user.language,
        context={
            "name": user.get_full_name(),
            "event": event,
            "address": address,
            "at": timezone.localtime().strftime("%d-%m-%Y %H:%M"),
        },
    )
