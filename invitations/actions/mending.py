"""Messages that did not arrive: the unit mends the person's address, and they are sent again."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.roles import Permission
from audit.errors import Refusal
from employees.actions import change_address
from invitations.models import Invitation
from invitations.undelivered import undelivered
from outbox import actions as outbox
from outbox.models import Message


@transaction.atomic
def mend(*, message: Message, address: str, by: Any) -> int:
    """Put a person's address right and send again what did not arrive; returns how many messages wait.

    The new address is kept with the person for the messages to come. The old address again means that it
    is in order. Refusal: not an address, or the message is not in the unit's care (any more).
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
    same_person = mine.filter(pk=message.pk)
    invitation = None
    if message.about_type == "invitation":
        invitation = (
            Invitation.objects.select_related("employee__unit").filter(pk=message.about_id or 0).first()
        )
    if invitation is not None:
        own = Invitation.objects.filter(employee=invitation.employee).values("pk")
        same_person = mine.about("invitation", own)
        if invitation.employee.email != address:
            change_address(employee=invitation.employee, address=address, by=by)
    outbox.mend_address(address=address, by=by)
    return sum(outbox.retry(message=one, by=by, address=address) for one in same_person)
