"""Electronic signatures on certificates, through adapters.

An organiser signs where `CERTIFICATE_SIGNERS` names it; nobody else's files claim to be signed. The
adapter that comes with the portal signs with a PKCS#12 file (`pkcs12.Pkcs12Signer`); another, such as one
for the service of BSrE, is a class with the same two methods, named by its dotted path.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from certificates.content import SignedBy
from employees.models import Unit

#: The adapter of an entry that names none.
DEFAULT_ADAPTER = "certificates.signing.pkcs12.Pkcs12Signer"


class Signer(Protocol):
    """What signs the files of one organiser. Made with the entry's other keys as keyword arguments."""

    def signed_by(self) -> SignedBy:
        """Whose certificate signs, as it is printed on the paper."""

    def sign(self, content: bytes, *, reason: str, location: str) -> bytes:
        """The PDF with a signature added; the given bytes stay as they are at its beginning.

        Refusal when it cannot be signed now. Must bear to be called from several threads.
        """


def signer_for(organiser: Unit) -> Signer | None:
    """The organiser's signer, or None where none is configured: its certificates are not signed."""
    entry = settings.CERTIFICATE_SIGNERS.get(organiser.code)
    return _made(tuple(sorted(entry.items()))) if entry else None


@cache
def _made(entry: tuple[tuple[str, str], ...]) -> Signer:
    return make_signer(dict(entry))


def make_signer(entry: Mapping[str, Any]) -> Signer:
    """The adapter an entry of CERTIFICATE_SIGNERS describes. ImportError, TypeError or ValueError if none."""
    options = dict(entry)
    return import_string(options.pop("adapter", DEFAULT_ADAPTER))(**options)
