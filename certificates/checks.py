"""A wrong signer is found when the portal starts, not when the first certificate is handed out."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from certificates.signing import make_signer


@register
def signers_work(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """An error for each organiser whose entry in CERTIFICATE_SIGNERS gives no signer."""
    found: list[CheckMessage] = []
    for code, entry in settings.CERTIFICATE_SIGNERS.items():
        try:
            make_signer(entry).signed_by()
        except (ImportError, TypeError, ValueError, AttributeError) as error:
            found.append(
                Error(
                    f"CERTIFICATE_SIGNERS names a signer for {code} that does not work: {error}",
                    hint="See docs/certificates.md, Signing.",
                    id="certificates.E001",
                )
            )
    return found
