"""Moving a selection from state to state: every step recorded, in the caller's transaction."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from audit import log
from audit.errors import Refusal
from invitations.models import Selection, Transition


def move(
    selection: Selection,
    to: str,
    *,
    by: Any = None,
    reason: str = "",
    recorded: dict[str, Any] | None = None,
    **values: Any,
) -> None:
    """Move the selection on with `values`, and record who, when and why; `recorded` goes into the trail too.

    The UPDATE holds only if nobody moved it meanwhile; otherwise Refusal. The database refuses an edge
    that does not exist.
    """
    before = selection.state
    changed = Selection.objects.filter(pk=selection.pk, state=before).update(state=to, **values)
    if not changed:
        raise Refusal(_("Somebody else has just changed this selection. Reload the page and look again."))
    for name, value in {"state": to, **values}.items():
        setattr(selection, name, value)
    Transition.objects.create(
        selection=selection, from_state=before, to_state=to, by=by, reason=str(reason)[:500]
    )
    log.record(
        f"selection.{to}",
        by=by,
        object_type="selection",
        object_id=selection.pk,
        unit_path=selection.training_class.organiser.path,
        data={"class": selection.training_class.code, "from": before, "reason": str(reason)[:500]}
        | (recorded or {}),
    )
