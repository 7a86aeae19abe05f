"""Somebody who exists nowhere and a class that is not held, for previews of papers. Nothing of it is stored."""

from datetime import date, timedelta
from typing import Any

from employees.models import Employee, Unit
from trainings.models import Programme, TrainingClass


def sample_class(organiser: Unit, first_day: date, **values: Any) -> TrainingClass:
    """A class of six days and 60 JP that begins on this day."""
    return TrainingClass(
        programme=Programme(name="Pelatihan Contoh Moderasi Beragama", jp=60),
        batch="Angkatan I",
        organiser=organiser,
        first_day=first_day,
        last_day=first_day + timedelta(days=5),
        place="Kampus Contoh",
        **values,
    )


def sample_unit(key: int = -1) -> Unit:
    """A school; `key` is one that no row has."""
    return Unit(pk=key, name="MAN 1 Contoh", kind="MADRASAH")


def sample_person(unit: Unit, **values: Any) -> Employee:
    """A teacher of this unit."""
    known = {"name": "Pegawai Contoh", "front_title": "", "back_title": "S.Ag."}
    return Employee(unit=unit, grade="III/b", position="Guru Ahli Muda", **(known | values))
