"""The training history file (formats.md, "history")."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from employees.importing import nip as nips
from employees.importing.importer import Column, Comparison, Importer
from employees.importing.people import People
from employees.importing.values import DateCells, choices
from trainings.codes import Result
from trainings.importing.programmes import KINDS, MOST_JP
from trainings.models import HistoryRecord, Programme

_RESULTS = choices(Result)
_LONGEST_IDENTITY = 260
#: What makes two records one (formats.md, "history").
_SAME_RECORD = (
    "{alias}.employee_id = i.employee_id AND {alias}.identity = i.identity AND {alias}.last_day = i.last_day"
)

_OPTIONAL = {
    "NAMA_PELATIHAN": "title",
    "JENIS": "kind",
    "PENYELENGGARA": "organiser",
    "MULAI": "first_day",
    "JP": "jp",
    "NOMOR_SERTIFIKAT": "certificate_number",
}


class HistoryImporter(Importer):
    """A record is one person's, of one programme code (or title), ending on one day.

    What JENIS, JP and NAMA_PELATIHAN leave empty is taken from the catalogue if it has the programme. The
    standing of the people follows in the database; an absence puts nobody on hold.
    """

    name = "history"
    batched = True
    #: Rows that repeat an earlier row of the file exactly.
    identical = 0
    columns = (
        Column("NIP"),
        Column("ID_PEGAWAI"),
        Column("KODE_PROGRAM", longest=40),
        Column("NAMA_PELATIHAN", longest=250),
        Column("JENIS"),
        Column("PENYELENGGARA", longest=200),
        Column("MULAI"),
        Column("SELESAI", required=True),
        Column("JP"),
        Column("HASIL", required=True),
        Column("NOMOR_SERTIFIKAT", longest=120),
    )
    one_of = (("KODE_PROGRAM", "NAMA_PELATIHAN"), ("NIP", "ID_PEGAWAI"))
    staged = (
        ("employee_id", "bigint"), ("programme_code", 'text COLLATE "C"'), ("title", "text"),
        ("identity", 'text COLLATE "C"'), ("kind", "text"), ("organiser", "text"), ("first_day", "date"),
        ("last_day", "date"), ("jp", "integer"), ("result", "text"), ("certificate_number", "text"),
    )  # fmt: skip

    def prepare(self) -> None:
        self.dates = DateCells()
        self.today = timezone.localdate().isoformat()
        with connection.cursor() as cursor:
            self.people = People.read(cursor)
        self.catalogue: dict[str, tuple[str, str, int]] = {
            code: (name, kind, jp)
            for code, name, kind, jp in Programme.objects.values_list("code", "name", "kind", "jp")
        }

    def check(self, row: int, cells: Sequence[str]) -> None:
        (
            nip, external_id, code, title, kind_cell, organiser, first_cell, last_cell, jp_cell, result_cell,
            certificate,
        ) = cells  # fmt: skip
        result, kind = _RESULTS[result_cell], KINDS[kind_cell]
        self.expect_code(row, "HASIL", result_cell, result, _RESULTS)
        self.expect_code(row, "JENIS", kind_cell, kind, KINDS)
        last = self.expect_date(row, "SELESAI", last_cell, self.dates[last_cell])
        first = self.expect_date(row, "MULAI", first_cell, self.dates[first_cell])
        if last > self.today:
            self.fault(row, "SELESAI", _("SELESAI is after today: history holds only what has ended."))
        if first and last and last < first:
            self.fault(row, "SELESAI", _("SELESAI is before MULAI."))
        jp = self.expect_whole(row, "JP", jp_cell, least=0, most=MOST_JP) if jp_cell else None
        if not code and not title:
            self.fault(row, "KODE_PROGRAM", _("Give the KODE_PROGRAM or the NAMA_PELATIHAN."))
        identity = HistoryRecord.identity_of(code, title)
        if len(identity) > _LONGEST_IDENTITY and not code:
            self.fault(row, "NAMA_PELATIHAN", _("The title is too long."))
        listed = self.catalogue.get(code)
        if listed:
            title, kind = title or listed[0], kind or listed[1]
            jp = listed[2] if jp is None and not jp_cell else jp
        person = self._person(row, nips.compact(nip), external_id)
        if person and row not in self.faults:
            self.stage.add(
                (
                    row, person, code, title, identity, kind, organiser, first or last, last, jp or 0, result,
                    certificate,
                )
            )  # fmt: skip

    def _person(self, row: int, nip: str, external_id: str) -> int | None:
        by_nip, by_id = self.people.find(nip, external_id)
        if by_nip and by_id and by_nip != by_id:
            self.fault(row, "NIP", _("NIP and ID_PEGAWAI belong to two different people."))
        elif not (nip or external_id):
            column = "NIP" if self.have("NIP") else "ID_PEGAWAI"
            self.fault(row, column, _("Give the NIP or the ID_PEGAWAI."))
        elif nip and not by_nip and (problem := nips.form_problem(nip)):
            self.fault(row, "NIP", problem)
        elif nips.lost_digits(external_id) and not by_id:
            self.fault(row, "ID_PEGAWAI", nips.lost_digits_reason())
        elif not (by_nip or by_id):
            self.fault(row, "NIP" if nip else "ID_PEGAWAI", _("There is no such person."))
        return by_nip or by_id

    def resolve(self, cursor: Any) -> None:
        self.identical = self._settle_repeated(cursor)

    def write(self, cursor: Any) -> tuple[int, int, int]:
        # Late, and only against other writers of history: readers and everybody else go on.
        self.lock(cursor, "trainings_historyrecord")
        present = [name for name, _column in self._updatable()]
        theirs = ", ".join(f"h.{name}" for name in present)
        ours = ", ".join(f"i.{name}" for name in present)
        same_record = _SAME_RECORD.format(alias="h")
        cursor.execute(
            f"UPDATE trainings_historyrecord h SET {', '.join(f'{name} = i.{name}' for name in present)} "
            f"FROM incoming i WHERE {same_record} AND ROW({theirs}) IS DISTINCT FROM ROW({ours})"
        )
        updated = cursor.rowcount
        listed = ", ".join(name for name, _kind in self.staged)
        cursor.execute(
            f"INSERT INTO trainings_historyrecord ({listed}) SELECT {listed} FROM incoming i "
            f"WHERE NOT EXISTS (SELECT 1 FROM trainings_historyrecord h WHERE {same_record}) "
            "ORDER BY employee_id, last_day, row"  # neighbours in the indexes
        )
        created = cursor.rowcount
        cursor.execute("SELECT count(*) FROM incoming")
        return created, updated, cursor.fetchone()[0] - created - updated + self.identical

    def _updatable(self) -> list[tuple[str, str]]:
        given = [(name, column) for column, name in _OPTIONAL.items() if self.have(column)]
        return [*given, ("result", "HASIL")]

    def comparison(self) -> Comparison:
        return Comparison(
            table="trainings_historyrecord",
            fields=tuple(self._updatable()),
            label="""(SELECT e.name || ' · ' || COALESCE(e.nip, e.external_id)
                FROM employees_employee e WHERE e.id = i.employee_id)
                || ' · ' || COALESCE(NULLIF(i.title, ''), i.programme_code)""",
            match=_SAME_RECORD.format(alias="t"),
            stale=f"EXISTS (SELECT 1 FROM trainings_historyrecord h WHERE {_SAME_RECORD.format(alias='h')})",
        )

    def _settle_repeated(self, cursor: Any) -> int:
        """Of each record the first row stands; reject the differing ones, return how many are identical."""
        cursor.execute(
            f"""
            CREATE TEMP TABLE repeated ON COMMIT DROP AS
            SELECT i.row, d.first_row,
                ({", ".join(f"i.{name}" for name, _kind in self.staged)})
                IS NOT DISTINCT FROM ({", ".join(f"f.{name}" for name, _kind in self.staged)}) AS identical
            FROM (SELECT row, min(row) OVER (PARTITION BY employee_id, identity, last_day) AS first_row
                  FROM incoming) d
            JOIN incoming i ON i.row = d.row JOIN incoming f ON f.row = d.first_row
            WHERE d.row <> d.first_row
            """
        )
        cursor.execute("DELETE FROM incoming i USING repeated r WHERE r.row = i.row")
        cursor.execute("SELECT row, first_row FROM repeated WHERE NOT identical")
        for row, first_row in cursor.fetchall():
            self.fault(
                row,
                "SELESAI",
                _("Row %(row)d is about the same training of the same person, and differs.")
                % {"row": first_row},
            )
        cursor.execute("SELECT count(*) FROM repeated WHERE identical")
        identical = cursor.fetchone()[0]
        cursor.execute("DROP TABLE repeated")
        return identical
