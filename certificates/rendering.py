"""The PDF of a certificate: the same data gives the same bytes, and their hash is kept with it."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from os import cpu_count
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import Refusal
from certificates import signing
from certificates.models import CertificateVersion, Logo
from trainings.papers.files import Store, digest
from trainings.papers.typesetting import pdf, picture, qr

TEMPLATES = Path(__file__).resolve().parent / "typst"
store = Store("CERTIFICATES_DIR")


def pdf_of(data: dict[str, Any], *, logo: bytes | None = None) -> bytes:
    """Set a document of `content.document`, unsigned. `logo` is the picture that the data name by hash.

    Creation date and document id follow from the certificate's date and content.
    """
    year, month, day = data["dated"]
    code = qr(data["check"]["url"]) if data["check"]["url"] else ""
    return pdf(
        TEMPLATES / f"certificate-{data['layout']:d}.typ",
        {**data, "qr": code, "logo_svg": picture(logo) if logo else ""},
        dated=(year, month, day),
    )


@lru_cache(maxsize=8)
def logo_of(sha256: str) -> bytes | None:
    """The stored picture with this hash; None for the drawn placeholder and for no picture."""
    if sha256 in ("", "none"):
        return None
    return bytes(Logo.objects.values_list("content", flat=True).get(sha256=sha256))


def pdf_bytes(version: CertificateVersion) -> bytes:
    """The file of a paper: the stored one while it has the hash on record, else made from the data.

    The first time it is signed where its data say so, and the hash is recorded. Refusal when a file is
    gone and cannot be made again with the same bytes: nobody must hold two different files of one paper.
    """
    if version.sha256:
        return store.read(version.sha256) or _again(version)
    content = pdf_of(version.data, logo=logo_of(version.data["logo"]))
    return _keep_first(version, _signed(version, content))


def _again(version: CertificateVersion) -> bytes:
    """The same bytes as before, for a file that is gone. A signed file cannot be made a second time."""
    if version.signed_at is None:
        content = pdf_of(version.data, logo=logo_of(version.data["logo"]))
        if digest(content) == version.sha256:
            store.write(content)
            return content
    raise Refusal(
        _(
            "The file of certificate %(number)s is missing and cannot be made again with the same bytes. Ask the operator to bring it back from the backup."
        )
        % {"number": version.certificate.number},
        code="file",
    )


def _signed(version: CertificateVersion, content: bytes) -> bytes:
    if version.signing is None:
        return content
    signer = signing.signer_for(version.certificate.organiser)
    if signer is None or signer.signed_by().name != version.signing["name"]:
        raise Refusal(
            _(
                "Certificate %(number)s is to be signed by %(name)s, whose key the portal does not have now. Ask the operator, or issue the certificate anew."
            )
            % {"number": version.certificate.number, "name": version.signing["name"]},
            code="signer",
        )
    return signer.sign(content, reason=version.data["title"], location=version.data["place_and_date"])


def _keep_first(version: CertificateVersion, content: bytes) -> bytes:
    """Store the first file of a paper and record its hash; who comes second takes the first one's."""
    sha256 = store.write(content)  # before the row names it, so that the row is never wrong
    kept = CertificateVersion.objects.filter(pk=version.pk, sha256="").update(
        sha256=sha256, signed_at=timezone.now() if version.signing else None
    )
    version.refresh_from_db(fields=["sha256", "signed_at"])
    if kept or version.sha256 == sha256:
        return content
    store.path(sha256).unlink(missing_ok=True)
    return store.read(version.sha256) or _again(version)


def pdfs(versions: Iterable[CertificateVersion]) -> Iterator[tuple[CertificateVersion, bytes]]:
    """The files of many papers in their order, set on all cores, a batch at a time.

    Setting and signing happen beside each other; hashes are recorded here, in the caller's thread.
    Refusal as `pdf_bytes`.
    """
    with ThreadPoolExecutor(max_workers=max(2, cpu_count() or 2)) as pool:
        batch: list[CertificateVersion] = []
        for version in versions:
            batch.append(version)
            if len(batch) == BATCH:
                yield from _batch(pool, batch)
                batch = []
        yield from _batch(pool, batch)


#: Papers set between two rounds of recording.
BATCH = 50


def _batch(
    pool: ThreadPoolExecutor, batch: list[CertificateVersion]
) -> Iterator[tuple[CertificateVersion, bytes]]:
    fresh = [version for version in batch if not version.sha256]
    for version in fresh:
        logo_of(version.data["logo"])  # read here: the threads do not touch the database
    contents = list(
        pool.map(
            lambda version: _signed(version, pdf_of(version.data, logo=logo_of(version.data["logo"]))), fresh
        )
    )
    with transaction.atomic():  # one commit for the batch: the disk is slower than the typesetter
        made = {
            version.pk: _keep_first(version, content)
            for version, content in zip(fresh, contents, strict=True)
        }
    for version in batch:
        yield version, made[version.pk] if version.pk in made else pdf_bytes(version)
