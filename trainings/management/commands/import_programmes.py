"""import_programmes FILE [--dry-run] [--errors OUT.csv]"""

from employees.importing.command import ImportCommand
from trainings.importing.programmes import ProgrammeImporter


class Command(ImportCommand):
    help = "Import programmes from a CSV or XLSX file."
    importer = ProgrammeImporter
