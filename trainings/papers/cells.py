"""Cells that a spreadsheet could take for a formula are made harmless."""

from typing import Any

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def harmless(value: Any) -> Any:
    """Text that begins like a formula gets a leading apostrophe (formats.md); all else stays as it is."""
    if isinstance(value, str) and value.startswith(_DANGEROUS):
        return f"'{value}"
    return value
