"""From where somebody asks, as far as it can be believed."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

#: What stands for an address that cannot be told (a unix socket without a proxy).
UNKNOWN = "0.0.0.0"  # noqa: S104 - a mark, nothing listens on it
#: A household or an office has a whole network of IPv6 addresses; its first half names it.
_IPV6_PREFIX = 64


def client_address(request: HttpRequest) -> str:
    """The address of the browser.

    X-Forwarded-For is written by anybody; only what one of our own proxies added is believed: with
    TRUSTED_PROXIES = n the n-th address from the right. Shorter headers and nonsense count as absent.
    """
    believed = request.META.get("REMOTE_ADDR", "")
    proxies = settings.TRUSTED_PROXIES
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if proxies and len(forwarded) >= proxies and _parsed(forwarded[-proxies]):
        believed = forwarded[-proxies]
    parsed = _parsed(believed)
    return str(parsed) if parsed else UNKNOWN


def network(request: HttpRequest) -> str:
    """The address as limits count it: IPv6 by its network."""
    parsed = ipaddress.ip_address(client_address(request))
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((parsed, _IPV6_PREFIX), strict=False))
    return str(parsed)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return mapped or parsed
