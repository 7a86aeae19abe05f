"""Mail as files: one `.eml` for each message under EMAIL_FILE_PATH."""

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


def file_name(message_id: str) -> str:
    """The file of a Message-ID: the same ID gives the same name, so a repetition overwrites."""
    plain = message_id.strip().strip("<>")
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,180}", plain):
        return f"{plain}.eml"
    return f"{hashlib.sha256(plain.encode()).hexdigest()}.eml"


class EmailBackend(BaseEmailBackend):
    """Writes each mail under a name made from its Message-ID, whole or not at all."""

    def __init__(self, *args: Any, file_path: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = Path(file_path or settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the mails; return how many. A folder that cannot be written raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for email in email_messages:
            self._write(email)
        return len(email_messages)

    def _write(self, email: EmailMessage) -> None:
        mail = email.message()
        target = self.folder / file_name(str(mail["Message-ID"]))
        handle, draft = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".draft")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(mail.as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
