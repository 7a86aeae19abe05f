"""Sign in, sign out, prove oneself again, change the password: allauth's views behind declared access."""

from typing import Any, cast

from allauth.account import views as allauth
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from accounts.access import PUBLIC, SIGNED_IN, access
from accounts.models import User


class _SignIn(allauth.LoginView):
    template_name = "accounts/sign_in.html"
    extra_context = {"title": gettext_lazy("Sign in")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        apps: Any = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "sso": apps[0]["name"] if apps else "",
            "second_factor_off": not settings.REQUIRE_SECOND_FACTOR,
        }


class _SignOut(allauth.LogoutView):
    http_method_names = ["post", "options"]  # a link or a picture may sign nobody out


class _PasswordAgain(allauth.ReauthenticateView):
    template_name = "accounts/prove.html"
    extra_context = {"title": gettext_lazy("Is it you?")}


class _ChangePassword(allauth.PasswordChangeView):
    template_name = "accounts/password.html"
    extra_context = {"title": gettext_lazy("Change password")}


sign_in = access(PUBLIC, before_second_factor=True)(_SignIn.as_view())
sign_out = access(PUBLIC, before_second_factor=True)(_SignOut.as_view())
password_again = access(SIGNED_IN, before_second_factor=True)(_PasswordAgain.as_view())
_change_password = _ChangePassword.as_view()


@access(SIGNED_IN)
def change_password(request: HttpRequest) -> HttpResponseBase:
    """Change the password; who has none yet (sign-in by the provider alone) gets one by a code."""
    if not cast(User, request.user).has_usable_password():
        return redirect("employees:ask_code")
    return _change_password(request)
