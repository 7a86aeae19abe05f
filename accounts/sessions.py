"""What a session remembers of its sign-in, and ending the sessions of one account elsewhere."""

import time
from typing import Any

from allauth.mfa import signals as factors
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from accounts import second_factor
from audit import log

#: In the session: when it was last used (in steps), and when it ends however much it is used.
SEEN, UNTIL = "seen", "until"


def sessions_of(user: Any) -> list[UserSession]:
    """The account's open sessions, the latest first; ended ones are dropped on the way."""
    return sorted(UserSession.objects.purge_and_list(user), key=lambda one: one.created_at, reverse=True)


def end_others(request: HttpRequest, user: Any) -> int:
    """End every session of the account but the request's own; return how many."""
    others = UserSession.objects.filter(user_id=user.pk).exclude(session_key=request.session.session_key)
    ended = 0
    for session in others:
        session.end()
        ended += 1
    return ended


def _begin(sender: Any, request: HttpRequest | None, user: Any, **_more: Any) -> None:
    if request is not None and hasattr(request, "session"):
        now = int(time.time())
        request.session[SEEN], request.session[UNTIL] = now, now + settings.SESSION_COOKIE_AGE


def _factor_used(sender: Any, request: HttpRequest, user: Any, **_more: Any) -> None:
    second_factor.note_shown(request, user)


def _factor_added(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    if authenticator.type != "recovery_codes":
        end_others(request, user)  # they were opened without it
    _record("account.second_factor_added", user, authenticator)


def _factor_removed(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    if not second_factor.has_one(user):
        second_factor.forget_shown(request)
        end_others(request, user)
    _record("account.second_factor_removed", user, authenticator)


def _factor_failed(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **_more: Any) -> None:
    _record("account.second_factor_failed", user, authenticator)


def _record(verb: str, user: Any, authenticator: Any) -> None:
    log.record(verb, by=user, object_type="user", object_id=user.pk, data={"kind": str(authenticator.type)})


def listen() -> None:
    """Connect the signals; called once when the app is ready."""
    user_logged_in.connect(_begin, dispatch_uid="accounts.sessions.begin")
    factors.authenticator_used.connect(_factor_used, dispatch_uid="accounts.sessions.used")
    factors.authenticator_added.connect(_factor_added, dispatch_uid="accounts.sessions.added")
    factors.authenticator_removed.connect(_factor_removed, dispatch_uid="accounts.sessions.removed")
    factors.authentication_failed.connect(_factor_failed, dispatch_uid="accounts.sessions.failed")
