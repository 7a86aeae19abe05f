"""PDFs on disk, named by the SHA-256 of their bytes: a file that does not have its name's hash is no file."""

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings


def digest(content: bytes) -> str:
    """SHA-256 as lower-case hex."""
    return hashlib.sha256(content).hexdigest()


class Store:
    """The PDFs below the folder that a setting names, each named by its hash."""

    def __init__(self, setting: str) -> None:
        self._setting = setting

    @property
    def folder(self) -> Path:
        return Path(getattr(settings, self._setting))

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash are, or would be."""
        return self.folder / sha256[:2] / f"{sha256}.pdf"

    def read(self, sha256: str) -> bytes | None:
        """The bytes with this hash; None when there is no such file, or it was changed."""
        try:
            content = self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None
        return content if digest(content) == sha256 else None

    def write(self, content: bytes) -> str:
        """Store the bytes, whole or not at all; return their hash. Private to the portal's user."""
        name = digest(content)
        target = self.path(name)
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
