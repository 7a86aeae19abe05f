"""The employees file: the roster (formats.md, "employees")."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from employees.codes import PNS_GRADES, PPPK_GRADES, Activity, Level, PositionKind, Sex, Status
from employees.importing import nip as nips
from employees.importing.importer import Column, Comparison, Importer, reject_repeated
from employees.importing.people import People
from employees.importing.retirement import retirement_age, retirement_date
from employees.importing.staging import Stage, upsert
from employees.importing.values import CodedCells, DateCells, choices
from employees.models import Unit

_SEXES = choices(Sex)
_STATUSES = choices(Status)
_ACTIVITIES = choices(Activity)
_POSITION_KINDS = choices(PositionKind)
_LEVELS = choices(Level)
_PNS = CodedCells(tuple(PNS_GRADES))
_PPPK = CodedCells(PPPK_GRADES)
#: GOL_RUANG allowed for each status; NON_ASN have none.
_GRADES = {"PNS": _PNS, "CPNS": _PNS, "PPPK": _PPPK, "PPPK_PW": _PPPK, "NON_ASN": CodedCells(())}

#: Optional columns and the fields they fill: absent from a file, the stored values stay.
_OPTIONAL: dict[str, str] = {
    "GELAR_DEPAN": "front_title",
    "GELAR_BELAKANG": "back_title",
    "KEAKTIFAN": "activity",
    "GOL_RUANG": "grade",
    "JENIS_JABATAN": "position_kind",
    "JENJANG": "level",
    "JABATAN": "position",
    "EMAIL": "email",
    "NO_HP": "phone",
}
_FIELDS = [
    "nip", "external_id", "name", "front_title", "back_title", "sex", "birth_date", "status", "activity",
    "grade", "position_kind", "level", "position", "unit_id", "service_start", "retirement_date", "email",
    "phone",
]  # fmt: skip

#: The heading under which people know a field.
_HEADINGS = {
    "nip": "NIP", "external_id": "ID_PEGAWAI", "name": "NAMA", "sex": "JENIS_KELAMIN",
    "birth_date": "TANGGAL_LAHIR", "status": "STATUS", "unit_id": "KODE_SATUAN_KERJA",
    "service_start": "TMT_MULAI", "retirement_date": "TMT_PENSIUN",
} | {field: column for column, field in _OPTIONAL.items()}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stored:
    """What a file that lacks columns needs to know of an existing person."""

    nip: str
    grade: str
    position_kind: str
    level: str
    position: str
    #: TMT_PENSIUN when it is not the computed one: somebody set it.
    retirement_set: str


class _Line(NamedTuple):
    """What of an accepted row is needed again once all rows are read."""

    row: int
    nip: str
    external_id: str
    sex: str
    birth: str
    status: str
    position_kind: str
    level: str
    position: str
    retire_given: bool


class EmployeeImporter(Importer):
    """People are matched by NIP (a former one finds them too) or by ID_PEGAWAI.

    An empty NIP or ID_PEGAWAI never erases the stored one. A person found by ID_PEGAWAI who comes with
    another NIP gets it, and the one before is kept as a former NIP. A former NIP finds its person and
    never becomes the present one again.
    """

    name = "employees"
    mostly_known = True
    batched = True
    shares_checks = True
    columns = (
        Column("NIP", aliases=("NIP_BARU",)),
        Column("ID_PEGAWAI", longest=40),
        Column("NAMA", required=True, longest=200, aliases=("NAMA_LENGKAP",)),
        Column("GELAR_DEPAN", longest=60),
        Column("GELAR_BELAKANG", longest=120),
        Column("JENIS_KELAMIN", required=True),
        Column("TANGGAL_LAHIR", required=True),
        Column("STATUS", required=True, aliases=("STATUS_PEGAWAI",)),
        Column("KEAKTIFAN"),
        Column("GOL_RUANG"),
        Column("JENIS_JABATAN", aliases=("TIPE_JABATAN",)),
        Column("JENJANG", aliases=("LEVEL_JABATAN",)),
        Column("JABATAN", longest=200, aliases=("TAMPIL_JABATAN",)),
        Column("KODE_SATUAN_KERJA", required=True),
        Column("TMT_MULAI", required=True, aliases=("TMT_CPNS",)),
        Column("TMT_PENSIUN"),
        Column("EMAIL", longest=254),
        Column("NO_HP", longest=30),
    )
    one_of = (("NIP", "ID_PEGAWAI"),)
    staged = (
        ("nip", 'text COLLATE "C" NULL'), ("external_id", 'text COLLATE "C" NULL'), ("name", "text"),
        ("front_title", "text"), ("back_title", "text"), ("sex", "text"), ("birth_date", "date"),
        ("status", "text"), ("activity", "text"), ("grade", "text"), ("position_kind", "text"),
        ("level", "text"), ("position", "text"), ("unit_id", "bigint"), ("service_start", "date"),
        ("retirement_date", "date"), ("email", "text"), ("phone", "text"),
    )  # fmt: skip

    def prepare(self) -> None:
        self.units: dict[str, int] = dict(Unit.objects.values_list("code", "id"))
        self.dates = DateCells()
        self.today = timezone.localdate().isoformat()
        self.lines: list[_Line] = []
        self.matched = Stage(
            (("id", "bigint"), ("keeps_nip", "boolean"), ("retirement_date", "date NULL")), table="matched"
        )
        # Whether rows need the stored person to be judged or completed.
        self.partial = not self.have(
            "NIP", "GOL_RUANG", "JENIS_JABATAN", "JENJANG", "JABATAN", "TMT_PENSIUN"
        )  # fmt: skip
        self.nip_rows: dict[str, int] = {}
        self.id_rows: dict[str, int] = {}
        #: Rows whose NIP or ID_PEGAWAI another row has too: {column: {number: rows}}.
        self.repeated: dict[str, dict[str, list[int]]] = {"NIP": {}, "ID_PEGAWAI": {}}

    # --- One row -----------------------------------------------------------------------------------

    def check(self, row: int, cells: Sequence[str]) -> None:
        (
            nip, external_id, name, front_title, back_title, sex_cell, birth_cell, status_cell, activity_cell,
            grade_cell, kind_cell, level_cell, position, unit_code, start_cell, retire_cell, email, phone,
        ) = cells  # fmt: skip
        sex = _SEXES[sex_cell]
        status = _STATUSES[status_cell]
        activity = _ACTIVITIES[activity_cell] if activity_cell else "AKTIF"
        position_kind = _POSITION_KINDS[kind_cell]
        level = _LEVELS[level_cell]
        unit_id = self.units.get(unit_code)
        birth = self.dates[birth_cell]
        start = self.dates[start_cell]
        grade = _GRADES[status][grade_cell] if status else ""

        if not (sex and status and activity and unit_id):
            self.expect_code(row, "JENIS_KELAMIN", sex_cell, sex, _SEXES)
            self.expect_code(row, "STATUS", status_cell, status, _STATUSES)
            self.expect_code(row, "KEAKTIFAN", activity_cell, activity, _ACTIVITIES)
            if unit_code and not unit_id:
                self.fault(row, "KODE_SATUAN_KERJA", _("There is no unit %(code)s.") % {"code": unit_code})
        self.expect_code(row, "JENIS_JABATAN", kind_cell, position_kind, _POSITION_KINDS)
        self.expect_code(row, "JENJANG", level_cell, level, _LEVELS)
        if grade_cell and status and not grade:
            self.fault(row, "GOL_RUANG", _grade_reason(status))
        birth = self.expect_date(row, "TANGGAL_LAHIR", birth_cell, birth)
        start = self.expect_date(row, "TMT_MULAI", start_cell, start)
        retire = self.expect_date(row, "TMT_PENSIUN", retire_cell, self.dates[retire_cell])
        if birth:
            if birth > self.today:
                self.fault(row, "TANGGAL_LAHIR", _("The date of birth is after today."))
            if start and start <= birth:
                self.fault(row, "TMT_MULAI", _("The date must be after the date of birth."))
            if retire and retire <= birth:
                self.fault(row, "TMT_PENSIUN", _("The date must be after the date of birth."))
            if not retire:
                retire = retirement_date(birth, retirement_age(position_kind, level, position))
        if email and (email.count("@") != 1 or " " in email or email[0] == "@" or email[-1] == "@"):
            self.fault(row, "EMAIL", _("This is not an e-mail address. Without one, leave the cell empty."))
        nip = nips.compact(nip)
        self._check_numbers(row, nip, external_id, birth, sex, status)

        if row not in self.faults:
            self.stage.add(
                (
                    row, nip, external_id, name, front_title, back_title, sex, birth, status, activity, grade,
                    position_kind, level, position, unit_id, start, retire, email, phone,
                )
            )  # fmt: skip
            self.lines.append(
                _Line(
                    row, nip, external_id, sex, birth, status, position_kind, level, position,
                    retire_cell != "",
                )
            )  # fmt: skip

    def _check_numbers(self, row: int, nip: str, external_id: str, birth: str, sex: str, status: str) -> None:
        if nip:
            problem = nips.form_problem(nip)
            if problem:
                self.fault(row, "NIP", problem)
            else:
                for column, reason in nips.mismatch(nip, birth=birth, sex=sex, status=status):
                    self.fault(row, column, reason)
            self._note(self.nip_rows, "NIP", nip, row)
        if external_id:
            if nips.lost_digits(external_id):
                self.fault(row, "ID_PEGAWAI", nips.lost_digits_reason())
            self._note(self.id_rows, "ID_PEGAWAI", external_id, row)
        if not nip and status:
            if status == Status.NON_ASN:
                if not external_id:
                    self.fault(row, "ID_PEGAWAI", _("A NON_ASN without a NIP needs an ID_PEGAWAI."))
            elif self.have("NIP"):
                self.fault(row, "NIP", _("This cell must be filled, except for NON_ASN."))
            elif not external_id:
                self.fault(row, "ID_PEGAWAI", _("This cell must be filled."))

    def _note(self, rows: dict[str, int], column: str, number: str, row: int) -> None:
        first = rows.setdefault(number, row)
        if first != row:
            self.repeated[column].setdefault(number, [first]).append(row)

    def found(self) -> Any:
        numbers = {"NIP": self.nip_rows, "ID_PEGAWAI": self.id_rows}
        return dict(self.faults), [tuple(line) for line in self.lines], numbers, self.repeated

    def absorb(self, found: Any) -> None:
        faults, lines, numbers, repeated = found
        self.faults.update(faults)
        self.lines.extend(map(_Line._make, lines))
        self.lines.sort()
        for column, mine in (("NIP", self.nip_rows), ("ID_PEGAWAI", self.id_rows)):
            known = self.repeated[column]
            for number, row in numbers[column].items():
                theirs = repeated[column].get(number, [row])
                first = mine.setdefault(number, row)
                if first != row:
                    known[number] = sorted({*known.get(number, [first]), *theirs})
                    mine[number] = known[number][0]
                elif len(theirs) > 1:
                    known[number] = theirs

    # --- All rows ----------------------------------------------------------------------------------

    def settle(self, cursor: Any) -> None:
        self.lock(cursor, "employees_employee, employees_formernip")
        for column, numbers in self.repeated.items():
            reject_repeated(self, column, numbers)
        matched = self._match(People.read(cursor))
        stored = _stored(cursor, [person for line, person, keeps in matched if self.partial or keeps])
        for line, person, keeps_nip in matched:
            if line.row not in self.faults:
                self._complete(line, person, keeps_nip, stored.get(person) if person else None)

    def _match(self, people: People) -> list[tuple[_Line, int | None, bool]]:
        """(row, its person or None for a new one, whether that person's stored NIP stays) each."""
        matched: list[tuple[_Line, int | None, bool]] = []
        rows_of_person: dict[int, list[int]] = {}
        for line in self.lines:
            if line.row in self.faults:
                continue
            by_nip, by_id = people.find(line.nip, line.external_id)
            if by_nip and by_id and by_nip != by_id:
                self.fault(line.row, "NIP", _("NIP and ID_PEGAWAI belong to two different people."))
                continue
            person = by_nip or by_id
            keeps_nip = person is not None and (not line.nip or people.former.get(line.nip) == person)
            matched.append((line, person, keeps_nip))
            if person:
                rows_of_person.setdefault(person, []).append(line.row)
        for rows in rows_of_person.values():
            if len(rows) > 1:
                for row in rows:
                    self.fault(row, "NIP", _("Several rows of the file are about the same person."))
        return matched

    def _complete(self, line: _Line, person: int | None, keeps_nip: bool, stored: _Stored | None) -> None:
        """Check a row against the stored person, and stage what is known only now."""
        if not line.nip and line.status != Status.NON_ASN and not (stored and stored.nip):
            self.fault(line.row, "NIP", _("This cell must be filled, except for NON_ASN."))
        if keeps_nip and stored and stored.nip:
            for column, reason in nips.mismatch(
                stored.nip, birth=line.birth, sex=line.sex, status=line.status
            ):
                self.fault(
                    line.row,
                    column,
                    _("The person's present NIP is %(nip)s. %(reason)s")
                    % {"nip": stored.nip, "reason": reason},
                )
        retire = ""
        if stored and self.partial:
            if not self.have("GOL_RUANG") and stored.grade and not _GRADES[line.status][stored.grade]:
                self.fault(
                    line.row,
                    "GOL_RUANG",
                    _("The stored GOL_RUANG %(grade)s does not fit the STATUS %(status)s. Add the column.")
                    % {"grade": stored.grade, "status": line.status},
                )
            if not self.have("TMT_PENSIUN"):
                retire = stored.retirement_set
            if not retire and not line.retire_given:
                age = retirement_age(
                    line.position_kind if self.have("JENIS_JABATAN") else stored.position_kind,
                    line.level if self.have("JENJANG") else stored.level,
                    line.position if self.have("JABATAN") else stored.position,
                )
                retire = retirement_date(line.birth, age)
        if person:
            self.matched.add((line.row, person, keeps_nip, retire))

    def resolve(self, cursor: Any) -> None:
        self.matched.load(cursor, [])
        cursor.execute(
            """
            ALTER TABLE incoming ADD id bigint;
            UPDATE incoming i SET
                id = e.id,
                nip = CASE WHEN m.keeps_nip THEN e.nip ELSE i.nip END,
                -- The ID of a merged record finds the kept one, which keeps its own.
                external_id = CASE WHEN i.external_id IN (
                        SELECT external_id FROM employees_employee
                        WHERE merged_into_id IS NOT NULL AND external_id IS NOT NULL)
                    THEN e.external_id ELSE COALESCE(i.external_id, e.external_id) END,
                retirement_date = COALESCE(m.retirement_date, i.retirement_date)
            FROM matched m JOIN employees_employee e ON e.id = m.id WHERE m.row = i.row;
            ANALYZE incoming (id);
            """
        )
        cursor.execute("DROP TABLE matched")

    def write(self, cursor: Any) -> tuple[int, int, int]:
        self.lock(cursor, "employees_employee, employees_formernip")
        # A batch of new people alone has no ids: known, nobody is read to find whose NIP changed.
        cursor.execute("ANALYZE incoming (id)")
        cursor.execute(
            """
            INSERT INTO employees_formernip (employee_id, nip, until)
            SELECT e.id, e.nip, %s FROM incoming i JOIN employees_employee e ON e.id = i.id
            WHERE e.nip <> i.nip AND i.id IS NOT NULL
            """,
            [timezone.localdate()],
        )
        return upsert(cursor, "employees_employee", columns=_FIELDS, updatable=self._updatable())

    def _updatable(self) -> list[str]:
        absent = {field for column, field in _OPTIONAL.items() if not self.have(column)}
        return [name for name in _FIELDS if name not in absent]

    def comparison(self) -> Comparison:
        return Comparison(
            table="employees_employee",
            fields=tuple((name, _HEADINGS[name]) for name in self._updatable()),
            label="i.name || ' · ' || COALESCE(i.nip, i.external_id)",
            stale="""EXISTS (SELECT 1 FROM employees_employee x
                WHERE x.nip = i.nip OR x.external_id = i.external_id)
                OR EXISTS (SELECT 1 FROM employees_formernip f WHERE f.nip = i.nip)""",
            # People in service in a unit that the file names, without a row of their own.
            missing="""SELECT e.id FROM employees_employee e WHERE e.activity = 'AKTIF'
                AND e.unit_id IN (SELECT DISTINCT unit_id FROM incoming)
                AND NOT EXISTS (SELECT 1 FROM incoming i WHERE i.id = e.id)""",
            references={"unit_id": ("employees_unit", "name")},
        )


def _stored(cursor: Any, people: list[int | None]) -> dict[int, _Stored]:
    """What is stored of these people."""
    cursor.execute(
        "SELECT id, COALESCE(nip, ''), grade, position_kind, level, position, birth_date::text, "
        "retirement_date::text FROM employees_employee WHERE id = ANY (%s::bigint[])",
        [[person for person in people if person]],
    )
    found = {}
    for pk, nip, grade, kind, level, position, birth, retire in cursor:
        computed = retirement_date(birth, retirement_age(kind, level, position))
        found[pk] = _Stored(nip, grade, kind, level, position, "" if retire == computed else retire)
    return found


def _grade_reason(status: str) -> str:
    if status == Status.NON_ASN:
        return _("A NON_ASN has no GOL_RUANG. Leave the cell empty.")
    return _("For the STATUS %(status)s, GOL_RUANG must be one of: %(choices)s.") % {
        "status": status,
        "choices": _GRADES[status].choices,
    }
