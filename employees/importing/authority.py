"""Who may import: a file may name anybody, so only those whose right to import covers the whole ministry."""

from typing import Any

from django.apps import apps

from accounts.roles import Permission
from employees.scoping import EVERYWHERE, scope_roots


def may_import(user: Any) -> bool:
    """Whether the user holds the permission at or above the root unit."""
    roots = scope_roots(user, Permission.IMPORT, service_areas=False)
    if EVERYWHERE in roots or not roots:
        return bool(roots)
    units = apps.get_model("employees", "Unit").objects
    return units.filter(parent=None, path__in=roots).exists()
