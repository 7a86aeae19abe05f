"""All five kinds of import files by the names that the portal and the commands use."""

from employees.importing.employees import EmployeeImporter
from employees.importing.importer import Importer
from employees.importing.units import UnitImporter
from trainings.importing.classes import ClassImporter
from trainings.importing.history import HistoryImporter
from trainings.importing.programmes import ProgrammeImporter

KINDS: dict[str, type[Importer]] = {
    kind.name: kind
    for kind in (UnitImporter, EmployeeImporter, ProgrammeImporter, ClassImporter, HistoryImporter)
}
