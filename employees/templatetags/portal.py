"""Tags and filters of the portal's components: dates, waits, badges, icons."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from employees import formatting

register = template.Library()

#: Outlines on a grid of 24, drawn for this portal.
ICONS: dict[str, str] = {
    "home": '<path d="M4 11l8-7 8 7v9h-6v-6h-4v6H4z"/>',
    "people": '<circle cx="9" cy="8" r="4"/><path d="M2 21c0-5 3-7 7-7s7 2 7 7M16 5a3.5 3.5 0 010 7M18 15c3 1 4 3 4 6"/>',
    "classes": '<path d="M4 6h16v15H4zM4 10h16M8 3v5M16 3v5M8 14h3M8 17h6"/>',
    "catalogue": '<path d="M5 4h13v17H7a2 2 0 01-2-2zM5 18a2 2 0 012-2h11M9 8h5"/>',
    "invitations": '<path d="M3 6h18v13H3zM3 7l9 7 9-7"/>',
    "letter": '<path d="M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h5"/>',
    "messages": '<path d="M4 5h16v11H10l-5 4v-4H4z"/>',
    "jobs": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l4 2"/>',
    "me": '<circle cx="12" cy="8" r="4"/><path d="M4 21c0-5 4-7 8-7s8 2 8 7"/>',
    "search": '<circle cx="11" cy="11" r="7"/><path d="M16 16l5 5"/>',
    "sun": '<circle cx="12" cy="12" r="4"/><path d="M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2"/>',
    "leave": '<path d="M10 4H4v16h6M14 8l4 4-4 4M18 12H9"/>',
    "more": '<circle cx="5" cy="12" r="1.5"/><circle cx="12" cy="12" r="1.5"/><circle cx="19" cy="12" r="1.5"/>',
    "download": '<path d="M12 3v12M7 10l5 5 5-5M4 20h16"/>',
    "upload": '<path d="M12 15V3M7 8l5-5 5 5M4 20h16"/>',
    "check": '<path d="M4 12l5 6L20 6"/>',
    "cross": '<path d="M5 5l14 14M19 5L5 19"/>',
    "plus": '<path d="M12 4v16M4 12h16"/>',
    "shield": '<path d="M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6z"/>',
    "key": '<circle cx="8" cy="15" r="4"/><path d="M11 12l9-9M17 6l3 3"/>',
    "trail": '<path d="M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01"/>',
    "merge": '<path d="M6 3v5c0 4 6 4 6 8v5M18 3v5c0 4-6 4-6 8"/>',
    "settings": '<path d="M4 7h10M18 7h2M4 17h2M10 17h10"/><circle cx="16" cy="7" r="2"/><circle cx="8" cy="17" r="2"/>',
    "empty": '<path d="M3 13l4-8h10l4 8v7H3zM3 13h5l2 3h4l2-3h5"/>',
    "award": '<circle cx="12" cy="9" r="6"/><path d="M8 14l-2 7 6-3 6 3-2-7"/>',
    "figures": '<path d="M4 20h16M6 20v-6h3v6M11 20V9h3v11M16 20V4h3v16"/>',
    "keyboard": '<path d="M2 6h20v12H2zM6 10h.01M10 10h.01M14 10h.01M18 10h.01M7 14h10"/>',
    "calendar": '<path d="M4 6h16v15H4zM4 10h16M8 3v5M16 3v5M8 14h.01M12 14h.01M16 14h.01M8 18h.01M12 18h.01"/>',
    "mail": '<path d="M3 6h18v13H3zM3 7l9 7 9-7"/>',
}

#: Tone of a state's badge; the word carries the meaning, the tone only helps the eye.
TONES: dict[str, str] = {
    "draft": "quiet", "scheduled": "info", "cancelled": "quiet",
    "queued": "info", "ranking": "info", "proposed": "warn", "in_review": "warn", "approved": "info",
    "issued": "warn", "void": "quiet", "failed": "bad",
    "accepted": "good", "declined": "bad", "expired": "quiet", "withdrawn": "quiet", "replaced": "quiet",
    "selected": "good", "reserve": "info", "waiting": "quiet", "excluded": "quiet",
    "checking": "info", "checked": "warn", "halted": "bad", "writing": "info", "discarded": "quiet",
    "running": "info", "done": "good", "stopped": "quiet",
    "pending": "info", "sending": "info", "sent": "good", "no_address": "warn",
    "LULUS": "good", "HADIR": "good", "TIDAK_LULUS": "warn", "TIDAK_HADIR": "bad", "MENGUNDURKAN_DIRI": "quiet",
    "AKTIF": "good", "IZIN": "info", "SAKIT": "info", "TANPA_KETERANGAN": "bad",
}  # fmt: skip


@register.simple_tag
def icon(name: str) -> SafeString:
    """An outline icon, hidden from screen readers: the text beside it says what it is."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">{}</svg>',
        mark_safe(ICONS[name]),  # noqa: S308 - constants of this module
    )


@register.inclusion_tag("components/badge.html")
def badge(value: str, label: Any = "", tone: str = "") -> dict[str, Any]:
    """A state as a word on a coloured ground. `tone` overrides the state's usual one."""
    return {"label": label or value, "tone": tone or TONES.get(str(value), "quiet")}


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """`<time>` with the date as people write it and the exact date on hover."""
    return formatting.time_element(value)


@register.filter
def waited(since: date | None) -> str:
    """The wait from the date until today in words: "10 years 6 months"."""
    return formatting.wait_words(since)


@register.simple_tag
def period(first: date, last: date) -> SafeString:
    """The days of a class as one period, with the exact dates on hover."""
    return _period(first, last, get_language())


@lru_cache(maxsize=10_000)
def _period(first: date, last: date, language: str | None) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{} – {}">{}</time>',
        first.isoformat(), formatting.day_text(first), formatting.day_text(last),
        formatting.period_text(first, last),
    )  # fmt: skip


@register.filter
def item(mapping: dict[Any, Any], key: Any) -> Any:
    """`mapping[key]`, or None."""
    return mapping.get(key)


@register.filter
def sort_address(column: Any, table: Any) -> str:
    """Where the heading of a column leads: the list ordered by it, from the first page on."""
    return table.sort_address(str(column.order_by_alias.next))


@register.filter
def narrowed(filterset: Any) -> bool:
    """Whether a list is narrowed by more than its first filter: on a phone the others are then open."""
    return any(filterset.data.get(name) for name in list(filterset.filters)[1:])


#: The fields of filter forms nobody has filled in, by filter, language and name: the same for everybody.
_blank_fields: dict[tuple[type, str, str], str] = {}


@register.simple_tag
def filter_fields(filterset: Any) -> SafeString:
    """The fields of a list's filter form, drawn by crispy-forms.

    Each is drawn once while it is empty, where the filter says that its form is the same for everybody
    (`same_for_everybody`).
    """
    asked, language = filterset.asked, get_language() or ""
    fields = []
    for name in filterset.filters:
        key = (type(filterset), language, name)
        keep = filterset.same_for_everybody and name not in asked
        drawn = _blank_fields.get(key) if keep else None
        if drawn is None:
            field = as_crispy_field(filterset.form[name])
            drawn = format_html('<div class="filter-field">{}</div>', field)
            if keep:
                _blank_fields[key] = drawn
        fields.append(drawn)
    return mark_safe("".join(fields))  # noqa: S308 - each is escaped
