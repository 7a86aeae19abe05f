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
import os
import queue
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from audit.errors import Refusal

REPORT_COLUMNS = (
    "NIP", "ID_PEGAWAI", "OUTCOME", "CODE", "AREA", "RANK", "AREA_RANK", "RESERVE_NO",
    "EVER_TRAINED", "WAITING_SINCE", "SERVICE_START", "LOTTERY",
)  # fmt: skip
COLUMNS = (*REPORT_COLUMNS, "UNIT", "EMPLOYEE")

_ROWS = """
COPY (
    SELECT nip, external_id, CASE WHEN rank IS NULL THEN 'excluded' ELSE COALESCE(outcome, 'waiting') END,
        code, area_code, rank, area_rank, reserve_no, CASE WHEN ever_trained THEN 'true' ELSE 'false' END,
        waiting_since, service_start, encode(lottery, 'hex'), unit_code, employee_id
    FROM considered ORDER BY rank NULLS LAST, employee_id
) TO STDOUT (FORMAT csv)
"""


#: Bytes compressed at a time: row by row it would take twice as long.
_PIECE = 1 << 18
#: What reading a damaged file can end in: the compressed bytes, their checksum, the text or its form.
_DAMAGE = (OSError, EOFError, zlib.error, ValueError, RecursionError)


class EvidenceError(Exception):
    """The evidence file is missing or cannot be read; the message says which."""


class _Packer(io.RawIOBase):
    """Compresses, hashes and writes in a thread what it is given, while the caller goes on.

    After `finish` the file is whole and on the disk. What went wrong in the thread is raised there.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        # Some 64 MB wait at most; then the database has to.
        self._pieces: queue.Queue[bytes | None] = queue.Queue(maxsize=64 * (1 << 20) // _PIECE)
        self._hash = hashlib.sha256()
        self._error: Exception | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._pack, name="evidence")
        self._thread.start()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.put(bytes(data))
        return len(data)

    def finish(self) -> str:
        """The SHA-256 of the finished file, in hex."""
        self.give_up()
        if self._error is not None:
            raise self._error
        return self._hash.hexdigest()

    def give_up(self) -> None:
        """Let the thread end; what it has is written, and no more."""
        if self._thread.is_alive():
            self._pieces.put(None)
            self._thread.join()

    def _pack(self) -> None:
        try:
            with self._target.open("wb") as raw:
                # No name and no time inside: the same content gives the same bytes.
                with gzip.GzipFile(
                    filename="", mode="wb", compresslevel=1, fileobj=_Hashing(raw, self._hash), mtime=0
                ) as packed:
                    for piece in self._given():
                        packed.write(piece)
                raw.flush()
                os.fsync(raw.fileno())
        except Exception as error:  # raised in `finish`, in the caller's thread
            self._error = error
            for _unwritten in self._given():  # so that the caller does not wait for room
                pass

    def _given(self) -> Iterator[bytes]:
        """The pieces until the end; nothing after it, so that what fails behind the last one ends too."""
        while not self._ended:
            piece = self._pieces.get()
            if piece is None:
                self._ended = True
            else:
                yield piece


class _Hashing(io.RawIOBase):
    """Writes through to a file and hashes what passes."""

    def __init__(self, target: IO[bytes], digest: Any) -> None:
        self.target = target
        self.hash = digest

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.hash.update(data)
        return self.target.write(data)


def path_of(name: str) -> Path:
    """Where an evidence file lies; `name` comes from the selection, never from a person."""
    return Path(settings.EVIDENCE_DIR) / name


def write(name: str, header: dict[str, Any], *, beside: Callable[[], None] = lambda: None) -> str:
    """Write header and everyone in the temporary table `considered`; return the file's SHA-256 in hex.

    The file appears under its name only when it is whole. `beside` is done once the rows are read, while
    they are still being compressed.
    """
    target = path_of(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    packer = _Packer(partial)
    try:
        with io.BufferedWriter(packer, _PIECE) as lines, connection.cursor() as cursor:
            lines.write(json.dumps(header, ensure_ascii=False, sort_keys=True).encode() + b"\n")
            lines.write((",".join(COLUMNS) + "\n").encode())
            cursor.copy_expert(_ROWS, lines, 1 << 16)
        beside()
        digest = packer.finish()
    finally:
        packer.give_up()
    partial.replace(target)
    return digest


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
