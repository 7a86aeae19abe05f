"""Certificates attached to claims: known by their content, kept under random names, only ever downloaded."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from audit.errors import Refusal

#: Beginnings of the kinds of files that are taken (their "magic bytes"), with the ending of each.
_BEGINNINGS = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}
TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}


@dataclass(frozen=True)
class Kept:
    """A file that was kept."""

    stored_name: str
    file_type: str
    file_name: str
    size: int
    sha256: str


def keep(upload: Any) -> Kept:
    """Keep an uploaded certificate under a random name.

    Refusal, with nothing kept, when it is empty, too large, or neither PDF, JPG nor PNG by its content.
    """
    most = settings.CLAIM_MOST_BYTES
    if upload.size > most:
        raise Refusal(
            _("The certificate has more than %(most)d MB. Scan it again with less detail.")
            % {"most": most // 1024**2},
            code="certificate",
        )
    content = upload.read(most + 1)
    found = next((kind for start, kind in _BEGINNINGS.items() if content.startswith(start)), None)
    if found is None or len(content) > most:
        raise Refusal(
            _("The certificate must be a PDF, JPG or PNG file. Scan it or take a picture of it."),
            code="certificate",
        )
    name = secrets.token_hex(24)
    folder = Path(settings.CLAIMS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("xb") as out:
        (folder / name).chmod(0o600)
        out.write(content)
    shown = str(upload.name).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(sign for sign in shown if sign.isprintable())[-200:] or "certificate"
    return Kept(name, found, shown, len(content), hashlib.sha256(content).hexdigest())


def forget(kept: Kept) -> None:
    """Remove a file whose claim was not filed after all."""
    path_of(kept.stored_name).unlink(missing_ok=True)


def path_of(stored_name: str) -> Path:
    """Where the certificate of a claim lies."""
    return Path(settings.CLAIMS_DIR) / stored_name
