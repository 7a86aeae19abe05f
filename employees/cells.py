"""The cells of a table's rows, with what can be known beforehand worked out once for each column.

django-tables2 looks up the signature, the field and the display method of every single cell anew, which is
half the cost of a page of a list. The result here is the same (a test compares the two).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from django.db.models import Model
from django.utils.html import conditional_escape, escape

#: What a column's `render` may ask for, as in django-tables2.
GIVEN = ("value", "record", "column", "bound_column", "bound_row", "table")


@lru_cache(maxsize=1024)
def _arguments(function: Callable[..., Any]) -> tuple[str, ...]:
    """Which of GIVEN the function takes."""
    taken = inspect.signature(function).parameters.values()
    if any(one.kind is one.VAR_KEYWORD for one in taken):
        return GIVEN
    return tuple(one.name for one in taken if one.name in GIVEN)


class Cells:
    """The cells of one column."""

    def __init__(self, column: Any, model: type[Model]) -> None:
        self.column = column
        self.name = column.name
        self.opening = (
            f'<td class="{escape(column.attrs["td"].get("class", ""))}" data-label="{escape(column.header)}">'
        )
        self.default = column.default
        self.empty_values = column.column.empty_values
        self.roads, self.last = column.accessor.bits[:-1], column.accessor.bits[-1]
        field = column.accessor.get_field(model)
        if getattr(field, "choices", None):
            self.last = f"get_{self.last}_display"
        self.render = column.render
        self.takes = _arguments(getattr(self.render, "__func__", self.render))

    def value(self, record: Any) -> Any:
        """What the column reads from the record; None where the road breaks off."""
        for part in self.roads:
            record = getattr(record, part, None)
        found = getattr(record, self.last, None)
        return found() if callable(found) and not getattr(found, "do_not_call_in_templates", False) else found

    def html(self, row: Any) -> Any:
        """The cell's content in this row, not escaped yet."""
        value = self.value(row.record)
        if value in self.empty_values:
            return self.default
        given = {
            "value": value,
            "record": row.record,
            "column": self.column.column,
            "bound_column": self.column,
            "bound_row": row,
            "table": row.table,
        }
        content = self.render(**{name: given[name] for name in self.takes})
        return self.column.link(content, **given) if self.column.link else content


def rows_html(table: Any) -> Iterator[str]:
    """The rows of the page that the table shows, as HTML."""
    model = table._meta.model
    columns: list[Cells] = []
    for row in table.paginated_rows:
        plain = model is not None and isinstance(row.record, model)
        if plain and not columns:
            columns = [Cells(column, model) for column in table.columns]
        yield f"<tr {row.attrs.as_html()}>"
        if plain:
            for cells in columns:
                yield f"{cells.opening}{conditional_escape(cells.html(row))}</td>"
        else:
            for column, cell in row.items():
                css, header = escape(column.attrs["td"].get("class", "")), escape(column.header)
                yield f'<td class="{css}" data-label="{header}">{conditional_escape(cell)}</td>'
        yield "</tr>"
