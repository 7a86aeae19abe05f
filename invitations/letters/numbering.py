"""Numbers of letters: one series per organiser and year (trainings/papers/numbering.py)."""

from functools import partial

from invitations.models import NumberSeries
from trainings.papers import numbering
from trainings.papers.numbering import Pattern, pattern_problem

__all__ = ["DEFAULT_PATTERN", "Pattern", "pattern_problem", "take"]

DEFAULT_PATTERN = "B-{seq}/{organiser}/{kind}/KP.02.3/{month}/{year}"

#: The next numbers of an organiser's letters: `take(organiser_id=…, year=…, count=…, first=…)`.
take = partial(numbering.take, NumberSeries)
