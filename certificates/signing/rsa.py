"""pyHanko's signer with the key opened once: it would open and check it anew for each signature.

Imported only where something is signed.
"""

from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pyhanko.sign.signers import SimpleSigner


class QuickSigner(SimpleSigner):
    """Signs with RSA (PKCS #1 v1.5, SHA-256) from an open key; other keys the way pyHanko does."""

    @classmethod
    def of(cls, signer: SimpleSigner) -> "QuickSigner":
        """The same signer, quick."""
        return cls(
            signing_cert=signer.signing_cert, signing_key=signer.signing_key, cert_registry=signer.cert_registry
        )  # fmt: skip

    @cached_property
    def _key(self) -> Any:
        return load_der_private_key(self.signing_key.dump(), password=None)

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        mechanism = self.get_signature_mechanism_for_digest(digest_algorithm)
        if (mechanism.signature_algo, digest_algorithm) != ("rsassa_pkcs1v15", "sha256"):
            return super().sign_raw(data, digest_algorithm)
        return self._key.sign(data, PKCS1v15(), SHA256())
