"""What holds for every request of somebody signed in, and the answer to too many attempts."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts import second_factor
from accounts.limits import TooMany
from accounts.sessions import SEEN, UNTIL

#: The time of the last use is written at most this often, so that most requests write nothing.
_SEEN_STEP = 300


class SignInRules:
    """Ends sessions that lay idle, and turns TooMany into a page that says when to come back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Asked on every request anyway. Without the lazy stand-in, what is remembered on the user is found at once.
        request.user = get_user(request)
        if request.user.is_authenticated and self._over(request):
            logout(request)
            messages.info(request, _("You were signed out because the portal was not used for a while."))
            if request.method != "GET":
                return redirect(settings.LOGIN_URL)
        return self.get_response(request)

    def _over(self, request: HttpRequest) -> bool:
        """Whether the session has reached its age, or lay idle for SESSION_IDLE_SECONDS.

        Only sessions of people who see others end by lying idle: employees see only themselves, on their
        own phones. The two sums cost no query; the time of use is written every few minutes.
        """
        now = int(time.time())
        seen = request.session.get(SEEN)
        if now > request.session.get(UNTIL, now):
            return True
        if (
            seen is not None
            and now - seen > settings.SESSION_IDLE_SECONDS
            and second_factor.needed_by(request.user)
        ):
            return True
        if seen is None or now - seen >= _SEEN_STEP:
            request.session[SEEN] = now
            request.session.setdefault(UNTIL, now + settings.SESSION_COOKIE_AGE)
        return False

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooMany):
            return None
        response = render(
            request, "429.html", {"title": _("Too many attempts"), "too_many": exception}, status=429
        )
        response["Retry-After"] = str(exception.seconds)
        return response
