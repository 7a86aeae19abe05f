"""One way to download a list, for the page and for the command; each download leaves its trace."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.utils.text import slugify

from audit import log, reading
from audit.marks import Mark
from employees.models import Unit
from invitations.lists import csvfile, pdffile, xlsxfile
from invitations.lists.pdffile import Letter
from invitations.lists.rows import ListRow, rows
from trainings.models import TrainingClass

#: Formats and their content types.
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
#: Bytes of a list kept in memory before it goes to a temporary file.
_IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True)
class Download:
    """What was handed out."""

    rows: int
    sha256: str
    name: str
    content_type: str


def download(
    *,
    training_class: TrainingClass,
    unit: Unit | None,
    fmt: str,
    by: Any,
    stream: IO[bytes],
    letter: Letter | None = None,
) -> Download:
    """Write the list to `stream` and record the download before the first byte leaves: the event
    `list.download`, and in the log of reading whose names it holds.

    `unit` keeps to a subtree; `by` is the user, whose scope applies, or None for a command of the operator,
    who sees everything. `fmt` is a key of FORMATS (KeyError otherwise); `letter` is printed on the PDF.
    """
    content_type = FORMATS[fmt]
    mark = Mark.of(by)
    shown: list[int] = []
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as draft:
        lines = _noting(rows(training_class, unit=unit, user=by), shown)
        if fmt == "pdf":
            count = pdffile.write(
                lines,
                draft,
                training_class=training_class,
                unit_name=unit.name if unit else "",
                letter=letter,
                mark=mark,
            )
        elif fmt == "xlsx":
            count = xlsxfile.write(lines, draft, mark=mark)
        else:
            count = csvfile.write(lines, draft)  # for programs: its mark is in the name and in the log
        draft.seek(0)
        digest = hashlib.sha256()
        while chunk := draft.read(65536):
            digest.update(chunk)
        log.record(
            "list.download",
            by=by,
            object_type="class",
            object_id=training_class.pk,
            unit_path=unit.path if unit else training_class.organiser.path,
            data={
                "class": training_class.code,
                "unit": unit.code if unit else "",
                "format": fmt,
                "rows": count,
                "sha256": digest.hexdigest(),
            },
        )
        name = file_name(training_class, unit, fmt, mark)
        reading.note(
            reading.Kind.DOWNLOADED,
            by=by,
            subjects=shown,
            what=name,
            object_type="class",
            object_id=training_class.pk,
            filters={"class": training_class.code, "unit": unit.code if unit else ""},
            row_count=count,
            sha256=digest.hexdigest(),
        )
        draft.seek(0)
        shutil.copyfileobj(draft, stream)
    return Download(rows=count, sha256=digest.hexdigest(), name=name, content_type=content_type)


def _noting(lines: Iterable[ListRow], shown: list[int]) -> Iterator[ListRow]:
    """The same lines; whose they are is kept in `shown`."""
    for line in lines:
        shown.append(line.employee_id)
        yield line


def file_name(training_class: TrainingClass, unit: Unit | None, fmt: str, mark: Mark) -> str:
    """What the file is called on the reader's computer: "undangan-k00012-kw35-20261124-2130-kanwil.xlsx"."""
    parts = ["undangan", training_class.code, unit.code if unit else "", mark.name_part]
    return f"{slugify(' '.join(filter(None, parts)))}.{fmt}"
