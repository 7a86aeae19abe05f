"""Which lists can be exported: who may, which rows in whose scope, and which columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, F, Func, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Concat, Left, Right
from django.http import QueryDict

from accounts.access import holds
from accounts.roles import Permission


class Harmless(Func):
    """Text that begins like a formula gets a leading apostrophe (formats.md), as `papers.cells.harmless` does."""

    # By the code of the first letter: tab, carriage return, + - = @. A regular expression takes far longer.
    template = (
        "CASE WHEN ascii(%(expressions)s) IN (9, 13, 43, 45, 61, 64)"
        " THEN chr(39) || %(expressions)s ELSE %(expressions)s END"
    )
    output_field = TextField()

    def as_sql(self, *arguments: Any, **context: Any) -> tuple[str, Any]:
        sql, parameters = super().as_sql(*arguments, **context)
        return sql, tuple(parameters) * 3


@dataclass(frozen=True)
class Column:
    """One column of an export: its heading (formats.md) and where it is read. `text` is made harmless."""

    heading: str
    source: Any
    text: bool = True

    @property
    def expression(self) -> Any:
        source = F(self.source) if isinstance(self.source, str) else self.source
        return Harmless(source) if self.text else source


@dataclass(frozen=True)
class Exported:
    """What is written: the rows in their order, the columns, and the road from a row to the person's key."""

    rows: QuerySet[Any]
    columns: Sequence[Column]
    #: None: the rows are not about people one by one.
    person: str | None
    filters: dict[str, str]


@dataclass(frozen=True)
class ListExport:
    """One list. `build(user, query)` gives the rows the user may see, with the filters of the address."""

    name: str
    title: Any
    permission: str
    build: Callable[[Any, QueryDict], Exported]


_lists: dict[str, ListExport] = {}


def register(exported: ListExport) -> None:
    """Make a list exportable; called by its room when the portal starts."""
    _lists[exported.name] = exported


def find(name: str) -> ListExport | None:
    return _lists.get(name)


def nip(road: str, viewer: Any) -> Any:
    """The NIP at the end of `road`, whole or masked, as employees.naming shows it to this viewer."""
    if holds(viewer, Permission.SEE_NIP):
        return Case(
            When(**{f"{road}__isnull": True}, then=Value("")), default=F(road), output_field=CharField()
        )
    masked = Concat(Left(road, 4), Value("*********** "), Right(road, 3), output_field=CharField())
    return Case(
        When(**{f"{road}__isnull": True}, then=Value("***")), default=masked, output_field=CharField()
    )


def as_text(source: str) -> Any:
    """A column of any kind as text."""
    return Cast(source, TextField())
