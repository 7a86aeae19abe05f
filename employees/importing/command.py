"""What the five import commands share: arguments, the summary, and the line for programs."""

import json
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from employees.importing.engine import Summary, run_import
from employees.importing.importer import Importer
from employees.importing.reading import FileRefused


class ImportCommand(BaseCommand):
    """Imports a file (formats.md). The last line on standard output is one JSON object with the counts.

    Exit 0 although rows were rejected; exit 2, with one line on standard error and nothing written, when
    the file as a whole cannot be imported.
    """

    #: Standard error carries at most the one line about the file.
    requires_system_checks = []

    importer: ClassVar[type[Importer]]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="CSV (UTF-8) or XLSX")
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument("--errors", metavar="OUT.csv", help="takes the rejected rows and the reasons")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            summary = run_import(
                self.importer,
                options["file"],
                by=None,
                dry_run=options["dry_run"],
                errors_path=options["errors"],
            )
        except FileRefused as refusal:
            raise CommandError(" ".join(refusal.user_message.split()), returncode=2) from refusal
        for line in described(summary, options["errors"]):
            self.stdout.write(line)
        self.stdout.write(json.dumps(summary.counts()))


def described(summary: Summary, errors_path: str | None) -> list[str]:
    """The summary in words, one line each."""
    lines = []
    if summary.unknown_columns:
        lines.append(
            ngettext(
                "An unknown column was ignored: %(columns)s.",
                "Unknown columns were ignored: %(columns)s.",
                len(summary.unknown_columns),
            )
            % {"columns": ", ".join(" ".join(column.split()) for column in summary.unknown_columns)}
        )
    lines += [
        _("Row %(row)d, %(column)s: %(reason)s") % {"row": row, "column": column, "reason": reason}
        for row, column, reason in summary.reasons
    ]
    if summary.rejected:
        lines.append(
            ngettext("%(count)d row was rejected.", "%(count)d rows were rejected.", summary.rejected)
            % {"count": summary.rejected}
        )
        if errors_path:
            lines.append(_("The rejected rows are in %(file)s.") % {"file": errors_path})
    if summary.dry_run:
        lines.append(_("This was a trial: nothing was written."))
    return lines
