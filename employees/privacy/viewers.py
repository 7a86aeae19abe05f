"""Who can see a person now: read from the scoping rule itself, so that the two cannot part."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model

from accounts.models import RoleGrant
from accounts.roles import GRANTED, Permission, Role
from employees.models import Employee, Unit
from employees.scoping import grants_over


@dataclass
class Viewer:
    """A role at an office through which the person is seen: how many accounts hold it, and what it may do."""

    role: Role
    unit: Unit
    accounts: set[int] = field(default_factory=set)

    @property
    def permissions(self) -> list[str]:
        return [str(permission.label) for permission in Permission if permission in GRANTED[self.role]]


def viewers_of(employee: Employee) -> list[Viewer]:
    """The roles and offices that see this person today, the deepest office first."""
    return _grouped(grants_over(employee.unit.path, Permission.SEE_PEOPLE))


def _grouped(grants: Iterable[RoleGrant]) -> list[Viewer]:
    found: dict[tuple[str, int], Viewer] = {}
    for grant in grants:
        key = (grant.role, grant.unit_id)
        viewer = found.setdefault(key, Viewer(Role(grant.role), grant.unit))
        viewer.accounts.add(grant.user_id)
    order = list(Role)
    return sorted(found.values(), key=lambda v: (-v.unit.path.count("/"), v.unit.code, order.index(v.role)))


def account_viewers_of(employee: Employee) -> list[Viewer]:
    """Who looks after the person's account, and so sees name, unit, roles and a masked NIP; none without one."""
    if employee.user_id is None:
        return []
    return _grouped(grants_over(employee.unit.path, Permission.MANAGE_ACCOUNTS, service_areas=False))


def class_viewers_of(employee: Employee) -> list[Viewer]:
    """Who plans the classes in which the person has or had a seat and sees the class's people, wherever they work.

    Left out are accounts that see the person anyway.
    """
    classes = employee.participations.values("training_class__organiser").union(
        employee.history.exclude(training_class=None).values("training_class__organiser")
    )
    organisers = Unit.objects.filter(pk__in=[row["training_class__organiser"] for row in classes])
    grants = {
        grant.pk: grant
        for unit in organisers
        for grant in grants_over(unit.path, Permission.PLAN_CLASSES, service_areas=False)
    }
    anyway = {pk for viewer in viewers_of(employee) for pk in viewer.accounts}
    return _grouped(grant for grant in grants.values() if grant.user_id not in anyway)


def superusers() -> Any:
    """Accounts of the portal's operators, who see everybody."""
    return get_user_model().objects.filter(is_active=True, is_superuser=True)
