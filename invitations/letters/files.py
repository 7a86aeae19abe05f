"""PDFs on disk, named by the SHA-256 of their bytes: a file that does not have its name's hash is no file."""

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings


def digest(content: bytes) -> str:
    """SHA-256 as lower-case hex."""
    return hashlib.sha256(content).hexdigest()


def read(sha256: str) -> bytes | None:
    """The bytes with this hash; None when there is no such file, or it was changed."""
    try:
        content = _path(sha256).read_bytes()
    except FileNotFoundError:
        return None
    return content if digest(content) == sha256 else None


def write(content: bytes) -> str:
    """Store the bytes, whole or not at all; return their hash. Private to the portal's user."""
    name = digest(content)
    target = _path(name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=target.parent, suffix=".draft")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return name


def _path(sha256: str) -> Path:
    return Path(settings.LETTERS_DIR) / sha256[:2] / f"{sha256}.pdf"
