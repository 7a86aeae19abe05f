"""Words on papers: placeholders, lines, dates, the signatory. Always the words of an Indonesian paper.

Nothing here is ever read as markup: it reaches Typst as JSON.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

#: How a signatory signs: in its own right, for somebody, or acting.
CAPACITIES = ("", "a.n.", "Plt.", "Plh.")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_BREAK = re.compile(r"[\t-\r\x85\u2028\u2029]+")
# Neither PostgreSQL nor a PDF has a use for control characters; some turn the text around them.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udfff]")


def placeholder_problem(text: str, allowed: Collection[str]) -> str:
    """What is wrong with the placeholders of a text, as a sentence; empty when nothing is."""
    unknown = [name for name in _PLACEHOLDER.findall(text) if name not in allowed]
    if not unknown:
        return ""
    return _("There is no placeholder {%(name)s}. Use one of these: %(names)s.") % {
        "name": unknown[0],
        "names": ", ".join(f"{{{name}}}" for name in allowed),
    }


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced once; a value that looks like a placeholder stays as it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def lines(text: str) -> list[str]:
    """One entry a line, empty lines left out."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def paragraphs(text: str) -> list[str]:
    """Paragraphs between empty lines; a single line break inside one is a blank."""
    return [
        " ".join(part.split()) for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()
    ]


def long_day(value: date) -> str:
    """A day with its weekday, in the language in force: "Senin, 5 Mei 2026"."""
    return date_format(value, "l, j F Y")


def short_day(value: date) -> str:
    """A day without its weekday: "5 Mei 2026"."""
    return date_format(value, "j F Y")


def period(first: date, last: date) -> str:
    """From the first day to the last, or the one day: "5 Mei 2026 s.d. 9 Mei 2026"."""
    return short_day(first) if first == last else f"{short_day(first)} s.d. {short_day(last)}"


def signatory(*, capacity: str, position: str, on_behalf_of: str, name: str) -> dict[str, Any]:
    """The lines above the signature and the name below it."""
    position = position.strip()
    if capacity == "a.n." and on_behalf_of.strip():
        above = [f"a.n. {on_behalf_of.strip()}", f"{position},"]
    else:
        above = [f"{capacity} {position},".strip()]
    return {"lines": above, "name": name.strip()}


def clean(value: Any) -> Any:
    """The same JSON without control characters; a line break is a blank (lists were split before)."""
    if isinstance(value, str):
        return _CONTROL.sub("", _BREAK.sub(" ", value))
    if isinstance(value, dict):
        return {key: clean(entry) for key, entry in value.items()}
    return [clean(entry) for entry in value] if isinstance(value, list) else value
