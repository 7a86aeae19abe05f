"""The classes file (formats.md, "classes")."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from employees.importing.importer import Column, Comparison, Importer, reject_repeated
from employees.importing.staging import new_ids, upsert
from employees.importing.values import MOST, DateCells, choices, items, whole
from employees.models import Unit
from trainings.codes import Allocation
from trainings.models import ClassArea, Programme, TrainingClass
from trainings.seeds import draw_many

_ALLOCATIONS = choices(Allocation)

#: Areas of a class: the unit's id and, under MANUAL, its seats.
Areas = dict[int, int | None]

_OPTIONAL = {
    "ANGKATAN": "batch",
    "TEMPAT": "place",
    "CADANGAN": "reserve",
    "ALOKASI": "allocation",
    "MAKS_PER_SATKER": "unit_cap",
    "BATAS_KONFIRMASI": "confirm_by",
}
#: Fields of a stored class that a file may change, with the heading of each.
_HEADINGS = {
    "programme_id": "KODE_PROGRAM", "batch": "ANGKATAN", "first_day": "MULAI", "last_day": "SELESAI",
    "organiser_id": "PENYELENGGARA", "place": "TEMPAT", "seats": "KURSI", "reserve": "CADANGAN",
    "allocation": "ALOKASI", "unit_cap": "MAKS_PER_SATKER", "confirm_by": "BATAS_KONFIRMASI",
    "state": "STATUS",
}  # fmt: skip


@dataclass(slots=True)
class _Line:
    row: int
    code: str
    programme_id: int
    batch: str
    first_day: str
    last_day: str
    organiser_id: int
    place: str
    seats: int
    reserve: int
    areas: Areas
    allocation: str
    unit_cap: int
    confirm_by: str
    #: KURSI_WILAYAH as it came, for a stored class whose allocation decides whether it counts.
    area_seats: str


class ClassImporter(Importer):
    """Classes are matched by KODE_KELAS. A repeated code inside a file: every such row is an error.

    An imported class is scheduled, and a seed is drawn for it. What people were already promised does not
    change: with seats taken, a class keeps its programme, dates, areas and allocation. A cancelled class
    stays as it is. KURSI_WILAYAH counts under MANUAL alone and is not read otherwise.
    """

    name = "classes"
    columns = (
        Column("KODE_KELAS", required=True, longest=40),
        Column("KODE_PROGRAM", required=True),
        Column("ANGKATAN", longest=60),
        Column("MULAI", required=True),
        Column("SELESAI", required=True),
        Column("PENYELENGGARA", required=True),
        Column("TEMPAT", longest=200),
        Column("KURSI", required=True),
        Column("CADANGAN"),
        Column("WILAYAH"),
        Column("ALOKASI"),
        Column("KURSI_WILAYAH"),
        Column("MAKS_PER_SATKER"),
        Column("BATAS_KONFIRMASI"),
    )
    staged = (
        ("id", "bigint"), ("fresh", "boolean"), ("areas_differ", "boolean"), ("code", "text"),
        ("programme_id", "bigint"), ("batch", "text"), ("first_day", "date"), ("last_day", "date"),
        ("organiser_id", "bigint"), ("place", "text"), ("seats", "integer"), ("reserve", "integer"),
        ("allocation", "text"), ("unit_cap", "integer"), ("confirm_by", "date"), ("state", "text"),
    )  # fmt: skip

    def prepare(self) -> None:
        self.dates = DateCells()
        self.units: dict[str, int] = dict(Unit.objects.values_list("code", "id"))
        self.root_id = Unit.objects.filter(parent=None).values_list("id", flat=True).first()
        self.programmes: dict[str, int] = dict(Programme.objects.values_list("code", "id"))
        self.seen: dict[str, list[int]] = {}
        self.lines: list[_Line] = []

    # --- One row -----------------------------------------------------------------------------------

    def check(self, row: int, cells: Sequence[str]) -> None:
        (
            code, programme, batch, first_cell, last_cell, organiser, place, seats_cell, reserve_cell,
            areas_cell, allocation_cell, area_seats_cell, cap_cell, confirm_cell,
        ) = cells  # fmt: skip
        if code:
            self.seen.setdefault(code, []).append(row)
        programme_id = self.programmes.get(programme)
        if programme and not programme_id:
            self.fault(
                row,
                "KODE_PROGRAM",
                _("The catalogue has no programme %(code)s.") % {"code": programme},
            )
        organiser_id = self.units.get(organiser)
        if organiser and not organiser_id:
            self.fault(row, "PENYELENGGARA", _("There is no unit %(code)s.") % {"code": organiser})
        first = self.expect_date(row, "MULAI", first_cell, self.dates[first_cell])
        last = self.expect_date(row, "SELESAI", last_cell, self.dates[last_cell])
        confirm = self.expect_date(row, "BATAS_KONFIRMASI", confirm_cell, self.dates[confirm_cell])
        if first and last and last < first:
            self.fault(row, "SELESAI", _("SELESAI is before MULAI."))
        if first and confirm and confirm > first:
            self.fault(row, "BATAS_KONFIRMASI", _("The last day to answer is after the first day."))
        seats = self.expect_whole(row, "KURSI", seats_cell, least=1, most=MOST)
        reserve = self.expect_whole(row, "CADANGAN", reserve_cell, least=0, most=MOST)
        cap = self.expect_whole(row, "MAKS_PER_SATKER", cap_cell, least=0, most=MOST)
        allocation = _ALLOCATIONS[allocation_cell] if allocation_cell else "NASIONAL"
        self.expect_code(row, "ALOKASI", allocation_cell, allocation, _ALLOCATIONS)
        areas = self._areas(row, items(areas_cell))
        if allocation == Allocation.MANUAL:
            areas = self._manual_seats(row, areas, area_seats_cell, seats)
        if row not in self.faults and programme_id and organiser_id and seats:
            if not confirm:
                confirm = TrainingClass.default_confirm_by(date.fromisoformat(first)).isoformat()
            self.lines.append(
                _Line(
                    row, code, programme_id, batch, first, last, organiser_id, place, seats, reserve or 0,
                    areas, allocation, cap or 0, confirm, area_seats_cell,
                )
            )  # fmt: skip

    def _areas(self, row: int, codes: list[str]) -> Areas:
        areas: Areas = {}
        for code in codes:
            unit = self.units.get(code)
            if unit is None:
                self.fault(row, "WILAYAH", _("There is no unit %(code)s.") % {"code": code})
            elif unit in areas:
                self.fault(row, "WILAYAH", _("The area %(code)s is named twice.") % {"code": code})
            else:
                areas[unit] = None
        return areas

    def _manual_seats(self, row: int, areas: Areas, cell: str, seats: int | None) -> Areas:
        """The areas with their seats, in the order of WILAYAH; without areas, the root is the only one."""
        listed = [whole(part.strip()) for part in cell.split("|")] if cell else []
        if not areas and self.root_id:
            areas = {self.root_id: None}
        if None in listed or len(listed) != len(areas):
            self.fault(
                row,
                "KURSI_WILAYAH",
                ngettext(
                    "With ALOKASI MANUAL, give one number of seats for the one area.",
                    "With ALOKASI MANUAL, give %(count)d numbers of seats, one per area, separated by |.",
                    len(areas),
                )
                % {"count": len(areas)},
            )
            return areas
        total = sum(number or 0 for number in listed)
        if seats and total != seats:
            self.fault(
                row,
                "KURSI_WILAYAH",
                _("The seats of the areas add up to %(total)d, but KURSI is %(seats)d.")
                % {"total": total, "seats": seats},
            )
        return dict(zip(areas, listed, strict=True))

    # --- All rows ----------------------------------------------------------------------------------

    def settle(self, cursor: Any) -> None:
        self.lock(cursor, "trainings_trainingclass")
        reject_repeated(self, "KODE_KELAS", self.seen)
        codes = [line.code for line in self.lines if line.row not in self.faults]
        stored = {found.code: found for found in TrainingClass.objects.filter(code__in=codes)}
        stored_areas: dict[int, Areas] = {found.pk: {} for found in stored.values()}
        for class_id, unit_id, seats in ClassArea.objects.filter(
            training_class__in=stored.values()
        ).values_list("training_class_id", "unit_id", "seats"):
            stored_areas[class_id][unit_id] = seats
        ids = new_ids(cursor, "trainings_trainingclass", [code for code in codes if code not in stored])
        self.new_ids = list(ids.values())
        #: Areas to be written, by class id.
        self.areas: dict[int, Areas] = {}
        for line in self.lines:
            if line.row in self.faults:
                continue
            found = stored.get(line.code)
            if found is None:
                self._stage(line, ids[line.code], fresh=True, areas_differ=False, state="scheduled")
                self.areas[ids[line.code]] = line.areas
                continue
            self._keep_absent(line, found, stored_areas[found.pk])
            changes = self._changes(line, found, stored_areas[found.pk])
            self._refuse_broken_promises(line, found, changes)
            cancelled = found.state == TrainingClass.State.CANCELLED
            state = found.state if cancelled else TrainingClass.State.SCHEDULED
            self._stage(line, found.pk, fresh=False, areas_differ="WILAYAH" in changes, state=state)
            if "WILAYAH" in changes and line.row not in self.faults:
                self.areas[found.pk] = line.areas

    def _keep_absent(self, line: _Line, found: TrainingClass, areas: Areas) -> None:
        """What the file has no column for stays as it is stored."""
        for column, name in _OPTIONAL.items():
            if column != "BATAS_KONFIRMASI" and not self.have(column):
                setattr(line, name, getattr(found, name))
        usual = TrainingClass.default_confirm_by(found.first_day)
        if not self.have("BATAS_KONFIRMASI") and found.confirm_by != usual:
            line.confirm_by = found.confirm_by.isoformat()
            if line.confirm_by > line.first_day:
                self.fault(
                    line.row, "MULAI", _("The stored last day to answer is later. Add BATAS_KONFIRMASI.")
                )
        if line.allocation == Allocation.MANUAL and not self.have("ALOKASI") and self.have("WILAYAH"):
            line.areas = self._manual_seats(line.row, line.areas, line.area_seats, line.seats)
        if not self.have("WILAYAH"):
            line.areas = areas
            if line.allocation == Allocation.MANUAL and sum(s or 0 for s in areas.values()) != line.seats:
                self.fault(
                    line.row,
                    "KURSI",
                    _("The seats of the stored areas do not add up to KURSI. Add WILAYAH and KURSI_WILAYAH."),
                )

    @staticmethod
    def _changes(line: _Line, found: TrainingClass, areas: Areas) -> list[str]:
        """Columns that differ from the stored class, of those that matter once seats are taken."""
        compared = {
            "KODE_PROGRAM": (line.programme_id, found.programme_id),
            "MULAI": (line.first_day, found.first_day.isoformat()),
            "SELESAI": (line.last_day, found.last_day.isoformat()),
            "WILAYAH": (line.areas, areas),
            "ALOKASI": (line.allocation, found.allocation),
        }
        return [column for column, (new, old) in compared.items() if new != old]

    def _refuse_broken_promises(self, line: _Line, found: TrainingClass, changes: list[str]) -> None:
        taken = found.seats_taken
        if line.seats < taken:
            self.fault(
                line.row,
                "KURSI",
                ngettext(
                    "%(count)d seat is taken already: KURSI cannot be less.",
                    "%(count)d seats are taken already: KURSI cannot be less.",
                    taken,
                )
                % {"count": taken},
            )
        if taken:
            for column in changes:
                self.fault(
                    line.row, column, _("Seats of this class are taken: this can no longer be changed.")
                )
        if found.state == TrainingClass.State.CANCELLED:
            others = {
                "ANGKATAN": line.batch != found.batch,
                "PENYELENGGARA": line.organiser_id != found.organiser_id,
                "TEMPAT": line.place != found.place,
                "KURSI": line.seats != found.seats,
                "CADANGAN": line.reserve != found.reserve,
                "MAKS_PER_SATKER": line.unit_cap != found.unit_cap,
                "BATAS_KONFIRMASI": line.confirm_by != found.confirm_by.isoformat(),
            }
            for column in [*changes, *(name for name, differs in others.items() if differs)]:
                self.fault(line.row, column, _("The class was cancelled: it can no longer be changed."))

    def _stage(self, line: _Line, pk: int, *, fresh: bool, areas_differ: bool, state: str) -> None:
        self.stage.add(
            (
                line.row, pk, fresh, areas_differ, line.code, line.programme_id, line.batch, line.first_day,
                line.last_day, line.organiser_id, line.place, line.seats, line.reserve, line.allocation,
                line.unit_cap, line.confirm_by, str(state),
            )
        )  # fmt: skip

    def write(self, cursor: Any) -> tuple[int, int, int]:
        updatable = list(_HEADINGS)
        counts = upsert(
            cursor,
            "trainings_trainingclass",
            columns=["id", "code", *updatable],
            updatable=updatable,
            changed="i.areas_differ",
            new="i.fresh",
        )
        ClassArea.objects.filter(training_class__in=list(self.areas)).delete()
        ClassArea.objects.bulk_create(
            [
                ClassArea(training_class_id=class_id, unit_id=unit_id, seats=seats)
                for class_id, areas in self.areas.items()
                for unit_id, seats in areas.items()
            ],
            batch_size=5_000,
        )
        cursor.execute(
            "SELECT i.id FROM incoming i WHERE i.state = 'scheduled' "
            "AND NOT EXISTS (SELECT 1 FROM trainings_seed s WHERE s.training_class_id = i.id) ORDER BY i.id"
        )
        draw_many([pk for (pk,) in cursor.fetchall()])
        return counts

    def comparison(self) -> Comparison:
        return Comparison(
            table="trainings_trainingclass",
            fields=tuple(_HEADINGS.items()),
            label="i.code",
            changed="i.areas_differ",
            references={
                "programme_id": ("trainings_programme", "name"), "organiser_id": ("employees_unit", "name")
            },
            words={"state": dict(TrainingClass.State.choices)},
        )  # fmt: skip
