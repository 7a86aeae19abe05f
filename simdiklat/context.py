"""What every page's frame needs."""

from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.access import holds
from accounts.models import RoleGrant
from accounts.roles import Permission, Role

#: The letter that opens a page after `g`.
KEYS = {
    "home": "h", "trainings:class_list": "c", "calendar": "k", "employees:list": "p",
    "invitations:list": "i", "invitations:letter_list": "l", "reports:index": "s", "trainings:programme_list": "r",
    "invitations:mine": "m", "outbox:list": "n", "jobs:list": "t",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation."""

    label: str
    url: str
    icon: str
    current: bool
    #: The letter that opens it after `g`.
    key: str = ""


class Frame:
    """Navigation, roles and units of the person signed in; worked out only when a page shows its frame."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._user = request.user

    @cached_property
    def entries(self) -> list[Entry]:
        """The navigation by role, in the order of use."""
        P = Permission
        wanted: list[tuple[bool, str, str, str]] = [
            (True, _("Home"), "home", "home"),
            (holds(self._user, P.SEE_CLASSES), _("Classes"), "trainings:class_list", "classes"),
            (holds(self._user, P.SEE_CLASSES), _("Calendar"), "calendar", "calendar"),
            (holds(self._user, P.SEE_PEOPLE), _("Employees"), "employees:list", "people"),
            (holds(self._user, P.SEE_PEOPLE), _("Training history"), "trainings:history_list", "award"),
            (holds(self._user, P.SEE_SELECTIONS), _("Invitations"), "invitations:list", "invitations"),
            (holds(self._user, P.DOWNLOAD_LISTS), _("Letters"), "invitations:letter_list", "letter"),
            (holds(self._user, P.SEE_FIGURES), _("Figures"), "reports:index", "figures"),
            (holds(self._user, P.SEE_CLASSES), _("Catalogue"), "trainings:programme_list", "catalogue"),
            (bool(self.employee and self.grants), _("My training"), "invitations:mine", "award"),
            (holds(self._user, P.VERIFY_CLAIMS), _("Claims"), "trainings:claim_list", "award"),
            (holds(self._user, P.MERGE_PEOPLE), _("Duplicates"), "employees:pairs", "people"),
            (holds(self._user, P.SET_RULE), _("Settings of the rule"), "trainings:rule_settings", "shield"),
            (holds(self._user, P.IMPORT), _("Imports"), "employees:imports", "upload"),
            (holds(self._user, P.MANAGE_ACCOUNTS), _("Accounts"), "employees:accounts", "key"),
            (True, _("Messages"), "outbox:list", "messages"),
            (True, _("Personal data"), "privacy", "shield"),
            (
                holds(self._user, P.PLAN_CLASSES, P.SELECT, P.IMPORT, P.DOWNLOAD_LISTS),
                _("Tasks"),
                "jobs:list",
                "jobs",
            ),
            (holds(self._user, P.SEE_AUDIT), _("Audit trail"), "audit", "key"),
        ]
        here = self._request.path
        entries = []
        for shown, label, name, icon in wanted:
            if shown:
                url = reverse(name)
                current = here == url or (url != "/" and here.startswith(url))
                entries.append(Entry(label, url, icon, current, KEYS.get(name, "")))
        return entries

    @cached_property
    def grants(self) -> list[RoleGrant]:
        return list(RoleGrant.objects.current().filter(user=cast(Any, self._user)).select_related("unit"))

    @cached_property
    def employee(self) -> Any:
        """The person in the ministry's service behind this account, or None."""
        return getattr(self._user, "employee", None)

    @cached_property
    def roles(self) -> list[str]:
        """Each role with its unit, in words."""
        lines = [f"{Role(grant.role).label} · {grant.unit.name}" for grant in self.grants]
        if not lines and self.employee:
            lines = [_("Employee · %(unit)s") % {"unit": self.employee.unit.name}]
        if not lines and self._user.is_superuser:
            lines = [_("Superuser")]
        return lines or [_("No role yet")]

    @cached_property
    def can_search(self) -> bool:
        return holds(self._user, Permission.SEE_PEOPLE, Permission.SEE_CLASSES)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame: navigation, roles and units of the person signed in."""
    user = getattr(request, "user", None)
    return {"frame": Frame(request)} if user is not None and user.is_authenticated else {}
