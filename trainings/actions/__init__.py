"""Everything a person can do to a class: keyword-only, `by=` the person acting."""

from trainings.actions.completing import complete
from trainings.actions.grading import (
    decide_change,
    lock_results,
    request_change,
    save_grading,
    save_minutes,
    save_scores,
    withdraw,
)
from trainings.actions.planning import (
    Plan,
    editable,
    plan_of,
    plan_problems,
    save_draft,
    schedule,
)

__all__ = [
    "Plan",
    "complete",
    "decide_change",
    "editable",
    "lock_results",
    "plan_of",
    "plan_problems",
    "request_change",
    "save_draft",
    "save_grading",
    "save_minutes",
    "save_scores",
    "schedule",
    "withdraw",
]
