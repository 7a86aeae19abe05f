"""Signing in."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """User name or NIP, and password. Unknown names and wrong passwords get the same answer."""

    error_messages = {
        "invalid_login": _("The user name or NIP and the password do not belong together. Check both and try again."),
        "inactive": _("The user name or NIP and the password do not belong together. Check both and try again."),
    }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name or NIP")
        self.fields["username"].widget = forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        )
        self.fields["password"].label = _("Password")

    def clean_username(self) -> str:
        """A NIP may be typed as it is printed, with blanks or dots; any other name stays as it is."""
        name = self.cleaned_data["username"].strip()
        digits = "".join(name.replace(".", "").split())
        return digits if digits.isdigit() else name
