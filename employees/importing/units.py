"""The units file: the tree of work units (formats.md, "units")."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from employees.codes import TimeZone, UnitKind
from employees.importing.importer import Column, Comparison, Importer, reject_repeated
from employees.importing.staging import new_ids, upsert
from employees.importing.values import CodedCells, choices
from employees.models import Unit

_KINDS = choices(UnitKind)
_ZONES = choices(TimeZone)
_YES_NO = CodedCells({"Y": "true", "T": "false"})
_LONGEST_PATH = 120
_ALWAYS = {"NAMA": "name", "JENIS": "kind", "KODE_ATASAN": "parent_id"}
_GIVEN = {"KODE_PROVINSI": "province_code", "ZONA_WAKTU": "time_zone", "AKTIF": "active"}


@dataclass
class _Line:
    """A row whose own cells are right."""

    row: int
    code: str
    parent: str
    values: tuple[str, ...]


class UnitImporter(Importer):
    """Rows may come before their parents; the tree that results must have one root and no cycle."""

    name = "units"
    mostly_known = True
    columns = (
        Column("KODE_SATUAN_KERJA", required=True, longest=30),
        Column("NAMA", required=True, longest=200),
        Column("JENIS", required=True),
        Column("KODE_ATASAN"),
        Column("KODE_PROVINSI", longest=10),
        Column("ZONA_WAKTU"),
        Column("AKTIF"),
    )
    one_of = (("KODE_ATASAN",),)  # the column must be there; its cell is empty for the root alone
    staged = (
        ("id", "bigint"), ("fresh", "boolean"), ("parent_id", "bigint NULL"), ("code", "text"),
        ("name", "text"), ("kind", "text"), ("province_code", "text"), ("time_zone", "text"),
        ("active", "boolean"),
    )  # fmt: skip

    def prepare(self) -> None:
        self.lines: list[_Line] = []
        self.seen: dict[str, list[int]] = {}

    def check(self, row: int, cells: Sequence[str]) -> None:
        code, name, kind_cell, parent, province, zone_cell, active_cell = cells
        kind, zone, active = _KINDS[kind_cell], _ZONES[zone_cell], _YES_NO[active_cell]
        self.expect_code(row, "JENIS", kind_cell, kind, _KINDS)
        self.expect_code(row, "ZONA_WAKTU", zone_cell, zone, _ZONES)
        if active_cell and not active:
            self.fault(row, "AKTIF", _("Must be Y or T."))
        if "|" in code:
            self.fault(row, "KODE_SATUAN_KERJA", _("A unit code must not contain the sign |."))
        if code:
            self.seen.setdefault(code, []).append(row)
        if row not in self.faults:
            values = (code, name, kind, province, zone or "WIB", active or "true")
            self.lines.append(_Line(row, code, parent, values))

    def settle(self, cursor: Any) -> None:
        self.lock(cursor, "employees_unit")
        stored = Unit.objects.values_list("code", "id", "parent__code")
        self.ids = {code: pk for code, pk, _parent in stored}
        self.stored_parents = {code: parent or "" for code, _pk, parent in stored}
        cursor.execute(
            "SELECT pg_sequence_last_value(pg_get_serial_sequence('employees_unit', 'id')::regclass)"
        )
        self.last_id = cursor.fetchone()[0] or 0
        reject_repeated(self, "KODE_SATUAN_KERJA", self.seen)
        self._settle_tree()
        self._stage(cursor)

    # --- The tree ----------------------------------------------------------------------------------

    def _accepted(self) -> dict[str, _Line]:
        return {line.code: line for line in self.lines if line.row not in self.faults}

    def _settle_tree(self) -> None:
        """Reject rows until what is left, laid over the stored units, is one tree.

        A rejected row leaves its unit as it is stored, which can make another row wrong or right to
        reject; so the rules are looked at again until none of them rejects anything.
        """
        self._reject_second_roots()
        wanted = {line.code for line in self.lines} | set(self.seen)
        while self._reject_orphans(wanted) or self._reject_cycles() or self._reject_depths():
            pass

    def _reject_second_roots(self) -> None:
        root = next((code for code, parent in self.stored_parents.items() if not parent), None)
        for line in self._accepted().values():
            if not line.parent:
                root = root or line.code
                if line.code != root:
                    self.fault(
                        line.row,
                        "KODE_ATASAN",
                        _("Only the root has no KODE_ATASAN, and the root is %(code)s.") % {"code": root},
                    )

    def _reject_orphans(self, wanted: set[str]) -> bool:
        lines = self._accepted()
        found = [
            line
            for line in lines.values()
            if line.parent and line.parent not in self.ids and line.parent not in lines
        ]
        for line in found:
            reason = (
                _("The row of the unit above, %(code)s, is rejected.")
                if line.parent in wanted
                else _("There is no unit %(code)s.")
            )
            self.fault(line.row, "KODE_ATASAN", reason % {"code": line.parent})
        return bool(found)

    def _parents(self, lines: dict[str, _Line]) -> dict[str, str]:
        return self.stored_parents | {code: line.parent for code, line in lines.items()}

    def _moved(self, code: str, lines: dict[str, _Line]) -> bool:
        """Whether a row places this unit anew: the rows that can be at fault for the tree's form."""
        return code in lines and self.stored_parents.get(code) != lines[code].parent

    def _reject_cycles(self) -> bool:
        lines = self._accepted()
        concerned = [
            code for cycle in _cycles(self._parents(lines)) for code in cycle if self._moved(code, lines)
        ]
        for code in concerned:
            self.fault(
                lines[code].row,
                "KODE_ATASAN",
                _("The unit would be below itself: %(parent)s is below %(code)s.")
                % {"parent": lines[code].parent, "code": code},
            )
        return bool(concerned)

    def _reject_depths(self) -> bool:
        """A path of ids must fit its column; ids of new units are taken as long as they can become."""
        lines = self._accepted()
        parents = self._parents(lines)
        longest_new = len(str(self.last_id + len(lines)))
        lengths: dict[str, int] = {"": 1}
        at_fault: set[str] = set()
        for code in parents:
            chain, place = [], code
            while place not in lengths:
                chain.append(place)
                place = parents[place]
            for place in reversed(chain):
                own = len(str(self.ids[place])) if place in self.ids else longest_new
                lengths[place] = lengths[parents[place]] + own + 1
            if lengths[code] > _LONGEST_PATH:
                place = code
                while place and not self._moved(place, lines):
                    place = parents[place]
                at_fault.add(place)
        at_fault.discard("")
        for code in at_fault:
            self.fault(lines[code].row, "KODE_ATASAN", _("There would be too many levels of units."))
        return bool(at_fault)

    # --- Writing -----------------------------------------------------------------------------------

    def _stage(self, cursor: Any) -> None:
        lines = self._accepted()
        new = [code for code in lines if code not in self.ids]
        ids = self.ids | new_ids(cursor, "employees_unit", new)
        for line in lines.values():
            parent_id = ids[line.parent] if line.parent else None
            self.stage.add((line.row, ids[line.code], line.code not in self.ids, parent_id, *line.values))

    def write(self, cursor: Any) -> tuple[int, int, int]:
        # One statement each: the trigger that keeps the paths sees only whole trees. New units go in
        # first, below units as they stand; then the existing ones move, perhaps below new ones.
        return upsert(
            cursor,
            "employees_unit",
            columns=["id", "code", *_ALWAYS.values(), *_GIVEN.values()],
            updatable=[name for _column, name in self._updatable()],
            new="i.fresh",
        )

    def _updatable(self) -> list[tuple[str, str]]:
        return [*_ALWAYS.items(), *((column, name) for column, name in _GIVEN.items() if self.have(column))]

    def comparison(self) -> Comparison:
        return Comparison(
            table="employees_unit",
            fields=tuple((name, column) for column, name in self._updatable()),
            label="i.name || ' · ' || i.code",
            missing="SELECT u.id FROM employees_unit u WHERE u.active "
            "AND NOT EXISTS (SELECT 1 FROM incoming i WHERE i.id = u.id)",
            references={"parent_id": ("employees_unit", "name")},
        )


def _cycles(parents: dict[str, str]) -> Iterator[list[str]]:
    """The cycles in a map from child to parent ("" above the root)."""
    done: set[str] = {""}
    for start in parents:
        walked: dict[str, int] = {}
        place = start
        while place not in done and place not in walked:
            walked[place] = len(walked)
            place = parents.get(place, "")
        if place in walked:
            yield list(walked)[walked[place] :]
        done.update(walked)
