"""The log of reading: who saw whose data. Written before the data leaves."""

from collections.abc import Iterable
from typing import Any

from audit import origin
from audit.addresses import without_keys
from audit.models import Reading

Kind = Reading.Kind


def note(
    kind: str,
    *,
    by: Any,
    subjects: Iterable[int] = (),
    what: str = "",
    object_type: str = "",
    object_id: Any = "",
    filters: dict[str, Any] | None = None,
    row_count: int | None = None,
    sha256: str = "",
    operator: str = "",
) -> Reading:
    """Write one reading and return it.

    `by` is the reader, or None for a command of the operator, whom `operator` names; the roles are what the account's `acting_as`
    says today. `subjects` are keys of employees, each kept once; `row_count` is their number unless given.
    """
    keys = sorted(set(subjects))
    here = origin.current()
    here.noted += 1
    here.told.update(keys)
    return Reading.objects.create(
        kind=kind,
        actor_id=getattr(by, "pk", None),
        actor_name=by.get_username() if by is not None else operator[:150],
        actor_label=str(by)[:200] if by is not None else "",
        roles=by.acting_as() if by is not None else [],
        address=here.address,
        what=what[:200],
        object_type=object_type,
        object_id=str(object_id),
        filters={key: _storable(value) for key, value in (filters or {}).items()},
        row_count=len(keys) if row_count is None else row_count,
        sha256=sha256,
        subjects=keys,
    )


def _storable(value: Any) -> Any:
    """A text as PostgreSQL can keep it: without NUL, which a mistyped address may carry."""
    return value.replace("\0", "") if isinstance(value, str) else value


def note_shown(*, by: Any, own: int | None, what: str, path: str, filters: dict[str, Any]) -> Reading | None:
    """Write one reading for everybody the page at hand names and no reading of it has told yet.

    `own` is the reader's own key: seeing oneself is no reading. None when nobody is left.
    """
    here = origin.current()
    people = here.shown - here.told - {own}
    if not people:
        return None
    return note(
        Kind.LISTED,
        by=by,
        subjects=people,
        what=what,
        object_type="page",
        object_id=without_keys(path)[:60],
        filters=filters,
    )


def of_person(*employee_ids: int) -> Any:
    """Readings that showed this person's data, the latest first; a page of an auditor without people is none.

    Several keys: the person's own and those of records merged into it (`Employee.keys`).
    """
    return Reading.objects.of_person(*employee_ids)
