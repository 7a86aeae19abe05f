"""What a list about people writes: the rows that its page shows, in its order, each with its NIP."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from employees.exporting.lists import Column, Exported, nip
from employees.filters import TracedFilterSet
from employees.tables import PortalTable


def as_shown(
    user: Any,
    query: QueryDict,
    *,
    scope: QuerySet[Any],
    filters: type[TracedFilterSet],
    table: type[PortalTable],
    columns: Sequence[Column],
    nip_road: str,
    person: str,
) -> Exported:
    """The rows of `scope` with the filters and the order of the address; the NIP, whole or masked, comes first.

    `nip_road` leads from a row to the NIP, `person` to the person's key. The queryset of the filters has a
    `for_table()`.
    """
    filtered: Any = filters(query, queryset=scope, user=user)
    shown: Any = table(filtered.qs.for_table())
    return Exported(
        rows=shown.ordered(query),
        columns=(Column("NIP", nip(nip_road, user)), *columns),
        person=person,
        filters=filtered.given,
    )
