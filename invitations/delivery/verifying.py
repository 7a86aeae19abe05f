"""Verification of a large selection by a worker."""

from typing import Any

from invitations.models import Selection
from invitations.verify import verify


def verify_selection(selection_id: int) -> dict[str, Any]:
    """Verify a selection against its evidence; the result of the job. Changes nothing, safe to repeat."""
    selection = Selection.objects.select_related("training_class", "seed", "requested_by").get(
        pk=selection_id
    )
    finding = verify(selection)
    return {"matches": finding.matches, "differences": finding.differences}
