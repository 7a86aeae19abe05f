"""How dates, waits and NIPs are written on every page."""

from datetime import date, datetime
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _


def whole_months(since: date, on: date) -> int:
    """Full calendar months from `since` to `on`; never below 0."""
    months = (on.year - since.year) * 12 + on.month - since.month
    return max(0, months - (1 if on.day < since.day else 0))


def wait_words(since: date | None, on: date | None = None) -> str:
    """A wait in whole years and months, "10 years 6 months", in the active language.

    Below one month the days are counted; no date gives an empty text. `on` is today by default.
    """
    if since is None:
        return ""
    on = on or timezone.localdate()
    months = whole_months(since, on)
    if not months:
        days = max(0, (on - since).days)
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    return _months_words(months, get_language())


@lru_cache(maxsize=2_000)
def _months_words(months: int, language: str | None) -> str:
    """So many months, at least one, in the active language; a list says the same few again and again."""
    years, months = divmod(months, 12)
    year_words = ngettext("%(years)d year", "%(years)d years", years) % {"years": years}
    month_words = ngettext("%(months)d month", "%(months)d months", months) % {"months": months}
    if not months:
        return year_words
    if not years:
        return month_words
    return _("%(years)s %(months)s") % {"years": year_words, "months": month_words}


def day_text(value: date) -> str:
    """A date as people write it: "5 Mei 2016"."""
    return date_format(value, "j F Y")


def time_element(value: date | datetime | None) -> SafeString | str:
    """The date as people write it in a `<time>` with the exact date (and time) on hover; "–" for none."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return format_html(
            '<time datetime="{}" title="{}">{}</time>',
            local.isoformat(timespec="seconds"),
            date_format(local, "l, j F Y, H:i:s T"),
            date_format(local, "j F Y, H:i T"),
        )
    return _day_element(value, get_language())


@lru_cache(maxsize=20_000)
def _day_element(value: date, language: str | None) -> SafeString:
    """The element of a day in the active language: twenty years of days in both are kept."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        date_format(value, "l, j F Y"),
        day_text(value),
    )


def period_text(first: date, last: date) -> str:
    """Two dates as one period: "3–7 Mei 2026", "30 April – 3 Mei 2026"."""
    if first == last:
        return day_text(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day_text(last)}"
    start = date_format(first, "j F" if first.year == last.year else "j F Y")
    return f"{start} – {day_text(last)}"


def masked(number: str) -> str:
    """A NIP for viewers without need of it, `1986********* 001`; anything else stays as it is."""
    return f"{number[:4]}********* {number[15:]}" if len(number) == 18 and number.isdigit() else number
