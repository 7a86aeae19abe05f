"""Who must show a second factor, and whether this session did.

The gate is part of every view's declared access (accounts/access.py). It asks the session, not only the
account: a session that was opened before the factor was set up, or by a way that never asked for it, does
not pass.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from accounts.roles import Permission

#: What is held without seeing anybody else's data. Whatever else a role carries needs the second factor,
#: a permission added later included.
HARMLESS: frozenset[str] = frozenset({Permission.SEE_FIGURES, Permission.SEE_CLASSES})

_SESSION_KEY = "second_factor"


def needed_by(user: Any) -> bool:
    """Whether the person's roles of today let them see other people; one query, shared with `holds`."""
    from accounts.access import held_permissions

    return bool(user.is_superuser or held_permissions(user) - HARMLESS)


def has_one(user: Any) -> bool:
    """Whether an authenticator app or a passkey is set up; recovery codes alone are none."""
    return Authenticator.objects.filter(user_id=user.pk).exclude(type="recovery_codes").exists()


def way_to_show(user: Any) -> str:
    """The name of the page on which the person shows the factor there is."""
    by_code = Authenticator.objects.filter(user_id=user.pk, type="totp").exists()
    return "mfa_reauthenticate" if by_code else "mfa_reauthenticate_webauthn"


def shown(request: HttpRequest) -> bool:
    """Whether the session's user has shown, or has just set up, a second factor in it; no query."""
    return bool(request.session.get(_SESSION_KEY) == request.user.pk)


def note_shown(request: HttpRequest, user: Any) -> None:
    """Remember in the session that its user showed a second factor."""
    request.session[_SESSION_KEY] = user.pk


def forget_shown(request: HttpRequest) -> None:
    """The session's user has none any more."""
    request.session.pop(_SESSION_KEY, None)


def missing(request: HttpRequest) -> bool:
    """Whether the person must show, or set up, a second factor before anything else."""
    if not settings.REQUIRE_SECOND_FACTOR or shown(request):
        return False
    return needed_by(request.user)
