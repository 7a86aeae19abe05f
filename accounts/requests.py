"""The request as views know it."""

from typing import Any

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request with `htmx`, set by the middleware: true when a part of a page is asked for."""

    htmx: HtmxDetails


#: Digits of the largest key that the database can hold, and one less.
_MOST_DIGITS = 18


def number_in(text: Any) -> int | None:
    """The whole number that a part of an address or of a form holds; None for anything else.

    `isdigit` alone lets pass what `int` does not read ("²"), and texts of thousands of digits.
    """
    found = "" if text is None else str(text)
    return int(found) if found.isascii() and found.isdecimal() and len(found) <= _MOST_DIGITS else None


def text_in(text: Any) -> str:
    """The text that a part of an address or of a form holds, without NUL, which PostgreSQL keeps in no text."""
    return "" if text is None else str(text).replace("\0", "")
