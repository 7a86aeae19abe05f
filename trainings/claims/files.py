"""Certificates attached to claims: known by their content, kept under random names, only ever downloaded."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from audit.errors import Refusal
from employees.uploads import check_upload, shown_name

#: Endings of the kinds whose name is another one.
_ENDINGS = {"jpeg": "jpg"}
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
    try:
        kind = check_upload(upload, kinds={"pdf", "png", "jpeg"}, largest=settings.CLAIM_MOST_BYTES)
    except Refusal as refusal:
        words = refusal.user_message
        if refusal.code == "kind":
            words = _("The certificate must be a PDF, JPG or PNG file. Scan it or take a picture of it.")
        raise Refusal(words, code="certificate") from refusal
    found, content = _ENDINGS.get(kind, kind), upload.read()
    name = secrets.token_hex(24)
    folder = Path(settings.CLAIMS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("xb") as out:
        (folder / name).chmod(0o600)
        out.write(content)
    return Kept(name, found, shown_name(upload.name), len(content), hashlib.sha256(content).hexdigest())


def forget(kept: Kept) -> None:
    """Remove a file whose claim was not filed after all."""
    path_of(kept.stored_name).unlink(missing_ok=True)


def path_of(stored_name: str) -> Path:
    """Where the certificate of a claim lies."""
    return Path(settings.CLAIMS_DIR) / stored_name
