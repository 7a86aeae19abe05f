"""Words for the texts of messages, whose context is JSON: dates arrive as ISO text."""

from datetime import date

from django import template
from django.utils.formats import date_format

register = template.Library()


@register.filter
def day(value: str) -> str:
    """ "2026-05-05" as "Selasa, 5 Mei 2026" in the active language; anything else as it is."""
    parsed = _parsed(value)
    return date_format(parsed, "l, j F Y") if parsed else str(value)


@register.simple_tag
def period(first_day: str, last_day: str) -> str:
    """First and last day without saying anything twice: from the 5th to the 9th names the month once."""
    first, last = _parsed(first_day), _parsed(last_day)
    if first is None or last is None:
        return f"{first_day} – {last_day}"
    end = date_format(last, "j F Y")
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    return f"{date_format(first, 'j F' if first.year == last.year else 'j F Y')} – {end}"


def _parsed(value: str) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
