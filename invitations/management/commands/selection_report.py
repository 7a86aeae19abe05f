import csv
import hashlib
import json
from pathlib import Path
from typing import IO, Any, cast

from django.utils.translation import gettext as _

from audit.command import PortalCommand, operator
from audit.errors import Refusal
from invitations import report
from invitations.actions.proving import note_report
from invitations.evidence import REPORT_COLUMNS
from invitations.models import Selection


class Command(PortalCommand):
    help = "Everyone considered in a selection, with outcome, code and the tuple that ordered them."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("selection", metavar="ID", type=int)
        parser.add_argument("--format", choices=["csv", "json"], required=True, dest="kind")
        parser.add_argument("-o", "--output", metavar="OUT", type=Path)

    def work(self, *, selection: int, kind: str, output: Path | None, **options: Any) -> None:
        found = Selection.objects.select_related("training_class", "seed").filter(pk=selection).first()
        if found is None:
            raise Refusal(_("There is no selection with the number %(id)s.") % {"id": selection})
        write = _csv if kind == "csv" else _json
        if output is None:
            note_report(selection=found, kind=kind, operator=operator())
            write(found, cast(IO[str], self.stdout._out))
            return
        partial = output.with_name(output.name + ".partial")
        try:
            with partial.open("w", encoding="utf-8", newline="") as target:
                write(found, target)
            # Told before the file stands under its name: who has it has left a trace.
            with partial.open("rb") as whole:
                digest = hashlib.file_digest(whole, "sha256").hexdigest()
            note_report(selection=found, kind=kind, operator=operator(), name=output.name, sha256=digest)
            partial.replace(output)
        except OSError as error:
            raise Refusal(
                _("%(path)s cannot be written: %(reason)s.") % {"path": output, "reason": error.strerror}
            ) from error
        finally:
            partial.unlink(missing_ok=True)


def _csv(selection: Selection, target: IO[str]) -> None:
    people = report.rows(selection)
    first = next(people, None)  # a refusal comes before the first byte is written
    writer = csv.DictWriter(target, REPORT_COLUMNS, lineterminator="\n")
    writer.writeheader()
    if first is not None:
        writer.writerow(first)
    writer.writerows(people)


def _json(selection: Selection, target: IO[str]) -> None:
    """One object, written row by row so that the size of the ministry does not matter."""
    people = (report.typed(person) for person in report.rows(selection))
    first = next(people, None)
    head = json.dumps(report.as_json(selection), ensure_ascii=False)
    target.write(head[:-1] + ', "rows": [')
    if first is not None:
        target.write("\n" + json.dumps(first, ensure_ascii=False))
    for person in people:
        target.write(",\n" + json.dumps(person, ensure_ascii=False))
    target.write("\n]}\n")
