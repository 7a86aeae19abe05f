"""Helping somebody back in: a code for a new password, and taking a lost second factor off.

Either could be misused by whoever does it, so both tell the person by mail and stand in the audit trail.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import codes, notices
from accounts.models import OneTimeCode, User
from audit import log
from audit.errors import Refusal
from employees.granting.actions import refuse_beyond


@transaction.atomic
def hand_out_code(*, user: User, by: Any) -> str:
    """A code for a new password of the account, to be given to the person; its digits.

    Refusal: to oneself, an account that is switched off, or one beyond the administrator's units.
    """
    _refuse(user, by)
    _code, digits = codes.make(user, OneTimeCode.Way.HAND, by=by)
    notices.send(user, "code_handed_out", address="")
    log.record("account.code_handed_out", by=by, object_type="user", object_id=user.pk)
    return digits


@transaction.atomic
def take_off_second_factor(*, user: User, by: Any) -> int:
    """Remove authenticator app, passkeys and recovery codes and end the sessions; how many were removed.

    Whoever needs a second factor sets a new one up at the next sign-in. Refusal: as for a code, or there is none.
    """
    _refuse(user, by)
    removed, _details = Authenticator.objects.filter(user=user).delete()
    if not removed:
        raise Refusal(_("This account has no second factor."), code="none")
    for session in UserSession.objects.filter(user=user):
        session.end()
    notices.send(user, "second_factor_reset", address="")
    log.record(
        "account.second_factor_reset",
        by=by,
        object_type="user",
        object_id=user.pk,
        data={"removed": removed},
    )
    return removed


def _refuse(user: User, by: Any) -> None:
    if user.pk == by.pk:
        raise Refusal(_("This is your own account. Use the page “My account”, or ask another administrator."))
    refuse_beyond(user=user, by=by)
    if not user.is_active:
        raise Refusal(_("This account is switched off. Switch it on first."), code="inactive")
