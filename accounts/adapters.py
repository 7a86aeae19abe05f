"""The hooks by which django-allauth follows the portal's rules."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.utils import perform_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import identity, limits, notices, sealing, second_factor
from accounts.addresses import client_address, network
from accounts.models import User
from audit import log

logger = logging.getLogger(__name__)

#: The same words for an unknown name, a wrong password and a locked account.
NOT_TOGETHER = _("The user name or NIP and the password do not belong together. Check both and try again.")

#: What is said after something was done, by allauth's name for it. Nothing else is said.
_SAID = {
    "account/messages/logged_out.txt": _("You are signed out."),
    "account/messages/password_changed.txt": _(
        "Your password has been changed. Other sessions are signed out."
    ),
    "mfa/messages/totp_activated.txt": _("The authenticator app is set up."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app is removed."),
    "mfa/messages/webauthn_added.txt": _("The passkey is added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
    "mfa/messages/recovery_codes_generated.txt": _(
        "New recovery codes are made. Keep them now: they are shown once."
    ),
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": NOT_TOGETHER,
        "incorrect_password": _("This is not your password. Try again."),
        "enter_current_password": _("This is not your present password. Try again."),
        "incorrect_code": _("This code is not right. Try again with the code shown now."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: accounts come from the personnel data or from an administrator."""
        return False

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """The portal's sentence for what allauth did."""
        sentence = message or _SAID.get(message_template or "")
        if sentence:
            messages.add_message(request, level, str(sentence), extra_tags=extra_tags)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The user whose name and password these are, else None.

        Counts the attempt first (raises TooMany); a right one is given back, so that only wrong ones use a
        limit up. Unknown name, wrong password and locked account run the hasher once each, and leave
        the same trace.
        """
        name, address = credentials["username"], network(request)
        limits.take(limits.SIGN_IN_ADDRESS, address)
        limits.take(limits.SIGN_IN_ACCOUNT, name.casefold())
        user = authenticate(request, **credentials)
        if user is None:
            known = User.objects.filter(username=name).values_list("pk", flat=True).first()
            log.record("account.sign_in_failed", by=None, object_type="user", object_id=known or "")
        else:
            limits.give_back(limits.SIGN_IN_ACCOUNT, name.casefold())
            limits.give_back(limits.SIGN_IN_ADDRESS, address)
        return user

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Record the sign-in; for a few minutes it counts as having proved oneself again."""
        records = get_authentication_records(request, user)
        if records:
            records[-1]["reauthenticated"] = True
            request.session.modified = True
        log.record(
            "account.signed_in",
            by=user,
            object_type="user",
            object_id=user.pk,
            data={"ways": [record["method"] for record in records]},
        )
        response = super().post_login(request, user, **kwargs)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            user.language,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
        return response

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """A locked account is told no more than a wrong password is."""
        return refused(request, NOT_TOGETHER)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:security")

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell the person what was changed about their sign-in, through the outbox."""
        notices.send(user, template_prefix.rpartition("/")[2], address=client_address(self.request))


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right. Try again with the code shown now."),
        "cannot_delete_authenticator": _(
            "Your role needs a second factor. Set up another one first, then remove this one."
        ),
    }

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """The last factor of somebody who must have one stays."""
        if not settings.REQUIRE_SECOND_FACTOR or not second_factor.needed_by(authenticator.user):
            return True
        others = type(authenticator).objects.filter(user_id=authenticator.user_id)
        return others.exclude(type="recovery_codes").exclude(pk=authenticator.pk).exists()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Simdiklat"}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        entity = super().get_public_key_credential_user_entity(user)
        return {**entity, "name": user.get_username()}

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return "Passkey"


class SsoAdapter(DefaultSocialAccountAdapter):
    """Sign-in through the ministry's provider: a person is the NIP in the claim, and nothing else."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Sign in whom the NIP claim names, or say why not. Never goes on to allauth's own linking.

        Nothing is linked and nothing remembered: name, mail address and subject of the provider play no
        part, so nobody becomes somebody else by changing them there.
        """
        claims = _claims(sociallogin.account.extra_data)
        nip = "".join(str(claims.get(settings.OIDC_NIP_CLAIM) or "").replace(".", "").split())
        user = identity.user_of(nip) if nip else None
        if user is None or not user.is_active:
            log.record(
                "account.sso_refused",
                by=None,
                object_type="user",
                object_id=user.pk if user else "",
                data={"claim": bool(nip)},
            )
            raise ImmediateHttpResponse(
                refused(
                    request,
                    _(
                        "You signed in at %(provider)s, but the portal knows nobody with the NIP it gave. Ask "
                        "the personnel officer of your unit to check your NIP, or sign in with a password."
                    )
                    % {"provider": sociallogin.provider.name},
                )
            )
        if request.user.is_authenticated:
            AccountAdapter(request).logout(request)
        sociallogin.user = user
        record_authentication(request, sociallogin)
        raise ImmediateHttpResponse(
            perform_login(
                request, user, email_verification="none", redirect_url=sociallogin.get_redirect_url(request)
            )
        )

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        """The provider said no, or what it said does not hold. The log names the kind, never what was sent."""
        logger.warning("Sign-in through %s failed: %s %s", provider.name, error, type(exception).__name__)
        raise ImmediateHttpResponse(not_come_through(request, provider.name))


def _claims(data: dict[str, Any]) -> dict[str, Any]:
    """The verified ID token's claims; the user info adds to them only when it speaks of the same subject."""
    token, info = data.get("id_token") or {}, data.get("userinfo") or {}
    if not token or info.get("sub") != token.get("sub"):
        return dict(token)
    return {**info, **token}


def refused(request: HttpRequest, sentence: Any) -> HttpResponse:
    """The page that says why somebody was not signed in, with the way back."""
    context = {"title": _("Not signed in"), "sentence": sentence}
    return render(request, "accounts/not_signed_in.html", context, status=403)


def not_come_through(request: HttpRequest, provider: str) -> HttpResponse:
    """The page for a sign-in that failed at, or on the way to, the ministry's provider."""
    sentence = _(
        "Signing in through %(provider)s did not come through. Try again; if it stays so, sign in with your password."
    )
    return refused(request, sentence % {"provider": provider})
