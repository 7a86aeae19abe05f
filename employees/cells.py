"""The cells of a table's rows, with what can be known beforehand worked out once for each column.

django-tables2 looks up the signature, the field, the display method and the link's address of every single
cell anew, which is more than half the cost of a page of a list. What is written here is the same but for the
attributes of rows, which no list of the portal has (a test compares the two).
"""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.html import conditional_escape, escape

#: What a column's `render` may ask for, as in django-tables2.
GIVEN = ("value", "record", "column", "bound_column", "bound_row", "table")
#: Stands for a row's key in an address that is worked out once for a column; no key is as large.
_ANY_KEY = 2**62


@lru_cache(maxsize=1024)
def _arguments(function: Callable[..., Any]) -> tuple[str, ...]:
    """Which of GIVEN the function takes."""
    taken = inspect.signature(function).parameters.values()
    if any(one.kind is one.VAR_KEYWORD for one in taken):
        return GIVEN
    return tuple(one.name for one in taken if one.name in GIVEN)


def escaped(content: Any) -> str:
    """`conditional_escape` without its detours for plain texts, which most cells are."""
    return html.escape(content) if type(content) is str else conditional_escape(content)


class Link:
    """The link around a column's cells: `linkify=(name, {argument: Accessor})` with a whole number as key."""

    def __init__(self, name: str, argument: str, road: Any) -> None:
        address = reverse(name, kwargs={argument: _ANY_KEY})
        self.before, self.after = (escape(part) for part in address.split(str(_ANY_KEY)))
        self.road = road

    def around(self, content: Any, record: Any) -> str:
        """The content, escaped, as a link to the record's own address."""
        return f'<a href="{self.before}{self.road.resolve(record):d}{self.after}">{escaped(content)}</a>'

    @classmethod
    def of(cls, link: Any, sample: Any) -> Link | None:
        """That of a column, tried on one record; None where the address is made of anything else."""
        given = link.reverse_args if link else {}
        roads = given.get("kwargs", {})
        if set(given) != {"viewname", "kwargs"} or link.attrs or link.url or len(roads) != 1:
            return None
        ((argument, road),) = roads.items()
        if not hasattr(road, "resolve") or not isinstance(road.resolve(sample), int):
            return None
        return cls(given["viewname"], argument, road)


class Cells:
    """The cells of one column. `sample`: the first record."""

    def __init__(self, column: Any, model: type[Model], sample: Any) -> None:
        self.column = column
        self.name = column.name
        self.opening = (
            f'<td class="{escape(column.attrs["td"].get("class", ""))}" data-label="{escape(column.header)}">'
        )
        self.default = column.default
        self.empty_values = column.column.empty_values
        self.roads, self.last = column.accessor.bits[:-1], column.accessor.bits[-1]
        field = column.accessor.get_field(model)
        #: A coded value and its word in the page's language.
        self.words = {code: str(word) for code, word in getattr(field, "flatchoices", ())}
        self.render = column.render
        self.takes = _arguments(getattr(self.render, "__func__", self.render))
        self.link = Link.of(column.link, sample)

    def value(self, record: Any) -> Any:
        """What the column reads from the record; None where the road breaks off."""
        for part in self.roads:
            record = getattr(record, part, None)
        found = getattr(record, self.last, None)
        if self.words:
            return self.words.get(found, found)
        return found() if callable(found) and not getattr(found, "do_not_call_in_templates", False) else found

    def html(self, row: Any) -> str:
        """The cell's content in this row, escaped."""
        record = row.record
        value = self.value(record)
        if value in self.empty_values:
            return escaped(self.default)
        given = {
            "value": value,
            "record": record,
            "column": self.column.column,
            "bound_column": self.column,
            "bound_row": row,
            "table": row.table,
        }
        content = self.render(**{name: given[name] for name in self.takes})
        if self.link is not None:
            return self.link.around(content, record)
        return escaped(self.column.link(content, **given) if self.column.link else content)


def rows_html(table: Any) -> Iterator[str]:
    """The rows of the page that the table shows, as HTML."""
    model = table._meta.model
    columns: list[Cells] = []
    for row in table.paginated_rows:
        plain = model is not None and isinstance(row.record, model)
        if plain and not columns:
            columns = [Cells(column, model, row.record) for column in table.columns]
        yield "<tr>"
        if plain:
            for cells in columns:
                yield f"{cells.opening}{cells.html(row)}</td>"
        else:
            for column, cell in row.items():
                css, header = escape(column.attrs["td"].get("class", "")), escape(column.header)
                yield f'<td class="{css}" data-label="{header}">{escaped(cell)}</td>'
        yield "</tr>"
