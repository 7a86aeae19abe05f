from typing import Any

from django.utils.translation import gettext as _

from audit.command import PortalCommand
from audit.errors import Refusal
from invitations import actions
from trainings.models import TrainingClass


class Command(PortalCommand):
    help = "Rank, allocate and propose the participants of a class, in this process."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("code", metavar="KODE_KELAS")

    def work(self, *, code: str, **options: Any) -> dict[str, Any]:
        training_class = TrainingClass.objects.filter(code=code).first()
        if training_class is None:
            raise Refusal(_("There is no class with the code %(code)s.") % {"code": code})
        selection = actions.start_selection(training_class=training_class, by=None, in_background=False)
        return actions.run_selection(selection.pk)
