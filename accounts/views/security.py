"""My account: password, second factor, sessions and language in one place; what each role may do."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts import second_factor, sessions
from accounts.access import SIGNED_IN, access
from accounts.browsers import browser_words
from accounts.roles import Role, table
from audit import log


@access(SIGNED_IN, before_second_factor=True)
def security(request: HttpRequest) -> HttpResponse:
    """Everything about the own sign-in; who must set up a second factor first is told so here too."""
    factors = list(Authenticator.objects.filter(user_id=request.user.pk).order_by("created_at"))
    by_type: dict[str, list[Any]] = {"totp": [], "webauthn": [], "recovery_codes": []}
    for factor in factors:
        by_type[factor.type].append(factor)
    recovery = by_type["recovery_codes"][0].wrap() if by_type["recovery_codes"] else None
    needed = settings.REQUIRE_SECOND_FACTOR and second_factor.needed_by(request.user)
    context = {
        "title": _("My account"),
        "app": by_type["totp"][0] if by_type["totp"] else None,
        "passkeys": by_type["webauthn"],
        "codes_left": len(recovery.get_unused_codes()) if recovery else None,
        "has_factor": bool(by_type["totp"] or by_type["webauthn"]),
        "needed": needed,
        "requirement_off": not settings.REQUIRE_SECOND_FACTOR and second_factor.needed_by(request.user),
        "sessions": [
            (session, browser_words(session.user_agent), session.session_key == request.session.session_key)
            for session in sessions.sessions_of(request.user)
        ],
    }
    return render(request, "accounts/security.html", context)


@access(SIGNED_IN, before_second_factor=True)
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out elsewhere: one of one's own sessions."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    session.end()
    log.record("account.session_ended", by=request.user, object_type="user", object_id=request.user.pk)
    messages.success(request, _("That session is signed out."))
    return redirect("accounts:security")


@access(SIGNED_IN, before_second_factor=True)
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else."""
    ended = sessions.end_others(request, request.user)
    log.record(
        "account.session_ended",
        by=request.user,
        object_type="user",
        object_id=request.user.pk,
        data={"sessions": ended},
    )
    messages.success(
        request,
        ngettext("%(n)d other session is signed out.", "%(n)d other sessions are signed out.", ended)
        % {"n": ended},
    )
    return redirect("accounts:security")


@access(SIGNED_IN)
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do: the one table in the code."""
    context = {"title": _("What each role may do"), "roles": list(Role), "rows": table()}
    return render(request, "accounts/roles.html", context)
