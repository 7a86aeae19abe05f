"""Sign in, sign out, change the password; what each role may do."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import PUBLIC, SIGNED_IN, access
from accounts.forms import SignInForm
from accounts.roles import Role, table


class _SignIn(auth.LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"title": gettext_lazy("Sign in")}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, form.get_user().language, samesite="Lax")
        return response


class _ChangePassword(auth.PasswordChangeView):
    template_name = "accounts/password.html"
    success_url = reverse_lazy("home")
    extra_context = {"title": gettext_lazy("Change password")}

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password has been changed."))
        return super().form_valid(form)


@access(SIGNED_IN)
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do: the one table in the code."""
    context = {"title": gettext_lazy("What each role may do"), "roles": list(Role), "rows": table()}
    return render(request, "accounts/roles.html", context)


sign_in = access(PUBLIC)(_SignIn.as_view())
sign_out = access(PUBLIC)(auth.LogoutView.as_view())
change_password = access(SIGNED_IN)(_ChangePassword.as_view())
