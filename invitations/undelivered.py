"""Messages that did not arrive, as far as they concern the people somebody looks after."""

from typing import Any

from accounts import notices
from accounts.roles import Permission
from employees.scoping import scope_roots, within
from outbox.models import Message
from outbox.querysets import MessageQuerySet


def undelivered(user: Any, permission: str = Permission.SEE_SELECTIONS) -> MessageQuerySet:
    """Failed messages and those without an address, to people in the user's scope.

    Not those about a change to somebody's sign-in: they are their reader's alone, who finds them in the portal.
    """
    failed = Message.objects.undelivered().exclude(kind=notices.KIND)
    return failed.filter(within(scope_roots(user, permission), "unit_path"))
