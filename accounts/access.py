"""Access, declared on each view and enforced by the declaration itself.

    @access(PUBLIC)                      anybody, without signing in
    @access(SIGNED_IN)                   anybody who is signed in; the view shows only their own
    @access(Permission.PLAN_CLASSES)     who holds the permission on some unit; the queryset scopes the rest

Who sees other people must have shown a second factor in the session before any view; only the views with
which one signs in and out and sets it up say `before_second_factor=True`. A public view is no exception:
it may show more to whoever is signed in, as the first page does.

A test walks every address and fails on a view that declares nothing.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts import second_factor
from accounts.roles import Permission, Role, roles_with
from audit import origin, reading
from audit.addresses import without_keys

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
    # Not `__dict__`: the request's user is a proxy, and what is set on it lands on the user behind it.
    held = getattr(user, "_held_permissions", None)
    if held is None:
        roles = {grant.role for grant in user.grants_today()}
        held = frozenset(
            str(permission) for permission in Permission if roles.intersection(roles_with(permission))
        )
        user._held_permissions = held
    return held


def is_auditor(user: Any) -> bool:
    """Whether the user holds the auditor's role on some unit today."""
    return user.is_authenticated and any(grant.role == Role.AUDITOR for grant in user.grants_today())


def _note_auditor(request: HttpRequest, response: HttpResponseBase) -> None:
    """Every page an auditor has been shown leaves a reading, unless the view itself has noted one."""
    if request.method != "GET" or response.status_code != 200 or origin.current().noted:
        return
    if is_auditor(request.user):
        match = request.resolver_match
        reading.note(
            reading.Kind.PAGE,
            by=request.user,
            what=match.view_name if match else "",
            object_type="page",
            object_id=without_keys(request.path)[:60],
            filters=dict(request.GET.items()),
        )


def _note_shown(request: HttpRequest, response: HttpResponseBase) -> None:
    """Whoever is named on the page, beside the reader, is told so in the log of reading: one entry a page."""
    if response.status_code != 200 or not request.user.is_authenticated or not origin.current().shown:
        return
    match = request.resolver_match
    reading.note_shown(
        by=request.user,
        own=getattr(getattr(request.user, "employee", None), "pk", None),
        what=match.view_name if match else "",
        path=request.path,
        filters=dict(request.GET.items()),
    )


def _to_second_factor(request: HttpRequest) -> HttpResponseBase:
    """The way to set a second factor up, or to show the one there is; afterwards back to where they were."""
    if getattr(request, "htmx", False):
        return HttpResponse(headers={"HX-Refresh": "true"})  # the whole page comes along
    has_one = second_factor.has_one(request.user)
    name = second_factor.way_to_show(request.user) if has_one else "accounts:second_factor"
    back = {"next": request.get_full_path()} if request.method == "GET" else {}
    return redirect(reverse(name, query=back))


def access(*needed: str, before_second_factor: bool = False) -> Callable[[View], View]:
    """Declare who may call a view: PUBLIC, SIGNED_IN or one or more permissions (any of them suffices)."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            permitted = PUBLIC in needed or SIGNED_IN in needed or holds(request.user, *needed)
            if not permitted:
                raise PermissionDenied
            if not before_second_factor and request.user.is_authenticated and second_factor.missing(request):
                return _to_second_factor(request)
            response = view(request, *args, **kwargs)
            _note_shown(request, response)
            _note_auditor(request, response)
            return response

        guarded.access = needed  # type: ignore[attr-defined]
        guarded.before_second_factor = before_second_factor  # type: ignore[attr-defined]
        return login_not_required(guarded) if PUBLIC in needed else guarded

    return declare
