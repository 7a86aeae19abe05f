"""How a person's number is shown: whole where the viewer works with it, masked elsewhere (UU 27/2022)."""

from typing import Any

from accounts.access import holds
from accounts.roles import Permission
from employees.models import Employee


def nip_for(person: Employee, viewer: Any) -> str:
    """The NIP whole for the person and for roles that work with it (Permission.SEE_NIP), else masked."""
    own = person.user_id is not None and person.user_id == getattr(viewer, "pk", None)
    return person.nip_display if own or holds(viewer, Permission.SEE_NIP) else person.nip_masked
