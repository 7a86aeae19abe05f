"""Addresses that are keys of their own: whoever reads one in a log could use it."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

#: Parts of an address that open something by themselves: signed links, secrets printed as QR codes.
KEYS = frozenset({"token", "public_id"})


def without_keys(text: str) -> str:
    """The text (an address, or one in a sentence) with `…` in place of every such part."""
    return _with_key().sub(r"\1…", text)


@cache
def _with_key() -> re.Pattern[str]:
    """Matches each address up to its key, and the key; made from the portal's own addresses."""
    folders = "|".join(sorted({re.escape(before) for before in _folders(get_resolver().url_patterns)}))
    return re.compile(rf"(/(?:{folders}))[^/\s?#\"'<>]+")


def _folders(entries: list[Any], prefix: str = "") -> Iterator[str]:
    for entry in entries:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _folders(entry.url_patterns, route)
        elif isinstance(entry, URLPattern) and KEYS.intersection(entry.pattern.converters):
            yield re.split(r"<[^<>]*\b(?:token|public_id)>", route)[0]
