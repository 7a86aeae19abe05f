"""Signing in, proving oneself, and the second factor: allauth's forms in the portal's words."""

from typing import Any

from allauth.account.forms import ChangePasswordForm as _ChangePassword
from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as _CodeAgain
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm, DeactivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import limits
from accounts.models import User


def plain_number(typed: str) -> str:
    """A NIP as it is stored, when it was typed as it is printed, with blanks or dots; other names unchanged."""
    name = typed.strip()
    digits = "".join(name.replace(".", "").split())
    return digits if digits.isdigit() else name


PASSWORD_HELP = _(
    "At least ten characters: a few words you can remember are best. Not your name or number, nothing common."
)


def _new_password(label: Any, **attributes: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password", **attributes})
    return forms.CharField(label=label, strip=False, widget=widget)


def _password(label: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})
    return forms.CharField(label=label, strip=False, max_length=4096, widget=widget)


def _code(label: Any) -> forms.CharField:
    attributes = {
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "autofocus": True,
        "class": "code-field",
    }
    return forms.CharField(label=label, max_length=20, widget=forms.TextInput(attrs=attributes))


class SignInForm(LoginForm):
    """User name or NIP, and password. Unknown names and wrong passwords get the same answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("User name or NIP"),
            max_length=150,
            widget=forms.TextInput(
                attrs={
                    "autofocus": True,
                    "autocomplete": "username",
                    "autocapitalize": "none",
                    "spellcheck": "false",
                }
            ),
        )
        self.fields["password"] = _password(_("Password"))
        self.order_fields(["login", "password"])

    def add_prefix(self, field_name: str) -> str:
        """The page says `username`, as password managers know it; allauth calls the field `login`."""
        return "username" if field_name == "login" else super().add_prefix(field_name)

    def clean_login(self) -> str:
        """A NIP may be typed as it is printed, with blanks or dots; any other name stays as it is."""
        return plain_number(self.cleaned_data["login"])

    def user_credentials(self) -> dict[str, Any]:
        return {"username": self.cleaned_data["login"], "password": self.cleaned_data["password"]}


class PasswordAgainForm(ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = _password(_("Password"))
        self.fields["password"].widget.attrs["autofocus"] = True


class ChangePasswordForm(_ChangePassword):
    """The present password counts as an attempt to sign in: a stolen session may not guess it for ever."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"] = _password(_("Present password"))
        self.fields["password1"].label = _("New password")
        self.fields["password1"].help_text = PASSWORD_HELP
        self.fields["password2"].label = _("New password, again")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def clean_oldpassword(self) -> str:
        limits.take(limits.SIGN_IN_ACCOUNT, self.user.get_username().casefold())
        typed: str = super().clean_oldpassword()
        limits.give_back(limits.SIGN_IN_ACCOUNT, self.user.get_username().casefold())
        return typed


class SetPasswordForm(forms.Form):
    """A code from a mail or from the operator's hand, and the new password. Says nothing about whose it is."""

    number = forms.CharField(label=_("NIP, employee ID or user name"), max_length=150)
    code = _code(_("Code"))
    password1 = _new_password(_("New password"))
    password2 = _new_password(_("New password, again"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}
        self.fields["password1"].help_text = PASSWORD_HELP

    def clean_number(self) -> str:
        return plain_number(self.cleaned_data["number"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, again = cleaned.get("password1"), cleaned.get("password2")
        if first and again and first != again:
            self.add_error("password2", _("The two passwords are not the same. Type them again."))
        elif first:
            # Against the typed name, not a stored account: the answer may not depend on there being one.
            try:
                password_validation.validate_password(first, User(username=cleaned.get("number", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        return cleaned


# --- The second factor ----------------------------------------------------------------------------


class _Counted(forms.Form):
    """A code counts as an attempt; a code of an authenticator app is accepted once, over all processes."""

    user: Any
    authenticator: Authenticator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = _code(_("Code"))

    def clean_code(self) -> str:
        limits.take(limits.SECOND_FACTOR, str(self.user.pk))
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:
            limits.take(limits.APP_CODE, f"{self.user.pk}:{''.join(code.split())}")
        limits.give_back(limits.SECOND_FACTOR, str(self.user.pk))
        return code


class CodeForm(_Counted, AuthenticateForm):
    pass


class CodeAgainForm(_Counted, _CodeAgain):
    pass


class ActivateAppForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = _code(_("Code the app shows"))

    def clean_code(self) -> str:
        limits.take(limits.SECOND_FACTOR, str(self.user.pk))
        code: str = super().clean_code()
        limits.give_back(limits.SECOND_FACTOR, str(self.user.pk))
        return code


class RemoveAppForm(DeactivateTOTPForm):
    pass


class _CountedPasskey(forms.Form):
    def clean_credential(self) -> Authenticator:
        if self.user is not None:  # type: ignore[attr-defined]
            limits.take(limits.SECOND_FACTOR, str(self.user.pk))  # type: ignore[attr-defined]
        found: Authenticator = super().clean_credential()  # type: ignore[misc]
        if self.user is not None:  # type: ignore[attr-defined]
            limits.give_back(limits.SECOND_FACTOR, str(self.user.pk))  # type: ignore[attr-defined]
        return found


class PasskeyForm(_CountedPasskey, AuthenticateWebAuthnForm):
    pass


class PasskeyAgainForm(_CountedPasskey, ReauthenticateWebAuthnForm):
    pass


class PasskeySignInForm(LoginWebAuthnForm):
    pass


class AddPasskeyForm(AddWebAuthnForm):
    """A passkey always stands for the whole sign-in: it is kept on the device and opened by PIN or finger."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("passwordless", None)
        self.fields["name"].label = _("Name of this device")
        self.fields["name"].max_length = 60
        self.fields["name"].widget.attrs |= {"maxlength": 60, "autofocus": True}

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True  # allauth then insists on PIN, finger or face
        return super().clean()
