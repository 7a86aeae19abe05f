"""The log of reading: who saw whose data. Written before the data leaves."""

from collections.abc import Iterable
from typing import Any

from audit import origin
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
) -> Reading:
    """Write one reading and return it.

    `by` is the reader, or None for a command of the operator; the roles are what the account's `acting_as`
    says today. `subjects` are keys of employees, each kept once; `row_count` is their number unless given.
    """
    keys = sorted(set(subjects))
    here = origin.current()
    here.noted += 1
    return Reading.objects.create(
        kind=kind,
        actor_id=getattr(by, "pk", None),
        actor_name=by.get_username() if by is not None else "",
        actor_label=str(by)[:200] if by is not None else "",
        roles=by.acting_as() if by is not None else [],
        address=here.address,
        what=what[:200],
        object_type=object_type,
        object_id=str(object_id),
        filters=filters or {},
        row_count=len(keys) if row_count is None else row_count,
        sha256=sha256,
        subjects=keys,
    )


def of_person(employee_id: int) -> Any:
    """Readings that showed this person's data, the latest first; a page of an auditor without people is none."""
    return Reading.objects.of_person(employee_id)
