"""import_units FILE [--dry-run] [--errors OUT.csv]"""

from employees.importing.command import ImportCommand
from employees.importing.units import UnitImporter


class Command(ImportCommand):
    help = "Import units from a CSV or XLSX file."
    importer = UnitImporter
