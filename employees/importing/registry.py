"""The kinds of files the portal imports. Rooms above this one add theirs when the portal starts."""

from employees.importing.employees import EmployeeImporter
from employees.importing.importer import Importer
from employees.importing.units import UnitImporter

_kinds: dict[str, type[Importer]] = {kind.name: kind for kind in (UnitImporter, EmployeeImporter)}


def register(kind: type[Importer]) -> None:
    """Let the portal import files of this kind."""
    _kinds[kind.name] = kind


def importer_for(name: str) -> type[Importer]:
    """The importer of a kind of file. KeyError for a name nobody registered."""
    return _kinds[name]
