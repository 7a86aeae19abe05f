"""The ranking: who is in the pool, in what order, and who gets a seat. The rule is selection.md, version 1.

One SQL statement puts everybody considered through the gates and ranks the pool (`gates.CONSIDER`); the
seats are then split over the strata and given out (`allocation`). The preview, the worker, the checks at
approval and promotion, and the evidence all come from these same statements.
"""

from invitations.ranking.allocation import largest_remainder, split_seats, taken_by_unit
from invitations.ranking.gates import gate_codes
from invitations.ranking.parameters import (
    RULE_VERSION,
    Area,
    Outcome,
    Parameters,
    Share,
    parameters,
    with_changes,
)
from invitations.ranking.place import Place, place_today
from invitations.ranking.run import Preview, PreviewRow, considered, preview
from invitations.ranking.what_if import Variant, WhatIf, what_if

__all__ = [
    "RULE_VERSION",
    "Area",
    "Outcome",
    "Parameters",
    "Place",
    "Preview",
    "PreviewRow",
    "Share",
    "Variant",
    "WhatIf",
    "considered",
    "gate_codes",
    "largest_remainder",
    "parameters",
    "place_today",
    "preview",
    "split_seats",
    "taken_by_unit",
    "what_if",
    "with_changes",
]
