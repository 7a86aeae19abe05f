"""What a module or guide may be, decided by its content and size, never by its name."""

import io
import zipfile

from django.utils.translation import gettext as _

from audit.errors import Refusal

#: Bytes of one file.
LARGEST = 15 * 1024 * 1024
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def content_type(content: bytes) -> str:
    """The type of a PDF, DOCX, PPTX or XLSX. Refusal when it is none of them, empty or too large."""
    if not content:
        raise Refusal(_("The file is empty."), code="file")
    if len(content) > LARGEST:
        raise Refusal(
            _("The file is larger than %(mb)d MB. Make it smaller, or divide it.")
            % {"mb": LARGEST // 1024 // 1024},
            code="file",
        )
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = set(archive.namelist())
        except zipfile.BadZipFile:
            names = set()
        for inside, kind in _OFFICE.items():
            if inside in names and "[Content_Types].xml" in names:
                return kind
    raise Refusal(_("Only PDF, Word, PowerPoint and Excel files can be added here."), code="file")
