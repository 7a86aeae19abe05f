import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from invitations.models import Selection
from invitations.verify import verify


class Command(BaseCommand):
    help = "Recompute a selection from its evidence and compare the stored rows; exit 1 when they differ."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("selection", metavar="ID", type=int)

    def handle(self, *args: Any, selection: int, **options: Any) -> None:
        found = Selection.objects.select_related("training_class", "seed", "requested_by").filter(
            pk=selection
        )
        if not found:
            raise CommandError(_("There is no selection with the number %(id)s.") % {"id": selection})
        finding = verify(found[0])
        for difference in finding.differences:
            self.stdout.write(difference)
        self.stdout.write(json.dumps({"selection": selection, "matches": finding.matches}))
        if not finding.matches:
            raise SystemExit(1)
