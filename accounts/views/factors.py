"""The second factor: authenticator app, passkeys, recovery codes. allauth's views behind declared access.

Reaching these does not need the factor itself, or nobody could set one up; changing an existing one needs
the person to prove themselves first (allauth's reauthentication), which asks for the factor there is.
"""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from accounts import limits, second_factor
from accounts.access import PUBLIC, SIGNED_IN, access
from accounts.addresses import network

_own = access(SIGNED_IN, before_second_factor=True)


class _Guarded:
    """Who has a factor must show it in this session before changing anything about factors.

    A session from before the factor, or one opened with a stolen password only, gets no further.
    """

    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if second_factor.has_one(request.user) and not second_factor.shown(request):
            return redirect(second_factor.way_to_show(request.user))
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class _Adds(_Guarded):
    def form_valid(self, form: Any) -> HttpResponseBase:
        """Whoever has just set a factor up has it at hand: this session need not show it again."""
        response: HttpResponseBase = super().form_valid(form)  # type: ignore[misc]
        second_factor.note_shown(self.request, self.request.user)
        return response


class _Code(base.AuthenticateView):
    template_name = "accounts/second_factor_code.html"
    extra_context = {"title": gettext_lazy("Second factor")}


class _CodeAgain(base.ReauthenticateView):
    template_name = "accounts/prove.html"
    extra_context = {"title": gettext_lazy("Is it you?"), "by_code": True}


class _PasskeyAgain(webauthn.ReauthenticateWebAuthnView):
    template_name = "accounts/prove.html"
    extra_context = {"title": gettext_lazy("Is it you?"), "by_passkey": True}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | self.extra_context


class _ActivateApp(_Adds, totp.ActivateTOTPView):
    template_name = "accounts/app_add.html"
    extra_context = {
        "title": gettext_lazy("Set up an authenticator app"),
        "crumbs": [(gettext_lazy("My account"), reverse_lazy("accounts:security"))],
    }


class _RemoveApp(_Guarded, totp.DeactivateTOTPView):
    template_name = "accounts/factor_remove.html"
    success_url = reverse_lazy("accounts:security")
    extra_context = {
        "title": gettext_lazy("Remove the authenticator app"),
        "crumbs": [(gettext_lazy("My account"), reverse_lazy("accounts:security"))],
    }


class _AddPasskey(_Adds, webauthn.AddWebAuthnView):
    template_name = "accounts/passkey_add.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "title": _("Add a passkey"),
            "crumbs": [(_("My account"), reverse_lazy("accounts:security"))],
        }


class _RemovePasskey(_Guarded, webauthn.RemoveWebAuthnView):
    template_name = "accounts/factor_remove.html"
    success_url = reverse_lazy("accounts:security")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "title": _("Remove the passkey “%(name)s”") % {"name": self.object.wrap().name},
            "crumbs": [(_("My account"), reverse_lazy("accounts:security"))],
        }

    def form_valid(self, form: Any) -> HttpResponseBase:
        if not get_adapter().can_delete_authenticator(self.object):
            messages.error(self.request, get_adapter().error_messages["cannot_delete_authenticator"])
            return redirect(self.success_url)
        removed: HttpResponseBase = super().form_valid(form)
        return removed


class _RecoveryCodes(_Guarded, recovery.ViewRecoveryCodesView):
    template_name = "accounts/recovery_codes.html"
    extra_context = {
        "title": gettext_lazy("Recovery codes"),
        "crumbs": [(gettext_lazy("My account"), reverse_lazy("accounts:security"))],
    }


class _NewRecoveryCodes(_Guarded, recovery.GenerateRecoveryCodesView):
    template_name = "accounts/recovery_codes_new.html"
    extra_context = {
        "title": gettext_lazy("New recovery codes"),
        "crumbs": [(gettext_lazy("My account"), reverse_lazy("accounts:security"))],
    }


@_own
def choose(request: HttpRequest) -> HttpResponseBase:
    """The ways to a second factor, for somebody who has none and needs one; whoever has one goes on."""
    if second_factor.has_one(request.user):
        return redirect("accounts:security")
    return render(
        request,
        "accounts/second_factor.html",
        {
            "title": _("A second factor for your account"),
            "needed": settings.REQUIRE_SECOND_FACTOR and second_factor.needed_by(request.user),
        },
    )


_passkey_sign_in = webauthn.LoginWebAuthnView.as_view()


@access(PUBLIC, before_second_factor=True)
@never_cache
def passkey_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Sign in with a passkey alone: the options as JSON, then the device's answer."""
    limits.take(limits.PASSKEY_ADDRESS, network(request))
    return _passkey_sign_in(request)


code = access(PUBLIC, before_second_factor=True)(_Code.as_view())
code_again = _own(_CodeAgain.as_view())
passkey_again = _own(_PasskeyAgain.as_view())
activate_app = _own(never_cache(_ActivateApp.as_view()))
remove_app = _own(_RemoveApp.as_view())
add_passkey = _own(never_cache(_AddPasskey.as_view()))
remove_passkey = _own(_RemovePasskey.as_view())
recovery_codes = _own(never_cache(_RecoveryCodes.as_view()))
new_recovery_codes = _own(_NewRecoveryCodes.as_view())
