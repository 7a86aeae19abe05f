"""Uploaded import files: random names below IMPORTS_DIR, known by their content."""

import secrets
import zipfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from employees.importing.reading import FileRefused

#: Bytes that are looked at to tell text from anything else.
_LOOKED_AT = 64 * 1024


def path_of(stored_name: str) -> Path:
    """Where the file of a run lies."""
    return Path(settings.IMPORTS_DIR) / stored_name


def errors_path(stored_name: str, ending: str) -> Path:
    """Where the rejected rows of a run lie; `ending`: csv or xlsx."""
    return Path(settings.IMPORTS_DIR) / f"{stored_name}-errors.{ending}"


def save(upload: Any) -> str:
    """Keep an uploaded file under a random name and return the name.

    Raises FileRefused, with nothing kept, when it is too large or neither CSV nor XLSX by its content.
    """
    if upload.size > settings.IMPORT_MOST_BYTES:
        raise FileRefused(
            _("The file has %(size)d MB; at most %(most)d MB are taken. Split it or save it as XLSX.")
            % {"size": upload.size // 1024**2, "most": settings.IMPORT_MOST_BYTES // 1024**2}
        )
    name = secrets.token_hex(24)
    folder = Path(settings.IMPORTS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    try:
        with target.open("xb") as out:
            target.chmod(0o600)
            for chunk in upload.chunks():
                out.write(chunk)
        _refuse_others(target)
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


def _refuse_others(path: Path) -> None:
    """Only a look at the content; the check of the import reads the file itself."""
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT)
    if not start.strip():
        raise FileRefused(_("The file is empty: its first row must hold the headings."))
    if start[:4] == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(path) as package:
                if "xl/workbook.xml" in package.namelist():
                    return
        except zipfile.BadZipFile:
            pass  # refused below, as what it is not
    elif b"\0" not in start:
        try:
            # The last character may be cut in two.
            start.decode("utf-8-sig", errors="strict")
            return
        except UnicodeDecodeError as error:
            if error.start >= len(start) - 4 and len(start) == _LOOKED_AT:
                return
    raise FileRefused(
        _("This is neither an XLSX workbook nor a CSV file in UTF-8. Save it as one of the two.")
    )
