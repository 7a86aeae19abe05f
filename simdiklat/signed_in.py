"""Whoever has to sign in first comes back to where they were."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme


class SignInRequired(LoginRequiredMiddleware):
    """Django's own, except for requests that cannot be repeated by following a link.

    A part of a page asked for by htmx would put the sign-in page into the middle of the list: the whole
    page goes to sign in instead. A form that was sent after the session ended leads back to the page it
    was on, which puts in again what was typed (portal.js).
    """

    def handle_no_permission(  # type: ignore[override]  # a part of a page gets a header, not a redirect
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        came_from = request.headers.get("HX-Current-URL") or request.META.get("HTTP_REFERER", "")
        is_part = "HX-Request" in request.headers
        if not is_part and request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        target = _own_path(request, came_from)
        sign_in = redirect_to_login(
            target, self.get_login_url(view_func), self.get_redirect_field_name(view_func)
        )
        if not is_part:
            return sign_in
        response = HttpResponse(status=204)
        response["HX-Redirect"] = sign_in["Location"]
        return response


def _own_path(request: HttpRequest, address: str) -> str:
    """The path of an address of this portal; the front page for any other."""
    if not address or not url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return "/"
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
