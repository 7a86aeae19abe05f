"""The evidence of a selection: one compressed file that is enough to check it.

First line: a JSON object (rule, class and parameters, seed, commitment, who asked, counts). Then CSV with
everyone considered: the columns of `selection_report` plus the person's unit and key in this portal.
The file is written once, before the proposal is committed, and never touched again (selection.md,
"Evidence"); its SHA-256 is kept in the selection.
"""

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from audit.errors import Refusal
from invitations.ranking.gates import LOTTERY

REPORT_COLUMNS = (
    "NIP", "ID_PEGAWAI", "OUTCOME", "CODE", "AREA", "RANK", "AREA_RANK", "RESERVE_NO",
    "EVER_TRAINED", "WAITING_SINCE", "SERVICE_START", "LOTTERY",
)  # fmt: skip
COLUMNS = (*REPORT_COLUMNS, "UNIT", "EMPLOYEE")

_ROWS = f"""
COPY (
    SELECT e.nip, e.external_id,
        CASE WHEN c.rank IS NULL THEN 'excluded' ELSE COALESCE(c.outcome, 'waiting') END,
        c.code, area.code, c.rank, c.area_rank, c.reserve_no,
        CASE WHEN c.ever_trained THEN 'true' ELSE 'false' END,
        c.waiting_since, c.service_start, COALESCE(c.lottery, {LOTTERY}), u.code, c.employee_id
    FROM considered c
    JOIN employees_employee e ON e.id = c.employee_id
    JOIN employees_unit u ON u.id = c.unit_id
    LEFT JOIN employees_unit area ON area.id = c.area_id
    ORDER BY c.rank NULLS LAST, c.employee_id
) TO STDOUT (FORMAT csv)
"""


#: What reading a damaged file can end in: the compressed bytes, their checksum, the text or its form.
_DAMAGE = (OSError, EOFError, zlib.error, ValueError, RecursionError)


class EvidenceError(Exception):
    """The evidence file is missing or cannot be read; the message says which."""


class _Hashing(io.RawIOBase):
    """Writes through to a file and hashes what passes."""

    def __init__(self, target: IO[bytes]) -> None:
        self.target = target
        self.hash = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.hash.update(data)
        return self.target.write(data)


def path_of(name: str) -> Path:
    """Where an evidence file lies; `name` comes from the selection, never from a person."""
    return Path(settings.EVIDENCE_DIR) / name


def write(name: str, header: dict[str, Any]) -> str:
    """Write header and everyone in the temporary table `considered`; return the file's SHA-256 in hex.

    The file appears under its name only when it is whole.
    """
    target = path_of(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    with partial.open("wb") as raw:
        hashing = _Hashing(raw)
        # No name and no time inside: the same content gives the same bytes.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=1, fileobj=hashing, mtime=0) as packed:
            packed.write(json.dumps(header, ensure_ascii=False, sort_keys=True).encode() + b"\n")
            packed.write((",".join(COLUMNS) + "\n").encode())
            with connection.cursor() as cursor:
                rows = cursor.mogrify(_ROWS, {"seed": header["seed"]}).decode()
                cursor.copy_expert(rows, packed, 1 << 16)
    partial.replace(target)
    return hashing.hash.hexdigest()


def sha256_of(name: str) -> str:
    """SHA-256 of the stored file; EvidenceError when it is missing."""
    try:
        with path_of(name).open("rb") as stored:
            return hashlib.file_digest(stored, "sha256").hexdigest()
    except OSError as error:
        raise EvidenceError(
            _("The evidence file %(file)s cannot be read: %(error)s.")
            % {"file": name, "error": error.strerror}
        ) from error


def read(name: str) -> tuple[dict[str, Any], Iterator[dict[str, str]]]:
    """Header and rows (by column) of an evidence file; EvidenceError when it is missing or damaged."""
    try:
        packed = gzip.open(path_of(name), "rb")  # noqa: SIM115 - the rows' generator closes it
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="")
        header = json.loads(text.readline())
    except _DAMAGE as error:
        raise EvidenceError(
            _("The evidence file %(file)s is missing or damaged.") % {"file": name}
        ) from error
    return header, _rows(text, name)


def _rows(text: io.TextIOWrapper, name: str) -> Iterator[dict[str, str]]:
    try:
        with text:
            yield from csv.DictReader(text)
    except (*_DAMAGE, csv.Error) as error:
        raise EvidenceError(_("The evidence file %(file)s is damaged.") % {"file": name}) from error


def refusal(error: EvidenceError) -> Refusal:
    """The same as a sentence for a person."""
    return Refusal(
        _(
            "The evidence of this selection is missing or damaged. Run verify_selection and tell the operator."
        ),
        code=str(error),
    )
