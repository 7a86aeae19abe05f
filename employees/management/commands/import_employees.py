"""import_employees FILE [--dry-run] [--errors OUT.csv]"""

from employees.importing.command import ImportCommand
from employees.importing.employees import EmployeeImporter


class Command(ImportCommand):
    help = "Import employees from a CSV or XLSX file."
    importer = EmployeeImporter
