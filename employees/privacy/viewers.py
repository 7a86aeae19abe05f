"""Who can see a person now: read from the scoping rule itself, so that the two cannot part."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model

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
    found: dict[tuple[str, int], Viewer] = {}
    for grant in grants_over(employee.unit.path, Permission.SEE_PEOPLE):
        key = (grant.role, grant.unit_id)
        viewer = found.setdefault(key, Viewer(Role(grant.role), grant.unit))
        viewer.accounts.add(grant.user_id)
    order = list(Role)
    return sorted(found.values(), key=lambda v: (-v.unit.path.count("/"), v.unit.code, order.index(v.role)))


def superusers() -> Any:
    """Accounts of the portal's operators, who see everybody."""
    return get_user_model().objects.filter(is_active=True, is_superuser=True)
