"""import_classes FILE [--dry-run] [--errors OUT.csv]"""

from employees.importing.command import ImportCommand
from trainings.importing.classes import ClassImporter


class Command(ImportCommand):
    help = "Import classes from a CSV or XLSX file."
    importer = ClassImporter
