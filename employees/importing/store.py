"""Uploaded import files: random names below IMPORTS_DIR, known by their content."""

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from audit.errors import Refusal
from employees.importing.reading import FileRefused
from employees.uploads import check_upload


def path_of(stored_name: str) -> Path:
    """Where the file of a run lies."""
    return Path(settings.IMPORTS_DIR) / stored_name


def errors_path(stored_name: str, ending: str) -> Path:
    """Where the rejected rows of a run lie; `ending`: csv or xlsx."""
    return Path(settings.IMPORTS_DIR) / f"{stored_name}-errors.{ending}"


def save(upload: Any) -> str:
    """Keep an uploaded file under a random name and return the name.

    Raises FileRefused, with nothing kept, when it is empty, too large, or neither CSV nor XLSX by its content.
    """
    try:
        check_upload(upload, kinds={"csv", "xlsx"}, largest=settings.IMPORT_MOST_BYTES)
    except Refusal as refusal:
        words = refusal.user_message
        if refusal.code == "kind":  # mostly an old workbook, or a CSV in another character set
            words = _("This is neither an XLSX workbook nor a CSV file in UTF-8. Save it as one of the two.")
        raise FileRefused(words, code=refusal.code) from refusal
    name = secrets.token_hex(24)
    folder = Path(settings.IMPORTS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    try:
        with target.open("xb") as out:
            target.chmod(0o600)
            for chunk in upload.chunks():
                out.write(chunk)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return name


def remove(stored_name: str) -> None:
    """Remove the file of a run and its errors files."""
    for path in (
        path_of(stored_name), errors_path(stored_name, "csv"), errors_path(stored_name, "xlsx")
    ):  # fmt: skip
        path.unlink(missing_ok=True)
