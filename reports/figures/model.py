"""What a figure is to a page: a sentence, a table, a chart and the addresses of the people behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from reports.suppression import LEAST

#: How a column's values are written.
TEXT, COUNT, SHARE = "text", "count", "share"


@dataclass(frozen=True)
class Cell:
    """One value of a table; None is hidden. `url` opens what is behind it."""

    value: Any
    url: str = ""


@dataclass(frozen=True)
class Column:
    label: str
    kind: str = COUNT

    @property
    def number(self) -> bool:
        return self.kind != TEXT


@dataclass(frozen=True)
class Series:
    """One line or set of bars. `tone` names a colour of the theme: good, warn, bad, info, quiet."""

    label: str
    data: Sequence[float | None]
    tone: str = "good"


@dataclass(frozen=True)
class Chart:
    """What charts.js draws. `kind`: bar, bars (sideways), stacked, line or curve; `unit`: count or share."""

    kind: str
    labels: list[str]
    series: list[Series]
    unit: str = "count"
    urls: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "labels": self.labels,
            "series": [{"label": s.label, "data": s.data, "tone": s.tone} for s in self.series],
            "unit": self.unit,
            "urls": self.urls,
        }


@dataclass(frozen=True)
class Figure:
    """A figure in words, as a table and as a chart. `words` say what a chart shows, to anybody."""

    key: str
    title: str
    words: str
    columns: list[Column]
    rows: list[list[Cell]]
    chart: Chart | None
    at: datetime
    note: str = ""
    #: Other ways to look at it: (label, query, whether it is this one).
    choices: list[tuple[str, str, bool]] = field(default_factory=list)
    crumbs: list[tuple[str, str]] = field(default_factory=list)
    #: What the address adds to the figure's own (a unit, a number of years).
    query: str = ""

    @property
    def chart_id(self) -> str:
        """The id of the chart's JSON in a page."""
        return f"chart-{self.key}"

    @property
    def empty(self) -> bool:
        return not self.rows

    @property
    def table(self) -> list[list[tuple[Column, Cell, str]]]:
        """Rows of (column, cell, the cell as it is written)."""
        return [
            [
                (column, cell, written(cell.value, column.kind))
                for column, cell in zip(self.columns, row, strict=True)
            ]
            for row in self.rows
        ]

    @property
    def hides(self) -> bool:
        """Whether a count is hidden because it is of few people."""
        return any(cell.value is None for row in self.rows for cell in row)


@dataclass(frozen=True)
class Part:
    """One of the groups that a whole falls into: its name, how many, and the address of the list behind it."""

    label: str
    number: int | None
    url: str


def whole_in_parts(
    *,
    key: str,
    title: str,
    words: str,
    of: str,
    counted: str,
    parts: Sequence[Part],
    total: int,
    at: datetime,
    tone: str = "good",
) -> Figure:
    """A figure of how `total` falls into parts: a line and a bar for each; neither where there is nothing.

    `of` heads the column of the parts' names, `counted` that of their numbers.
    """
    shares = [share(part.number, total) for part in parts]
    rows = [
        [Cell(part.label), Cell(part.number, part.url), Cell(one)]
        for part, one in zip(parts, shares, strict=True)
    ]
    chart = Chart(
        "bars",
        [part.label for part in parts],
        [Series(counted, shares, tone)],
        unit="share",
        urls=[part.url for part in parts],
    )
    return Figure(
        key=key,
        title=title,
        words=words,
        columns=[Column(of, TEXT), Column(counted), Column(_("Share"), SHARE)],
        rows=rows if total else [],
        chart=chart if total else None,
        at=at,
    )


def written(value: Any, kind: str) -> str:
    """A value as a page shows it."""
    if value is None:
        return _("hidden")
    if kind == SHARE:
        return percent(value)
    return count(value) if kind == COUNT else str(value)


def count(number: int) -> str:
    """A count with its thousands apart: "226.512"."""
    return number_format(number, force_grouping=True)


def percent(share: float) -> str:
    """A share from 0 to 1 as people write it: "41.5%"."""
    return f"{number_format(share * 100, decimal_pos=1)}%"


def part_words(part: int, whole: int, masked: bool) -> str:
    """A share in a sentence; "few" where it would tell of fewer people than may be shown."""
    if masked and 0 < part < LEAST:
        return _("few")
    return percent(share(part, whole) or 0)


def share(part: int | None, whole: int | None) -> float | None:
    """A part of the whole from 0 to 1; None when one is hidden, 0 of nobody."""
    if part is None or whole is None:
        return None
    return part / whole if whole else 0.0


def hidden_note() -> str:
    """Why some counts are hidden."""
    return _(
        "Counts below %(n)d people are hidden, and others where these could be worked out from them."
    ) % {"n": LEAST}
