"""Where the work at hand comes from: the request's network address, and what it has noted so far.

Held in a context variable, so that an action need not be handed the request to leave its trace.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from pghistory.middleware import HistoryMiddleware

from audit.addresses import without_keys


@dataclass
class Origin:
    """One request. `noted`: readings written during it, `told`: the people they name.

    `shown`: people whose names were written out; those not told yet are noted when the page is ready.
    """

    address: str | None = None
    noted: int = 0
    told: set[int] = field(default_factory=set)
    shown: set[int] = field(default_factory=set)


_current: ContextVar[Origin | None] = ContextVar("audit_origin", default=None)


def current() -> Origin:
    """The request being answered; outside of one, an origin without an address."""
    return _current.get() or Origin()


def show(*people: int | None) -> None:
    """These people (keys of employees) stand on the page being made; outside of a request, nothing."""
    here = _current.get()
    if here is not None:
        here.shown.update(key for key in people if key is not None)


def address_of(request: HttpRequest) -> str | None:
    """The reader's address. Behind the ministry's proxy it is the one that the proxy added, at the end."""
    given = request.META.get("REMOTE_ADDR", "")
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        given = request.META.get("HTTP_X_FORWARDED_FOR", given).split(",")[-1]
    try:
        return str(ip_address(given.strip()))
    except ValueError:
        return None


def middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Keep the request's origin while it is answered."""

    def remember(request: HttpRequest) -> HttpResponseBase:
        token = _current.set(Origin(address=address_of(request)))
        try:
            return get_response(request)
        finally:
            _current.reset(token)

    return remember


class ChangeContext(HistoryMiddleware):
    """Attaches who changes a record, from which page and address, to the row as it was before the change.

    Only requests that may change something (not GET) carry it; their statements are told to the database
    with one setting each.
    """

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().get_context(request)
        return {**context, "url": without_keys(request.path), "address": address_of(request)}
