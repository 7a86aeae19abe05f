from typing import Any

from django.utils.translation import gettext as _

from audit.command import PortalCommand
from audit.errors import Refusal
from invitations import actions
from invitations.models import Invitation
from trainings.models import TrainingClass


class Command(PortalCommand):
    help = "Answer an invitation on someone's behalf; audited."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("code", metavar="KODE_KELAS")
        parser.add_argument("number", metavar="NIP", help="NIP or ID_PEGAWAI")
        parser.add_argument("answer", choices=["accept", "decline"])
        parser.add_argument("--reason", metavar="CODE", default="")
        parser.add_argument("--text", default="", help="the words that LAINNYA needs")

    def work(
        self, *, code: str, number: str, answer: str, reason: str, text: str, **options: Any
    ) -> dict[str, Any]:
        training_class = TrainingClass.objects.filter(code=code).first()
        if training_class is None:
            raise Refusal(_("There is no class with the code %(code)s.") % {"code": code})
        invitation = Invitation.objects.of_number(number).filter(training_class=training_class).last()
        if invitation is None:
            raise Refusal(_("%(number)s has no invitation to %(code)s.") % {"number": number, "code": code})
        answered = actions.answer(
            invitation=invitation,
            answer=answer,
            by=None,
            reason=reason,
            text=text,
            channel=Invitation.Channel.COMMAND,
        )
        promoted = answered.promoted.employee.number if answered.promoted else None
        return {"state": answered.state, "promoted": promoted}
