"""Everything a person can do to a class: keyword-only, `by=` the person acting."""

from trainings.actions.agenda import (
    DayPlan,
    SessionPlan,
    draft_agenda,
    remove_session,
    save_session,
    take_curriculum,
)
from trainings.actions.completing import complete
from trainings.actions.curricula import (
    SubjectPlan,
    add_file,
    draft_curriculum,
    publish_curriculum,
    save_curriculum,
)
from trainings.actions.grading import (
    ComponentPlan,
    ScoreEntry,
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
    "ComponentPlan",
    "DayPlan",
    "Plan",
    "ScoreEntry",
    "SessionPlan",
    "SubjectPlan",
    "add_file",
    "complete",
    "decide_change",
    "draft_agenda",
    "draft_curriculum",
    "editable",
    "lock_results",
    "plan_of",
    "plan_problems",
    "publish_curriculum",
    "remove_session",
    "request_change",
    "save_curriculum",
    "save_draft",
    "save_grading",
    "save_minutes",
    "save_scores",
    "save_session",
    "schedule",
    "take_curriculum",
    "withdraw",
]
