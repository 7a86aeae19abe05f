"""Which language a page is written in, what browsers may do with what the portal answers, a page for 405."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers


def chosen_language(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """The language the person chose (the cookie), else Bahasa Indonesia.

    In place of Django's LocaleMiddleware, which asks the browser for its preference: most office computers
    run an English browser, and their users would get English without ever having chosen it. The other
    language is one click away on every page.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        # Not undone afterwards: a file that is streamed is written after the view has returned.
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = get_response(request)
        patch_vary_headers(response, ("Cookie",))
        response.headers.setdefault("Content-Language", translation.get_language() or language)
        return response

    return middleware


#: Nothing of the device but passkeys, and those for the portal's own pages only.
_PERMISSIONS = {
    **dict.fromkeys(
        (
            "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture",
            "encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer",
            "microphone", "midi", "payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
        ),
        "()",
    ),
    "publickey-credentials-create": "(self)",
    "publickey-credentials-get": "(self)",
}  # fmt: skip
#: The pages that read QR codes: they alone get the camera.
_CAMERA_PAGES = {"trainings:scan", "trainings:scanner"}


def _permissions(page: str) -> str:
    """The browser's features that the page of this name may use."""
    allowed = _PERMISSIONS | ({"camera": "(self)"} if page in _CAMERA_PAGES else {})
    return ", ".join(f"{name}={who}" for name, who in allowed.items())


def browser_rules(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Headers on every answer, errors and refused hosts included.

    What somebody signed in was shown is not kept by browsers or proxies: office computers are shared. A
    view that says otherwise is heeded.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        page = request.resolver_match.view_name if request.resolver_match else ""
        response.headers.setdefault("Permissions-Policy", _permissions(page))
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        # Whoever the request was found to be of; asking anew could cost a query, or fail without a database.
        user = request.__dict__.get("_cached_user")
        if user is not None and user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def only_by_button(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A page for whoever opens the address of a button (a reload, the language switch, a bookmark).

    Django answers 405 with nothing in it, which browsers show as a broken page.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code != 405 or request.method != "GET" or not request.accepts("text/html"):
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response.get("Allow", "POST")
        return page

    return middleware
