"""What a kind of file is to the engine: columns, checks, and what to write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from employees.importing.staging import Stage
from employees.importing.values import CodedCells, items, whole

#: What the errors file adds to the columns; known, and of no meaning, when it is imported again.
ERROR_COLUMNS = ("BARIS", "KOLOM", "ALASAN")


@dataclass(frozen=True)
class Column:
    """A column of a format. `longest`: most characters the database keeps, for columns of free text."""

    name: str
    required: bool = False
    longest: int | None = None
    aliases: tuple[str, ...] = ()


class Faults(dict[int, list[tuple[str, str]]]):
    """What is wrong, by row: [(column, reason in words)]."""

    def add(self, row: int, column: str, reason: str) -> None:
        found = self.setdefault(row, [])
        if (column, reason) not in found:
            found.append((column, reason))


@dataclass(frozen=True)
class Comparison:
    """How a row `i` of `incoming` compares with its stored row `t`: SQL of this code, never of a file.

    `fields`: (column of both tables, heading of the file). `match` joins the two, `label` names the row to
    people, `stale` says that a row that was new in the preview is not any more. `missing` gives the ids
    of stored rows that the file could have named and did not; empty: nothing is looked for.
    """

    table: str
    fields: tuple[tuple[str, str], ...]
    label: str
    match: str = "t.id = i.id"
    changed: str = "false"
    stale: str = "false"
    missing: str = ""
    #: Fields that hold a key: (table, column that names the row to people).
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: Words of the codes of fields that no file has, by field: they are shown in the reader's language.
    words: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)


class Importer:
    """Base of the kinds of files. One instance serves one import.

    The order of calls: `prepare` (reads references), `check` per row, then in one transaction `settle`
    (locks; faults that concern several rows or the database), `resolve` once `incoming` is filled (who or
    what each row is about), and `write`. A preview in the portal ends after `resolve`, and its batches
    call `write` alone, each with its share of the resolved rows.
    """

    name: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    #: Groups of columns of which at least one must be in the file.
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    #: Columns of `incoming` besides `row`; see Stage.
    staged: ClassVar[tuple[tuple[str, str], ...]]
    #: Whether the portal writes the accepted rows in batches; small kinds are one batch.
    batched: ClassVar[bool] = False
    #: Whether most rows of a right file are about something stored already (not so for new classes).
    mostly_known: ClassVar[bool] = False

    #: Whether another process may check a part of the rows: then `found` and `absorb` hand over what it found.
    shares_checks: ClassVar[bool] = False

    #: Takes no locks: somebody only looks at what an import would do.
    preview = False

    def __init__(self, *, present: frozenset[str], faults: Faults, stage: Stage) -> None:
        self.present = present
        self.faults = faults
        self.stage = stage

    @classmethod
    def known(cls, heading: str) -> bool:
        return heading in ERROR_COLUMNS or any(heading in (c.name, *c.aliases) for c in cls.columns)

    def prepare(self) -> None:
        """Read what the checks of single rows need."""

    def check(self, row: int, cells: Sequence[str]) -> None:
        """Check one row (cells in the order of `columns`, absent ones ""); stage it if it is acceptable.

        Required cells and lengths were already looked at: the row may be among the faults.
        """
        raise NotImplementedError

    def found(self) -> Any:
        """What the checks of rows left besides what is staged; can be pickled."""
        raise NotImplementedError

    def absorb(self, found: Any) -> None:
        """Take over what another process `found` in other rows of the same file."""
        raise NotImplementedError

    def settle(self, cursor: Any) -> None:
        """Check what needs locks or all rows; may still stage rows."""

    def resolve(self, cursor: Any) -> None:
        """Complete `incoming` with what each row is about; may still find faults and take rows out."""

    def write(self, cursor: Any) -> tuple[int, int, int]:
        """Write what `incoming` holds; return how many were created, updated, unchanged."""
        raise NotImplementedError

    def comparison(self) -> "Comparison":
        """How resolved rows compare with what is stored, for the preview."""
        raise NotImplementedError

    def lock(self, cursor: Any, tables: str) -> None:
        """Keep other writers out of these tables until the transaction ends; not for a preview."""
        if not self.preview:
            cursor.execute(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")

    def fault(self, row: int, column: str, reason: str) -> None:
        self.faults.add(row, column, reason)

    def expect_code(self, row: int, column: str, cell: str, value: str, codes: CodedCells) -> None:
        """A fault if the cell is filled and `value`, what `codes` made of it, is empty."""
        if cell and not value:
            self.fault(row, column, _("Must be one of: %(choices)s.") % {"choices": codes.choices})

    def expect_date(self, row: int, column: str, cell: str, value: str) -> str:
        """A fault if the cell is filled and no date could be made of it. Returns the value."""
        if cell and not value:
            self.fault(
                row, column, _("This is not a date. Write it as YYYY-MM-DD, DD-MM-YYYY or DD/MM/YYYY.")
            )
        return value

    def expect_whole(self, row: int, column: str, cell: str, *, least: int, most: int) -> int | None:
        """The whole number of a filled cell, None for an empty one or after a fault."""
        if not cell:
            return None
        value = whole(cell)
        if value is None or not least <= value <= most:
            self.fault(
                row,
                column,
                _("This must be a whole number from %(least)d to %(most)d.") % {"least": least, "most": most},
            )
            return None
        return value

    def expect_list(self, row: int, column: str, cell: str, codes: CodedCells) -> list[str]:
        """The codes of a list, each once, in the order of the choices; a fault names the unknown ones."""
        parts = items(cell)
        wrong = [part for part in parts if not codes[part]]
        if wrong:
            self.fault(
                row,
                column,
                _("Unknown: %(wrong)s. Must be of: %(choices)s.")
                % {"wrong": ", ".join(wrong), "choices": codes.choices},
            )
        wanted = {codes[part] for part in parts}
        return [code for code in dict.fromkeys(codes.values()) if code in wanted]

    def have(self, *columns: str) -> bool:
        """Whether the file has all these columns."""
        return self.present.issuperset(columns)


def reject_repeated(importer: Importer, column: str, rows: Mapping[str, Sequence[int]]) -> None:
    """Reject every row whose code another row of the file has too; `rows` by code."""
    for same in rows.values():
        if len(same) > 1:
            reason = _("The same value is in the file %(count)d times.") % {"count": len(same)}
            for row in same:
                importer.fault(row, column, reason)
