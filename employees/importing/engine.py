"""One import, whatever the kind of file: read all, check every row, then write in one transaction.

A kind of file is an `Importer`: it names its columns, checks rows one by one, settles what needs the
database or the other rows, and writes what was accepted from a temporary table `incoming`.
"""

import csv
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.log import record
from employees.importing import sharing
from employees.importing.importer import ERROR_COLUMNS, Faults, Importer
from employees.importing.reading import FileRefused, Row, Source, clean, heading_key, open_source
from employees.importing.staging import Stage, gather, merge_gathered

logger = logging.getLogger(__name__)

#: KOLOM of a fault that concerns the row and no single cell.
WHOLE_ROW = "*"
#: Rows between two reports of progress.
_STEP = 5_000
#: Reasons kept in the summary for people to see at once; all of them are in the errors file.
_SHOWN = 20

Progress = Callable[[int, str], None]


@dataclass
class Summary:
    """What an import did. `reasons`: the first faults, (row as a spreadsheet shows it, column, words)."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    unknown_columns: list[str] = field(default_factory=list)
    reasons: list[tuple[int, str, str]] = field(default_factory=list)
    sha256: str = ""
    dry_run: bool = False

    def counts(self) -> dict[str, int]:
        """The counts alone, as the commands print them: read = the sum of the four others."""
        return {
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
        }


def run_import(
    kind: type[Importer],
    path: str | Path,
    *,
    by: Any,
    dry_run: bool = False,
    errors_path: str | Path | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Import a file and return what was done; `by` is the user acting, or None for the portal itself.

    `errors_path` gets the rejected rows as they came, with the reasons. With `dry_run` the same is done
    and taken back, so the counts are those of the real run. `progress(rows read, what is being done)` is
    called now and then; while rows are read, no transaction is open, so it may write and be seen.

    Raises FileRefused, with nothing written, when the file as a whole cannot be imported.
    """
    path = Path(path)
    report = progress or (lambda _done, _message: None)
    with open_source(path, kind.known) as source, _errors_file(errors_path, path) as errors:
        layout = Layout(kind, source.headings)
        faults = Faults()
        stage = Stage(kind.staged)
        try:
            importer = kind(present=layout.present, faults=faults, stage=stage)
            importer.prepare()
            read = check_rows(importer, layout, source, report)
            report(read, _("Writing"))
            summary = Summary(
                read=read,
                unknown_columns=layout.unknown,
                sha256=source.sha256,
                dry_run=dry_run,
            )
            _write(importer, summary, by=by, file_name=path.name, before_commit=lambda: _put_errors(
                errors, layout, source, faults
            ))  # fmt: skip
        finally:
            stage.close()
        summary.reasons = [
            (row, layout.shown(column), reason)
            for row in sorted(faults)[:_SHOWN]
            for column, reason in faults[row]
        ]
    return summary


class Layout:
    """Where the columns of a format are in a file. Raises FileRefused when it is not a file of the kind."""

    def __init__(self, kind: type[Importer], headings: list[str]) -> None:
        self.kind = kind
        self.width = len(headings)
        while self.width and not clean(headings[self.width - 1]):
            self.width -= 1
        self.headings = headings[: self.width]
        keys = [heading_key(heading) for heading in self.headings]
        places: dict[str, int] = {}
        names = {key: column.name for column in kind.columns for key in (column.name, *column.aliases)}
        self.unknown: list[str] = []
        for place, key in enumerate(keys):
            name = names.get(key)
            if name is None:
                if key not in ERROR_COLUMNS:
                    self.unknown.append(clean(self.headings[place]) or _("(without heading)"))
            elif name in places:
                raise FileRefused(
                    _("The column %(column)s is in the file twice (%(first)s and %(second)s). Leave one out.")
                    % {"column": name, "first": keys[places[name]], "second": key}
                )
            else:
                places[name] = place
        self.present = frozenset(places)
        self._refuse_missing()
        #: Places of all columns in the kind's order; absent ones share one place past the row's end.
        self.pick = itemgetter(*(places.get(column.name, self.width) for column in kind.columns))
        self._shown = {name: keys[place] for name, place in places.items()}
        #: Places of the cells that an errors file repeats: all but its own columns.
        self.repeated = [place for place, key in enumerate(keys) if key not in ERROR_COLUMNS]

    def _refuse_missing(self) -> None:
        missing = [c.name for c in self.kind.columns if c.required and c.name not in self.present]
        missing += [
            _(" or ").join(group) for group in self.kind.one_of if not self.present.intersection(group)
        ]
        if missing:
            raise FileRefused(
                ngettext(
                    "The file lacks the required column %(columns)s.",
                    "The file lacks the required columns %(columns)s.",
                    len(missing),
                )
                % {"columns": ", ".join(missing)}
            )

    def shown(self, column: str) -> str:
        """A column's heading in this file."""
        return self._shown.get(column, column)


def check_rows(importer: Importer, layout: Layout, source: Source, report: Progress) -> int:
    """Check every row; return how many there are."""

    def work(rows: Iterable[Row], tell: Progress) -> int:
        return _check_these(importer, layout, rows, tell)

    if sharing.worthwhile(importer, source):
        return sharing.check(importer, source, work, report)
    return work(source.rows(), report)


def _check_these(importer: Importer, layout: Layout, rows: Iterable[Row], report: Progress) -> int:
    width, pick, faults, check = layout.width, layout.pick, importer.faults, importer.check
    required = [
        (place, column.name)
        for place, column in enumerate(layout.kind.columns)
        if column.required and column.name in layout.present
    ]
    limits = [(place, c.longest, c.name) for place, c in enumerate(layout.kind.columns) if c.longest]
    read = 0
    for row, raw in rows:
        read += 1
        if len(raw) > width:
            if any(map(clean, raw[width:])):
                faults.add(row, WHOLE_ROW, _("The row has more cells than there are headings."))
            raw = raw[:width]
        raw = raw + [""] * (width + 1 - len(raw))
        cells: Sequence[str] = [cell.strip() for cell in pick(raw)]
        if not "".join(cells).isprintable():
            cells = _tidied(row, cells, layout, faults)
        for place, name in required:
            if not cells[place]:
                faults.add(row, name, _("This cell must be filled."))
        for place, longest, name in limits:
            if len(cells[place]) > longest:
                faults.add(
                    row, name, _("The text is too long: at most %(limit)d characters.") % {"limit": longest}
                )
        check(row, cells)
        if not read % _STEP:
            report(read, _("Checking rows"))
    return read


def _tidied(row: int, cells: Sequence[str], layout: Layout, faults: Faults) -> Sequence[str]:
    """Cells without unseen blanks around them, inner line breaks as blanks; control characters are faults."""
    tidied = []
    for cell, column in zip(cells, layout.kind.columns, strict=True):
        if not cell.isprintable():
            cell = clean(" ".join(cell.splitlines()).replace("\t", " "))
            if any(character < " " or "\x7f" <= character <= "\x9f" for character in cell):
                faults.add(
                    row, column.name, _("The cell contains an invisible control character. Type it again.")
                )
        tidied.append(cell)
    return tidied


def _write(
    importer: Importer, summary: Summary, *, by: Any, file_name: str, before_commit: Callable[[], None]
) -> None:
    faults = importer.faults
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # One import at a time, so that two files cannot settle against each other's past.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('simdiklat.import'))")
            cursor.execute("SET LOCAL work_mem = '128MB'")
            gather(cursor)
            importer.settle(cursor)
            importer.stage.load(cursor, list(faults))
            importer.resolve(cursor)
            summary.created, summary.updated, summary.unchanged = importer.write(cursor)
            cursor.execute("DROP TABLE incoming")
            summary.rejected = len(faults)
            before_commit()
            if summary.dry_run:
                transaction.set_rollback(True)
            else:
                record(
                    f"import.{importer.name}",
                    by=by,
                    object_type="import",
                    object_id=importer.name,
                    data={"file": file_name, "sha256": summary.sha256, **summary.counts()},
                )
    except IntegrityError as error:
        logger.warning("Import of %s met a concurrent change: %s", importer.name, constraint_of(error))
        raise FileRefused(
            _("Somebody changed the same data during the import. Nothing was written; import the file again.")
        ) from error
    with connection.cursor() as cursor:
        merge_gathered(cursor, importer.comparison().table)


def constraint_of(error: IntegrityError) -> str:
    """What the database refused by, for the log; its own words would name the person."""
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "a constraint")


@contextmanager
def _errors_file(errors_path: str | Path | None, source_path: Path) -> Iterator[Any]:
    """A file beside `errors_path` that takes its name when all went well; None without a path."""
    if errors_path is None:
        yield None
        return
    target = Path(errors_path)
    if target.exists() and source_path.exists() and target.samefile(source_path):
        raise FileRefused(_("The errors file must not be the imported file itself."))
    try:
        if target.is_dir():
            raise IsADirectoryError(target)
        handle = NamedTemporaryFile(  # noqa: SIM115 - closed below
            "w", encoding="utf-8", newline="", dir=target.parent, prefix=f".{target.name[:40]}.", delete=False
        )
    except OSError as error:
        raise _errors_refused(target, error) from error
    try:
        yield handle
        handle.close()
        Path(handle.name).chmod(0o640)
        Path(handle.name).replace(target)
    except BaseException:
        handle.close()
        Path(handle.name).unlink(missing_ok=True)
        raise


def _errors_refused(target: Any, error: OSError) -> FileRefused:
    return FileRefused(
        _("The errors file %(file)s cannot be written: %(error)s.") % {"file": target, "error": error}
    )


def _put_errors(handle: Any, layout: Layout, source: Source, faults: Faults) -> None:
    """Write the rejected rows as they came, in their order, one line each, with what is wrong."""
    if handle is None:
        return
    writer = csv.writer(handle)
    try:
        for line in rejected_rows(layout, source, faults):
            writer.writerow(line)
        handle.flush()
    except OSError as error:
        raise _errors_refused(handle.name, error) from error


def rejected_rows(layout: Layout, source: Source, faults: Faults) -> Iterator[list[Any]]:
    """The rows with faults as they came, each with its row, where and why; the heading first."""
    yield [*(layout.headings[place] for place in layout.repeated), *ERROR_COLUMNS]
    rows = source.rows() if faults else ()
    for row, raw in rows:
        found = faults.get(row)
        if found is not None:
            raw_row = raw + [""] * (layout.width - len(raw))
            yield [
                *(raw_row[place] for place in layout.repeated),
                row,
                "; ".join(layout.shown(column) for column, _reason in found),
                "; ".join(reason for _column, reason in found),
                *raw_row[layout.width :],  # cells without a heading stay without one
            ]
