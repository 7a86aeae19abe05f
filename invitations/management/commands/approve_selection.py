from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from audit.command import PortalCommand
from audit.errors import Refusal
from invitations import actions
from invitations.models import Selection


class Command(PortalCommand):
    help = "Approve a proposed selection as a named officer and issue its invitations, in this process."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("selection", metavar="ID", type=int)
        parser.add_argument("--by", metavar="USERNAME", required=True)

    def work(self, *, selection: int, by: str, **options: Any) -> dict[str, Any]:
        officer = get_user_model().objects.filter(username=by, is_active=True).first()
        if officer is None:
            raise Refusal(_("There is no active user named %(name)s.") % {"name": by})
        found = Selection.objects.filter(pk=selection).first()
        if found is None:
            raise Refusal(_("There is no selection with the number %(id)s.") % {"id": selection})
        # One transaction for both, so that a failure in issuing leaves nothing approved.
        with transaction.atomic():
            actions.approve(selection=found, by=officer, in_background=False)
            return actions.issue(found.pk)
