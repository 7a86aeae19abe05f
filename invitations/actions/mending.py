"""Messages that did not arrive: the unit mends the person's address, and they are sent again."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.roles import Permission
from audit.errors import Refusal
from employees.actions import change_address
from employees.models import Employee
from invitations.models import Invitation
from invitations.undelivered import undelivered
from outbox import actions as outbox
from outbox import reasons, rendering
from outbox.models import Message


@transaction.atomic
def mend(*, message: Message, address: str, by: Any) -> int:
    """Put a person's address right and send again what did not arrive; returns how many messages wait.

    The new address is kept with the person for the messages to come. The old address again means that it
    is in order. A code for a password is not sent again: whoever types the address would choose who reads it;
    the person asks for another one.

    Refusal: not an address, the message is not in the unit's care (any more), or the address is that of an
    account that sees other people.
    """
    address = address.strip()
    try:
        validate_email(address)
        address.encode("ascii")
    except (ValidationError, UnicodeError) as error:
        raise Refusal(_("This is not an e-mail address. Write it as name@domain."), code="address") from error
    mine = undelivered(by, Permission.ANSWER_FOR_OTHERS)
    if not mine.filter(pk=message.pk).exists():
        raise Refusal(_("This message no longer waits for an address."), code="state")
    if rendering.has_secrets(message.kind):
        person = Employee.objects.select_related("unit", "user").filter(user=message.recipient_id).first()
        if person is not None and person.email != address:
            change_address(employee=person, address=address, by=by)
        outbox.mend_address(address=address, by=by)
        outbox.give_up(message=message, by=by, reason=reasons.NOT_WANTED)
        return 0
    same_person = mine.filter(pk=message.pk)
    invitation = None
    if message.about_type == "invitation":
        invitation = (
            Invitation.objects.select_related("employee__unit", "employee__user")
            .filter(pk=message.about_id or 0)
            .first()
        )
    if invitation is not None:
        own = Invitation.objects.filter(employee=invitation.employee).values("pk")
        same_person = mine.about("invitation", own)
        if invitation.employee.email != address:
            change_address(employee=invitation.employee, address=address, by=by)
    outbox.mend_address(address=address, by=by)
    return sum(outbox.retry(message=one, by=by, address=address) for one in same_person)
