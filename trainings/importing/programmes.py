"""The programmes file: the catalogue (formats.md, "programmes")."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from employees.codes import PNS_GRADES, Level, PositionKind, Status
from employees.importing.importer import Column, Comparison, Importer, reject_repeated
from employees.importing.staging import upsert
from employees.importing.values import CodedCells, choices
from trainings.codes import RESETTING_KINDS, Method, ProgrammeKind

KINDS = choices(ProgrammeKind)
_METHODS = choices(Method)
_STATUSES = choices(Status)
_POSITIONS = choices(PositionKind)
_LEVELS = choices(Level)
_GRADES = CodedCells(tuple(PNS_GRADES))
_ORDER = {grade: place for place, grade in enumerate(PNS_GRADES)}
_YES_NO = CodedCells({"Y": "true", "T": "false"})

#: Most JP of one programme or one training: what the column holds.
MOST_JP = 32_767

_ALWAYS = {"NAMA": "name", "JENIS": "kind", "METODE": "method", "JP": "jp"}
_OPTIONAL = {
    "STATUS_SASARAN": "target_statuses",
    "JABATAN_SASARAN": "target_positions",
    "JENJANG_SASARAN": "target_levels",
    "GOL_MIN": "grade_min",
    "GOL_MAX": "grade_max",
    "HITUNG_JEDA": "resets_wait",
    "BEBAS_BATAS_PPPK": "pppk_exempt",
}


class ProgrammeImporter(Importer):
    """Programmes are matched by KODE_PROGRAM. A repeated code inside a file: every such row is an error."""

    name = "programmes"
    columns = (
        Column("KODE_PROGRAM", required=True, longest=40),
        Column("NAMA", required=True, longest=250),
        Column("JENIS", required=True),
        Column("METODE", required=True),
        Column("JP", required=True),
        *(Column(name) for name in _OPTIONAL),
    )
    staged = (
        ("code", 'text COLLATE "C"'), ("name", "text"), ("kind", "text"), ("method", "text"),
        ("jp", "integer"),
        ("target_statuses", "varchar[]"), ("target_positions", "varchar[]"), ("target_levels", "varchar[]"),
        ("grade_min", "text"), ("grade_max", "text"), ("resets_wait", "boolean"), ("pppk_exempt", "boolean"),
    )  # fmt: skip

    def prepare(self) -> None:
        self.seen: dict[str, list[int]] = {}

    def check(self, row: int, cells: Sequence[str]) -> None:
        (
            code, name, kind_cell, method_cell, jp_cell, statuses, positions, levels, lowest_cell,
            highest_cell, resets_cell, exempt_cell,
        ) = cells  # fmt: skip
        kind, method = KINDS[kind_cell], _METHODS[method_cell]
        lowest, highest = _GRADES[lowest_cell], _GRADES[highest_cell]
        resets, exempt = _YES_NO[resets_cell], _YES_NO[exempt_cell]
        if code:
            self.seen.setdefault(code, []).append(row)
        self.expect_code(row, "JENIS", kind_cell, kind, KINDS)
        self.expect_code(row, "METODE", method_cell, method, _METHODS)
        jp = self.expect_whole(row, "JP", jp_cell, least=1, most=MOST_JP)
        self.expect_code(row, "GOL_MIN", lowest_cell, lowest, _GRADES)
        self.expect_code(row, "GOL_MAX", highest_cell, highest, _GRADES)
        if lowest and highest and _ORDER[lowest] > _ORDER[highest]:
            self.fault(row, "GOL_MIN", _("GOL_MIN is above GOL_MAX."))
        if resets_cell and not resets:
            self.fault(row, "HITUNG_JEDA", _("Must be Y or T."))
        if exempt_cell and not exempt:
            self.fault(row, "BEBAS_BATAS_PPPK", _("Must be Y or T."))
        targets = [
            self.expect_list(row, column, cell, codes)
            for column, cell, codes in (
                ("STATUS_SASARAN", statuses, _STATUSES),
                ("JABATAN_SASARAN", positions, _POSITIONS),
                ("JENJANG_SASARAN", levels, _LEVELS),
            )
        ]
        if row not in self.faults:
            self.stage.add(
                (
                    row, code, name, kind, method, jp, *(f"{{{','.join(codes)}}}" for codes in targets),
                    lowest, highest, resets or str(kind in RESETTING_KINDS).lower(), exempt or "false",
                )
            )  # fmt: skip

    def settle(self, cursor: Any) -> None:
        self.lock(cursor, "trainings_programme")
        reject_repeated(self, "KODE_PROGRAM", self.seen)

    def resolve(self, cursor: Any) -> None:
        cursor.execute(
            """
            ALTER TABLE incoming ADD id bigint;
            UPDATE incoming i SET id = p.id FROM trainings_programme p WHERE p.code = i.code;
            """
        )

    def write(self, cursor: Any) -> tuple[int, int, int]:
        return upsert(
            cursor,
            "trainings_programme",
            columns=["code", *_ALWAYS.values(), *_OPTIONAL.values()],
            updatable=[name for _column, name in self._updatable()],
        )

    def _updatable(self) -> list[tuple[str, str]]:
        return [*_ALWAYS.items(), *((c, name) for c, name in _OPTIONAL.items() if self.have(c))]

    def comparison(self) -> Comparison:
        return Comparison(
            table="trainings_programme",
            fields=tuple((name, column) for column, name in self._updatable()),
            label="i.name || ' · ' || i.code",
            missing="SELECT p.id FROM trainings_programme p "
            "WHERE NOT EXISTS (SELECT 1 FROM incoming i WHERE i.id = p.id)",
        )
