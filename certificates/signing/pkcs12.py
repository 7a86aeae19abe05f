"""Signing with a PKCS#12 file (.p12, .pfx): key and certificate of the organiser."""

from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import Refusal
from certificates.content import SignedBy

#: Name of the signature field in the PDF.
FIELD = "TandaTangan"


class Pkcs12Signer:
    """Adds an invisible PAdES signature (SHA-256) to a PDF, without a time stamp of a third party.

    `file` is the path of the PKCS#12 file; its passphrase is given itself or in a file of its own.
    ValueError when the file cannot be read or opened.
    """

    def __init__(self, file: str, passphrase: str = "", passphrase_file: str = "") -> None:
        self._file = Path(file)
        if passphrase_file:
            passphrase = _read(Path(passphrase_file)).decode().strip()
        self._passphrase = passphrase
        self._signer  # noqa: B018 - opened now: a wrong passphrase shows at start, not at the first paper

    @cached_property
    def _signer(self) -> Any:
        # Imported late: only portals that sign pay for it, and only when they do.
        from pyhanko.sign import signers

        from certificates.signing.rsa import QuickSigner

        data = _read(self._file)
        try:
            return QuickSigner.of(
                signers.SimpleSigner.load_pkcs12_data(
                    data, other_certs=[], passphrase=self._passphrase.encode() or None
                )
            )
        except ValueError as error:
            raise ValueError(
                f"{self._file} cannot be opened: no PKCS#12 file, or another passphrase"
            ) from error

    @cached_property
    def _room(self) -> int:
        """Bytes kept free for a signature, in hex: its certificates and what goes with them."""
        certificates = [self._signer.signing_cert, *self._signer.cert_registry]
        return 2 * (sum(len(one.dump()) for one in certificates) + 4096)

    def signed_by(self) -> SignedBy:
        """Common name of the certificate and of its issuer."""
        certificate = self._signer.signing_cert
        return SignedBy(_common_name(certificate.subject), _common_name(certificate.issuer))

    def sign(self, content: bytes, *, reason: str, location: str) -> bytes:
        """The PDF with the signature as an incremental update; it certifies that nothing changes after it.

        Refusal outside the certificate's own time: such a signature would be worth nothing.
        """
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign import fields, signers

        validity = self._signer.signing_cert["tbs_certificate"]["validity"]
        if not validity["not_before"].native <= timezone.now() <= validity["not_after"].native:
            raise Refusal(
                _(
                    "The electronic certificate of %(name)s is not valid today, so nothing can be signed with it. Ask the operator for a new one."
                )
                % {"name": self.signed_by().name},
                code="signer",
            )
        metadata = signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            reason=reason,
            location=location,
            name=self.signed_by().name,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
            subfilter=fields.SigSeedSubFilter.PADES,
        )
        signed: Any = signers.sign_pdf(
            IncrementalPdfFileWriter(BytesIO(content)),
            metadata,
            signer=self._signer,
            bytes_reserved=self._room,
        )
        return signed.getvalue()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error


def _common_name(name: Any) -> str:
    native = name.native
    found = native.get("common_name") or native.get("organization_name") or name.human_friendly
    return found if isinstance(found, str) else ", ".join(found)
