"""Access, declared on each view and enforced by the declaration itself.

    @access(PUBLIC)                      anybody, without signing in
    @access(SIGNED_IN)                   anybody who is signed in; the view shows only their own
    @access(Permission.PLAN_CLASSES)     who holds the permission on some unit; the queryset scopes the rest

A test walks every address and fails on a view that declares nothing.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from accounts.models import RoleGrant
from accounts.roles import Permission, roles_with

PUBLIC = "public"
SIGNED_IN = "signed_in"

View = Callable[..., HttpResponseBase]


def holds(user: Any, *permissions: str) -> bool:
    """Whether the user holds one of the permissions on some unit today."""
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_superuser or bool(held_permissions(user).intersection(permissions))


def held_permissions(user: Any) -> frozenset[str]:
    """Every permission the user holds on some unit today; remembered on the user object."""
    if user.is_superuser:
        return frozenset(Permission.values)
    # Not by `user.__dict__`: the request's user is a lazy stand-in with a `__dict__` of its own.
    held: frozenset[str] | None = getattr(user, "_held_permissions", None)
    if held is None:
        roles = set(RoleGrant.objects.current().filter(user=user).values_list("role", flat=True))
        held = frozenset(
            str(permission) for permission in Permission if roles.intersection(roles_with(permission))
        )
        user._held_permissions = held
    return held


def access(*needed: str) -> Callable[[View], View]:
    """Declare who may call a view: PUBLIC, SIGNED_IN or one or more permissions (any of them suffices)."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            permitted = PUBLIC in needed or SIGNED_IN in needed or holds(request.user, *needed)
            if not permitted:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access = needed  # type: ignore[attr-defined]
        return login_not_required(guarded) if PUBLIC in needed else guarded

    return declare
