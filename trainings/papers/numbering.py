"""Numbers of papers: one series per organiser and year, without gaps or doubles.

The counter is a row. Taking numbers locks it until the transaction ends that stores the papers: a
transaction that fails gives its numbers back, and another waits until it is known which.
"""

import re
from dataclasses import dataclass
from datetime import date

from django.db import connection, models
from django.utils.translation import gettext as _

#: What a pattern may name; `seq` and `year` it must.
PLACEHOLDERS = ("seq", "organiser", "kind", "month", "month_roman", "year")
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Pattern:
    """How an organiser writes its numbers: `text` with placeholders, and the codes two of them stand for."""

    text: str
    organiser: str
    kind: str

    def number(self, seq: int, on: date) -> str:
        """The number of the paper `seq` of a series, dated `on`: "B-123/Bdk.05/PP/KP.02.3/06/2026"."""
        values = {
            "seq": str(seq),
            "organiser": self.organiser,
            "kind": self.kind,
            "month": f"{on:%m}",
            "month_roman": _ROMAN[on.month - 1],
            "year": f"{on:%Y}",
        }
        return _PLACEHOLDER.sub(lambda found: values[found[1]], self.text)


def pattern_problem(text: str) -> str:
    """Why this text cannot number papers, as a sentence; empty when it can.

    Two papers of one organiser never get the same number: the pattern names the sequence and the year,
    and the sequence stands apart from other digits.
    """
    named = _PLACEHOLDER.findall(text)
    unknown = [name for name in named if name not in PLACEHOLDERS]
    if unknown or set("{}") & set(_PLACEHOLDER.sub("", text)):
        return _("Write placeholders as one of these: %(names)s.") % {"names": _listed(PLACEHOLDERS)}
    missing = [name for name in ("seq", "year") if name not in named]
    if missing:
        return _("The number needs %(names)s, or two letters could get the same one.") % {
            "names": _listed(missing)
        }
    if re.search(r"[\d}]\{seq\}|\{seq\}[\d{]", text):
        return _("Put a sign such as - or / before and after {seq}, so that it can be read apart.")
    return ""


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def take(series: type[models.Model], *, organiser_id: int, year: int, count: int, first: int = 1) -> range:
    """The next `count` numbers of the series, in order; its row stays locked until the transaction ends.

    `series` is the model of the counters, with `organiser`, `year`, `first`, `last`, one row for each
    organiser and year. `first` begins a series that does not exist yet. RuntimeError outside a transaction:
    numbers that are not stored together with their papers would leave gaps.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("numbers are only taken inside the transaction that stores the papers")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {connection.ops.quote_name(series._meta.db_table)} AS s (organiser_id, year, first, last)
            VALUES (%(organiser)s, %(year)s, %(first)s, %(first)s - 1 + %(count)s)
            ON CONFLICT (organiser_id, year) DO UPDATE SET last = s.last + %(count)s
            RETURNING last
            """,
            {"organiser": organiser_id, "year": year, "first": first, "count": count},
        )
        (last,) = cursor.fetchone()
    return range(last - count + 1, last + 1)
