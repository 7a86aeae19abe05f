"""What an uploaded file is, told by its content, and archives that are more than they say.

Names and types that browsers send along are never believed: a name is only shown, a type never used. No
stored file is named after what was uploaded.
"""

import re
import unicodedata
import zipfile
import zlib
from typing import IO

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from audit.errors import Refusal

MEBIBYTE = 1024**2
#: Bytes at the beginning by which a kind is known. CSV has none: it must be UTF-8 text.
SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpeg": (b"\xff\xd8\xff",),
    "xlsx": (b"PK\x03\x04",),
    "csv": (),
}
#: What no text holds: control characters but for tab and line ends.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: The part that makes a package a workbook; documents and plain archives begin with the same bytes.
_WORKBOOK = "xl/workbook.xml"
#: Parts of a workbook at most; a real one has a few dozen.
MOST_PARTS = 2000
#: How many times larger than packed a part may be: real sheets reach thirty, a bomb a thousand.
MOST_INFLATION = 200
#: Parts smaller than this, unpacked, are not worth the question.
_SMALL = MEBIBYTE
#: Where a document type must stand if there is one: before the first element.
_PROLOGUE = 4096
_LOCAL_HEADER = 30


def kind_of(file: IO[bytes]) -> str:
    """One of SIGNATURES, by content; "" when it is none of them. The file is rewound."""
    file.seek(0)
    start = file.read(8192)
    file.seek(0)
    for kind, marks in SIGNATURES.items():
        if start.startswith(marks) and marks:
            return kind
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut in two at the end of the piece is no fault of the text.
        if error.start < len(start) - 3 or len(start) < 8192:
            return ""
        text = start[: error.start].decode("utf-8")
    return "csv" if text and not _CONTROLS.search(text) else ""


def check_upload(file: UploadedFile, *, kinds: set[str], largest: int) -> str:
    """The kind of the uploaded file, one of `kinds`; `largest` in bytes. Refusal with a sentence otherwise."""
    if not file.size:
        raise Refusal(_("The file is empty. Choose another one."), code="empty")
    if file.size > largest:
        raise Refusal(
            _("The file has %(size)d MB; at most %(largest)d MB are taken.")
            % {"size": -(-file.size // MEBIBYTE), "largest": largest // MEBIBYTE},
            code="size",
        )
    kind = kind_of(file)
    if kind not in kinds:
        names = ", ".join(sorted(one.upper() for one in kinds))
        raise Refusal(
            _("The content of this file is of another kind. Choose a file of these kinds: %(kinds)s.")
            % {"kinds": names},
            code="kind",
        )
    if kind == "xlsx":
        try:
            with zipfile.ZipFile(file) as package:
                refuse_bomb(package)
                if _WORKBOOK not in package.namelist():
                    raise ValueError(_WORKBOOK)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise Refusal(_("The workbook is damaged. Save it again as XLSX."), code="kind") from error
        finally:
            file.seek(0)
    return kind


def shown_name(name: str | None) -> str:
    """An uploaded file's name as it may be shown and kept: without folders and control characters, short."""
    last = re.split(r"[/\\]", name or "")[-1]
    plain = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    return plain.strip(" .")[:120] or _("file")


def refuse_bomb(package: zipfile.ZipFile) -> None:
    """Refuse an archive that unpacks to far more than it is or says, and XML with entities of its own.

    The size an archive states is not believed: readers unpack what is there. Each part is unpacked once
    here, piece by piece, and counted.
    """
    parts = package.infolist()
    too_much = _("The workbook unpacks to far more than it says. Save it again as XLSX, or as CSV UTF-8.")
    if len(parts) > MOST_PARTS:
        raise Refusal(too_much, code="bomb")
    for part in parts:
        if part.file_size > max(_SMALL, part.compress_size * MOST_INFLATION):
            raise Refusal(too_much, code="bomb")
        _count(package, part, too_much)
        if part.filename.endswith((".xml", ".rels")):
            with package.open(part) as opened:
                prologue = opened.read(_PROLOGUE)
            # As UTF-16 the letters have zeros between them.
            if re.search(rb"<!(DOCTYPE|ENTITY)", prologue.replace(b"\x00", b""), re.IGNORECASE):
                raise Refusal(
                    _("The workbook holds definitions no spreadsheet writes. Save it again as XLSX."),
                    code="entities",
                )


def _count(package: zipfile.ZipFile, part: zipfile.ZipInfo, too_much: str) -> None:
    """Unpack a part as a reader would that does not stop at its stated size; Refusal when there is more."""
    source = package.fp
    if part.compress_type != zipfile.ZIP_DEFLATED or source is None:
        return  # stored parts are as large as the archive itself
    before = source.tell()
    try:
        source.seek(part.header_offset)
        header = source.read(_LOCAL_HEADER)
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        source.seek(part.header_offset + _LOCAL_HEADER + names)
        unpacker, left, size = zlib.decompressobj(-zlib.MAX_WBITS), part.compress_size, 0
        while left > 0 and not unpacker.eof:
            piece = source.read(min(MEBIBYTE, left))
            if not piece:
                break
            left -= len(piece)
            while piece and not unpacker.eof:
                size += len(unpacker.decompress(piece, 4 * MEBIBYTE))
                piece = unpacker.unconsumed_tail
                if size > part.file_size:
                    raise Refusal(too_much, code="bomb")
    except zlib.error as error:
        raise zipfile.BadZipFile(part.filename) from error
    finally:
        source.seek(before)
