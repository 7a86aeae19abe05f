"""The only subtree rule: whose records may this user see?

A unit's place is its `path`, such as `/1/2/` (the closing slash keeps `/1/` from catching `/10/`).
A user sees what lies at or below the units of the roles that carry the permission asked for. An
organiser's role on a training centre reaches the centre and its service area of the day.
Outside the scope is 404, never 403.
"""

from collections.abc import Iterable
from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Q

from accounts.models import RoleGrant
from accounts.roles import Permission, Role, roles_with

#: The path above every unit.
EVERYWHERE = "/"


def scope_roots(user: Any, permission: str, *, service_areas: bool = True) -> list[str]:
    """Paths of the units at or below which `user` holds `permission` today; [] means nowhere.

    `service_areas=False` leaves out what an organiser only serves, for rights over its own classes.
    The answer is remembered on the user object, that is for one request.
    """
    if not user.is_authenticated or not user.is_active:
        return []
    if user.is_superuser:
        return [EVERYWHERE]
    memory = user.__dict__.setdefault("_scope_roots", {})
    key = (str(permission), service_areas)
    if key not in memory:
        memory[key] = _read_roots(user, permission, service_areas)
    return memory[key]


def _read_roots(user: Any, permission: str, service_areas: bool) -> list[str]:
    roles = roles_with(permission)
    grants = [grant for grant in user.grants_today() if grant.role in roles]
    paths = set().union(*reach(grants, service_areas=service_areas).values())
    return sorted(path for path in paths if not any(path != p and path.startswith(p) for p in paths))


def covers_everything(path: str) -> bool:
    """Whether the path is above every unit: `/`, or the one root's own (`/1/`; the database allows one).

    Then no row has to be compared with it, and a list need not even read the units to be in scope.
    """
    return path == EVERYWHERE or (path.startswith("/") and path.endswith("/") and path.count("/") == 2)


def reach(grants: Iterable[RoleGrant], *, service_areas: bool = True) -> dict[int, set[str]]:
    """Paths at or below which each of these grants holds, by the grant's key: its unit, and what it serves."""
    grants = list(grants)
    reached = {grant.pk: {grant.unit.path} for grant in grants}
    centres = [grant for grant in grants if grant.role == Role.ORGANISER]
    if centres and service_areas:
        served: dict[int, set[str]] = {}
        areas = apps.get_model("employees", "ServiceArea").objects.current()
        of_centres = areas.filter(organiser__in={grant.unit_id for grant in centres})
        for organiser, path in of_centres.values_list("organiser_id", "area__path"):
            served.setdefault(organiser, set()).add(path)
        for grant in centres:
            reached[grant.pk] |= served.get(grant.unit_id, set())
    return reached


def grants_over(path: str, permission: str, *, service_areas: bool = True) -> list[RoleGrant]:
    """Today's grants of active accounts by which whatever lies at this unit path is seen, by the rule above."""
    grants = list(
        RoleGrant.objects.current()
        .filter(role__in=roles_with(permission), user__is_active=True)
        .select_related("unit", "user")
        .order_by("pk")
    )
    reached = reach(grants, service_areas=service_areas)
    return [grant for grant in grants if any(path.startswith(root) for root in reached[grant.pk])]


def within(paths: Iterable[str], field: str) -> Q:
    """Condition: the unit path in `field` lies at or below one of `paths`. No paths: matches nothing."""
    condition = Q(pk__in=[])
    for path in paths:
        if covers_everything(path):
            return ~Q(
                pk__in=[]
            )  # true of every row, and still so beside an `|`, where an empty Q would vanish
        condition |= Q(**{f"{field}__startswith": path})
    return condition


class ScopedQuerySet(models.QuerySet):
    """A queryset that knows its road to a unit's path."""

    unit_path = "unit__path"
    permission: str = Permission.SEE_PEOPLE

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Only what `user` may see with the permission (the queryset's own by default)."""
        return self.filter(within(scope_roots(user, permission or self.permission), self.unit_path))

    def in_subtree(self, unit: Any) -> Self:
        """Only what lies at or below the unit."""
        return self.filter(within([unit.path], self.unit_path))
