"""How often one address may check in vain: guessing is stopped, an office full of people is not.

Counted per window of time in the cache, which all processes share.
"""

import time

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from audit import origin

#: Seconds of a window, and checks in vain within one.
WINDOW = 600
MOST = 20


def allowed(request: HttpRequest) -> bool:
    """Whether this address may check; it may not after MOST checks in vain within the window."""
    return cache.get(_key(request), 0) < MOST


def in_vain(request: HttpRequest) -> None:
    """Count a check that found nothing."""
    key = _key(request)
    cache.add(key, 0, WINDOW)
    cache.incr(key)


def seconds_left() -> int:
    """Until the window ends."""
    return WINDOW - int(time.time()) % WINDOW


def _key(request: HttpRequest) -> str:
    address = origin.current().address or request.META.get("REMOTE_ADDR", "")
    hashed = salted_hmac("certificates.limits", address, algorithm="sha256").hexdigest()
    return f"certificates:{int(time.time()) // WINDOW}:{hashed}"
