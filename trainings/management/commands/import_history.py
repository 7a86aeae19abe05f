"""import_history FILE [--dry-run] [--errors OUT.csv]"""

from employees.importing.command import ImportCommand
from trainings.importing.history import HistoryImporter


class Command(ImportCommand):
    help = "Import training history from a CSV or XLSX file."
    importer = HistoryImporter
