"""What every page's frame needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.access import held_permissions, holds
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
    #: The letter that opens it after `g`.
    key: str = ""


def _entries(held: frozenset[str], learns: bool) -> Iterator[Entry]:
    """The navigation of whoever holds these permissions, in the order of use; `learns`: and is in training."""
    P = Permission
    wanted: list[tuple[bool, str, str, str]] = [
        (True, _("Home"), "home", "home"),
        (P.SEE_CLASSES in held, _("Classes"), "trainings:class_list", "classes"),
        (P.SEE_CLASSES in held, _("Calendar"), "calendar", "calendar"),
        (P.SEE_PEOPLE in held, _("Employees"), "employees:list", "people"),
        (P.SEE_PEOPLE in held, _("Training history"), "trainings:history_list", "award"),
        (P.SEE_SELECTIONS in held, _("Invitations"), "invitations:list", "invitations"),
        (P.DOWNLOAD_LISTS in held, _("Letters"), "invitations:letter_list", "letter"),
        (P.SEE_FIGURES in held, _("Figures"), "reports:index", "figures"),
        (P.SEE_CLASSES in held, _("Catalogue"), "trainings:programme_list", "catalogue"),
        (learns, _("My training"), "invitations:mine", "award"),
        (P.VERIFY_CLAIMS in held, _("Claims"), "trainings:claim_list", "check"),
        (P.MERGE_PEOPLE in held, _("Duplicates"), "employees:pairs", "merge"),
        (P.SET_RULE in held, _("Settings of the rule"), "trainings:rule_settings", "settings"),
        (P.IMPORT in held, _("Imports"), "employees:imports", "upload"),
        (P.MANAGE_ACCOUNTS in held, _("Accounts"), "employees:accounts", "key"),
        (True, _("Messages"), "outbox:list", "messages"),
        (True, _("Personal data"), "privacy", "shield"),
        (
            bool(held & {P.PLAN_CLASSES, P.SELECT, P.IMPORT, P.DOWNLOAD_LISTS}),
            _("Tasks"),
            "jobs:list",
            "jobs",
        ),
        (P.SEE_AUDIT in held, _("Audit trail"), "audit", "trail"),
    ]
    for shown, label, name, icon in wanted:
        if shown:
            yield Entry(label, reverse(name), icon, KEYS.get(name, ""))


@lru_cache(maxsize=500)
def _navigation(held: frozenset[str], learns: bool, language: str | None) -> tuple[Entry, ...]:
    """The same, kept by the active language: it changes with nothing else."""
    return tuple(_entries(held, learns))


@lru_cache(maxsize=2_000)
def _drawn(
    template: str,
    entries: tuple[Entry, ...],
    current: frozenset[Entry],
    can_search: bool,
    language: str | None,
) -> SafeString:
    """A part of the frame that is made of nothing else."""
    return render_to_string(template, {"entries": entries, "current": current, "can_search": can_search})


class Frame:
    """Navigation, roles and units of the person signed in; worked out only when a page shows its frame."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._user = request.user

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The navigation by role, in the order of use."""
        held = held_permissions(self._user) if self._user.is_active else frozenset()
        return _navigation(held, bool(self.grants and self.employee), get_language())

    @cached_property
    def current(self) -> frozenset[Entry]:
        """The entries under which the page at hand lies."""
        here = self._request.path
        return frozenset(
            entry
            for entry in self.entries
            if here == entry.url or (entry.url != "/" and here.startswith(entry.url))
        )

    def _part(self, name: str) -> SafeString:
        return _drawn(f"components/{name}.html", self.entries, self.current, self.can_search, get_language())

    @property
    def side(self) -> SafeString:
        """The navigation beside the page."""
        return self._part("side")

    @property
    def bottom(self) -> SafeString:
        """The navigation of a phone."""
        return self._part("bottom")

    @property
    def shortcuts(self) -> SafeString:
        """The sheet of keyboard shortcuts."""
        return self._part("shortcuts")

    @property
    def grants(self) -> list[RoleGrant]:
        return cast(Any, self._user).grants_today()

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
