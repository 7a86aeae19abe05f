"""Which rows are kept as they were before a change, and who changed them.

Triggers of the database do it (django-pghistory), so no way of writing goes past them. One row for each
changed or deleted one, holding what stood there before; what stood there after is the next row's, or the
record itself. First loads are not kept twice: an insert leaves nothing, and the triggers run once for a
statement, so that an import of the whole ministry stays quick (docs/performance.md).
"""

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory

T = TypeVar("T")


def tracked(*, exclude: list[str] | None = None) -> Callable[[T], T]:
    """Class decorator: keep the rows of this model as they were; `exclude` names fields that do not matter."""
    kept: Any = pghistory.track(
        pghistory.UpdateEvent("changed", row=pghistory.Old, level=pghistory.Statement),
        pghistory.DeleteEvent("deleted", level=pghistory.Statement),
        exclude=exclude,
        context_field=pghistory.ContextJSONField(null=True),
        append_only=True,
        meta={"ordering": ["-pgh_id"]},
    )
    return kept
