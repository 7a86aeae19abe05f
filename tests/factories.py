"""Small builders for tests. Every person is synthetic; NIPs are made by the rule of formats.md."""

import itertools
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from employees.models import Employee, Unit
from trainings.models import ClassArea, HistoryRecord, Programme, TrainingClass

_numbers = itertools.count(1)


def nip_for(born: date, start: date, sex: str = "P", serial: int = 1) -> str:
    """A NIP of a PNS born and started on these days."""
    return f"{born:%Y%m%d}{start:%Y%m}{'1' if sex == 'L' else '2'}{serial:03d}"


def unit(code: str, parent: Unit | None = None, kind: str = "LAINNYA", **fields: Any) -> Unit:
    made = Unit.objects.create(code=code, name=fields.pop("name", code), kind=kind, parent=parent, **fields)
    made.refresh_from_db()  # the database has filled the path
    return made


def employee(unit: Unit, **fields: Any) -> Employee:
    n = next(_numbers)
    born = fields.setdefault("birth_date", date(1985, 1, 1) + timedelta(days=n % 3000))
    start = fields.setdefault("service_start", date(2010, 3, 1))
    sex = fields.setdefault("sex", "P")
    fields.setdefault("nip", nip_for(born, start, sex, n % 999 + 1))
    fields.setdefault("external_id", f"P{n:06d}")
    fields.setdefault("name", f"Pegawai {n}")
    fields.setdefault("status", "PNS")
    fields.setdefault("grade", "III/a")
    fields.setdefault("position_kind", "PELAKSANA")
    fields.setdefault("retirement_date", date(born.year + 58, born.month, 1))
    fields.setdefault("email", f"pegawai{n}@contoh.invalid")
    return Employee.objects.create(unit=unit, **fields)


def programme(code: str = "TEK-01", **fields: Any) -> Programme:
    defaults = {
        "name": f"Pelatihan {code}", "kind": "TEKNIS", "method": "KLASIKAL", "jp": 40, "resets_wait": True,
    }  # fmt: skip
    return Programme.objects.create(code=code, **{**defaults, **fields})


def training_class(
    programme: Programme,
    organiser: Unit,
    areas: list[Unit] | None = None,
    *,
    seeded: bool = True,
    **fields: Any,
) -> TrainingClass:
    """A scheduled class that begins in 30 days and lasts 5, unless told otherwise."""
    first = fields.setdefault("first_day", timezone.localdate() + timedelta(days=30))
    fields.setdefault("last_day", first + timedelta(days=4))
    fields.setdefault("confirm_by", first - timedelta(days=3))
    fields.setdefault("seats", 2)
    fields.setdefault("state", "scheduled")
    area_seats = fields.pop("area_seats", None)
    made = TrainingClass.objects.create(
        code=fields.pop("code", f"K{next(_numbers):05d}"), programme=programme, organiser=organiser, **fields
    )
    for i, area in enumerate(areas or []):
        ClassArea.objects.create(training_class=made, unit=area, seats=area_seats[i] if area_seats else None)
    if seeded:
        from trainings.seeds import draw

        draw(made)
    return made


def history(
    employee: Employee, last_day: date, programme: Programme | None = None, **fields: Any
) -> HistoryRecord:
    code = programme.code if programme else fields.pop("programme_code", "")
    title = fields.pop("title", programme.name if programme else "Pelatihan")
    fields.setdefault("kind", programme.kind if programme else "TEKNIS")
    fields.setdefault("jp", programme.jp if programme else 40)
    fields.setdefault("result", "LULUS")
    fields.setdefault("first_day", last_day)
    return HistoryRecord.objects.create(
        employee=employee, programme_code=code, title=title, last_day=last_day,
        identity=HistoryRecord.identity_of(code, title), **fields,
    )  # fmt: skip
