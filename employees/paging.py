"""Pages of a list of any size: from a row onwards instead of OFFSET, and counts that stop in time.

A page is asked for by its number, near the beginning; by the row before or after it (`after`, `before`: the
values by which the list is ordered, as the pager's links carry them); as the last one (`page=last`); or
from a value on (`from`, such as the first letters of a name). All but the number cost the same anywhere in
the list, where an index gives its order.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import BooleanField, CharField, DateField, F, Func, Model, Q, QuerySet, Value
from django.http import QueryDict
from django.utils.functional import cached_property

#: Rows that can be reached by a page's number; OFFSET reads every row before it.
REACH = 10_000
#: Parameters of an address that say which page is shown.
PARAMETERS = ("page", "after", "before", "from")


@dataclass(frozen=True)
class Step:
    """One part of an order: a field's name (a road with `__`), its field, and whether it descends."""

    name: str
    field: Any
    descending: bool

    def value(self, record: Any) -> Any:
        for part in self.name.split("__"):
            record = getattr(record, part)
        return record


def order_of(queryset: QuerySet[Any]) -> list[Step] | None:
    """The queryset's order as steps ending in a unique one, or None when it is not made of plain columns.

    Columns that may be empty are no ground for a comparison either: SQL would lose their rows.
    """
    query = queryset.query
    usual = query.get_meta().ordering if query.default_ordering else ()
    names: Sequence[Any] = query.order_by or usual or ()
    steps = []
    for name in names:
        if not isinstance(name, str) or name == "?" or name.lstrip("-") in query.annotations:
            return None
        bare = name.lstrip("-")
        field = _field(queryset.model, bare)
        if field is None:
            return None
        bare = field.name if bare == "pk" else bare
        steps.append(Step(bare, field, name.startswith("-")))
    if not any(step.field.unique and "__" not in step.name for step in steps):
        key = queryset.model._meta.pk
        steps.append(Step(key.name, key, steps[-1].descending if steps else False))
    return steps


def _field(model: type[Model], road: str) -> Any:
    """The plain, never empty column at the end of the road; None when there is none."""
    *roads, last = road.split("__")
    meta = model._meta
    try:
        for part in roads:
            link = meta.get_field(part)
            if not link.is_relation or link.related_model is None or (link.concrete and link.null):
                return None
            meta = link.related_model._meta
        field: Any = meta.pk if last == "pk" else meta.get_field(last)
    except FieldDoesNotExist:
        return None
    # A foreign key is ordered by its own value only where it is named as `unit_id`.
    itself = not field.is_relation or field.primary_key or last == field.attname
    return field if itself and field.concrete and not field.null else None


class _Row(Func):
    """`ROW(a, b)`."""

    function = "ROW"
    output_field = BooleanField()


class _Compared(Func):
    """`ROW(a, b) > ROW(x, y)`: one comparison that an index on (a, b) answers."""

    template = "%(expressions)s"
    output_field = BooleanField()


def _beyond(steps: Sequence[Step], values: Sequence[Any], *, backward: bool, inclusive: bool = False) -> Q:
    """Condition: rows after these values in the order of the steps; before them when `backward`."""
    falls = [step.descending != backward for step in steps]
    first = steps[0]
    # Said apart, so that an index on the first column alone is enough to begin at the right place.
    bound = Q(**{f"{first.name}__{'lte' if falls[0] else 'gte'}": values[0]})
    if len(set(falls)) == 1:
        sign = (" <" if falls[0] else " >") + ("= " if inclusive else " ")
        return bound & Q(
            _Compared(
                _Row(*[F(step.name) for step in steps]),
                _Row(*[Value(v, output_field=s.field) for v, s in zip(values, steps, strict=True)]),
                arg_joiner=sign,
            )
        )
    alternatives = []
    for i, step in enumerate(steps):
        last = inclusive and i == len(steps) - 1
        word = ("lt" if falls[i] else "gt") + ("e" if last else "")
        equal = {s.name: v for s, v in zip(steps[:i], values[:i], strict=True)}
        alternatives.append(Q(**equal, **{f"{step.name}__{word}": values[i]}))
    return bound & reduce(or_, alternatives)


def token_of(steps: Sequence[Step], record: Any) -> str:
    """The row's place in the order, as it stands in an address."""
    values = [step.value(record) for step in steps]
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).decode().rstrip("=")


def values_of(steps: Sequence[Step], token: str) -> list[Any] | None:
    """The values of a token; None when it is not one of this order (an old or a mistyped address)."""
    try:
        plain = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if not isinstance(plain, list) or len(plain) != len(steps):
            return None
        values = [step.field.to_python(value) for step, value in zip(steps, plain, strict=True)]
    except (ValueError, TypeError, ValidationError):
        return None
    if any(value is None or (isinstance(value, str) and "\0" in value) for value in values):
        return None
    return values


@dataclass
class Page:
    """One page: its records and where to go from it. `number` is None where nobody has counted so far."""

    records: list[Any]
    number: int | None
    #: What each link adds to the address in place of this page's; None: there is no such page.
    first: dict[str, str] | None = None
    previous: dict[str, str] | None = None
    next: dict[str, str] | None = None
    last: dict[str, str] | None = None
    object_list: Any = ()

    @property
    def has_other_pages(self) -> bool:
        return self.previous is not None or self.next is not None

    @property
    def has_next(self) -> bool:
        return self.next is not None

    @property
    def has_previous(self) -> bool:
        return self.previous is not None


class Pages:
    """The pages of one queryset in its order. `prefix` is that of the table's parameters."""

    def __init__(
        self, queryset: Any, *, per_page: int, prefix: str = "", counted: QuerySet[Any] | None = None
    ) -> None:
        """`queryset` may be a list, too. `counted` holds the same rows without what only display needs."""
        self.queryset = queryset
        self.per_page = per_page
        self.prefix = prefix
        self.counted = queryset if counted is None else counted
        self.steps = order_of(queryset) if isinstance(queryset, QuerySet) else None
        self.order = [("-" if s.descending else "") + s.name for s in self.steps or ()]
        if self.steps:
            self.queryset = queryset.order_by(*self.order)

    def count_to(self, limit: int) -> int:
        """How many rows there are, but no further than one beyond `limit`."""
        if not isinstance(self.counted, QuerySet):
            return len(self.counted)
        return self.counted.order_by()[: limit + 1].count()

    @cached_property
    def jump_kind(self) -> str:
        """What one can jump to: "text", "date", or "" when the order begins with neither."""
        field = self.steps[0].field if self.steps else None
        if isinstance(field, CharField):
            return "text"
        return "date" if isinstance(field, DateField) else ""

    def page(self, parameters: Mapping[str, str], *, rows_known: int | None = None) -> Page:
        """The page asked for; the first one for anything that is not understood.

        `rows_known`: how many rows there are, where that has been counted to the end.
        """
        asked = {name: parameters.get(self.prefix + name, "") for name in PARAMETERS}
        number = self._number(asked["page"])
        if self.steps and (found := self._sought(asked, number, rows_known)):
            return found
        if rows_known is not None:
            pages = max(1, -(-rows_known // self.per_page))
            number = pages if asked["page"] == "last" else min(number or 1, pages)
        return self._numbered(max(1, min(number or 1, REACH // self.per_page)))

    def _sought(self, asked: dict[str, str], number: int | None, rows_known: int | None) -> Page | None:
        """The page by its place in the order; None where a number or nothing at all was asked for."""
        steps = self.steps or []
        rows: list[Any] = []
        if values := values_of(steps, asked["after"]):
            if rows := self._rows(_beyond(steps, values, backward=False)):
                return self._page(rows, number, begins=False)
        elif values := values_of(steps, asked["before"]):
            if rows := self._rows(_beyond(steps, values, backward=True), backward=True):
                return self._page(rows, number, backward=True)
        elif start := self._start(asked["from"]):
            if rows := self._rows(start):
                return self._page(rows, None, begins=False)
            asked["page"] = "last"  # nothing comes after this value
        if asked["page"] == "last" and rows_known is None:
            return self._page(self._rows(Q(), backward=True), None, backward=True, ends=True)
        return None

    @staticmethod
    def _number(text: str) -> int | None:
        return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) else None

    def _start(self, text: str) -> Q | None:
        """From this value of the first column on, its row included."""
        if not self.steps or not self.jump_kind or not (text := text.strip()) or "\0" in text:
            return None
        first = self.steps[0]
        if self.jump_kind == "text":
            # Names are written with capitals, and capitals come first in the order.
            value: Any = text if text != text.lower() else text.title()
            if first.descending:
                value += "\U0010ffff"
        else:
            try:
                value = first.field.to_python(text)
            except ValidationError:
                return None
        return Q(**{f"{first.name}__{'lte' if first.descending else 'gte'}": value})

    def _rows(self, where: Q, *, backward: bool = False) -> list[Any]:
        """One row more than a page, in the order of the list."""
        if not isinstance(self.queryset, QuerySet):
            return list(self.queryset[: self.per_page + 1])
        found = self.queryset.filter(where)
        if backward:
            return list(found.reverse()[: self.per_page + 1])[::-1]
        return list(found[: self.per_page + 1])

    def _numbered(self, number: int) -> Page:
        skipped = (number - 1) * self.per_page
        if not skipped:
            return self._page(self._rows(Q()), 1)
        if self.steps is None:
            return self._page(list(self.queryset[skipped : skipped + self.per_page + 1]), number)
        # First only where the page begins, from as little as the order needs; then its rows in full.
        place = self.counted.order_by(*self.order).values_list(*[step.name for step in self.steps])
        begin = next(iter(place[skipped : skipped + 1]), None)
        if begin is None:
            return self._numbered(number - 1) if number > 1 else self._page([], 1)
        return self._page(self._rows(_beyond(self.steps, begin, backward=False, inclusive=True)), number)

    def _page(
        self,
        rows: list[Any],
        number: int | None,
        *,
        backward: bool = False,
        begins: bool = True,
        ends: bool = False,
    ) -> Page:
        """The page of these rows, of which one may lie beyond it."""
        more = len(rows) > self.per_page
        shown = rows[-self.per_page :] if backward else rows[: self.per_page]
        if backward:
            before, after = more, not ends
        else:
            before, after = (number or 0) > 1 or not begins, more
        if backward and not more and not ends:
            number = 1  # back at the beginning
        page = Page(shown, number if before or number else 1)
        if before:
            page.first = {}
            page.previous = self._link("before", shown[0], number and number - 1) if shown else {}
            if number == 2:
                page.previous = {}
        if after and shown:
            page.next = self._link("after", shown[-1], number and number + 1)
            page.last = {"page": "last"}
        return page

    def _link(self, word: str, record: Any, number: int | None) -> dict[str, str]:
        if self.steps is None:
            return {"page": str(number)}
        link = {word: token_of(self.steps, record)}
        if number and number > 0:
            link["page"] = str(number)
        return link


def address(parameters: QueryDict, changes: Mapping[str, str], prefix: str = "") -> str:
    """The query of the present address with another page in it: "?q=sari&after=…"."""
    query = parameters.copy()
    for name in PARAMETERS:
        query.pop(prefix + name, None)
    for name, value in changes.items():
        query[prefix + name] = value
    return "?" + query.urlencode()
