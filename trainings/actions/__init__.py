"""Everything a person can do to a class: keyword-only, `by=` the person acting."""

from trainings.actions.agenda import (
    DayPlan,
    SessionPlan,
    draft_agenda,
    remove_session,
    save_session,
    take_curriculum,
)
from trainings.actions.attendance import (
    Entry,
    apply_meeting_file,
    correct,
    mark_the_absent,
    read_meeting_file,
    save_roll,
)
from trainings.actions.completing import complete
from trainings.actions.curricula import (
    SubjectPlan,
    add_file,
    draft_curriculum,
    publish_curriculum,
    save_curriculum,
)
from trainings.actions.enrolling import enrol, enrolment_problem, leave, open_enrolment
from trainings.actions.evaluating import answer_follow_up, evaluate
from trainings.actions.grading import (
    ComponentPlan,
    ScoreEntry,
    decide_change,
    grade_sheet,
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
from trainings.actions.ruling import change_rule, effect, may_set_rule, values_of

__all__ = [
    "ComponentPlan",
    "DayPlan",
    "Entry",
    "Plan",
    "ScoreEntry",
    "SessionPlan",
    "SubjectPlan",
    "add_file",
    "answer_follow_up",
    "apply_meeting_file",
    "change_rule",
    "complete",
    "correct",
    "decide_change",
    "draft_agenda",
    "draft_curriculum",
    "editable",
    "effect",
    "enrol",
    "enrolment_problem",
    "evaluate",
    "grade_sheet",
    "leave",
    "lock_results",
    "mark_the_absent",
    "may_set_rule",
    "open_enrolment",
    "plan_of",
    "plan_problems",
    "publish_curriculum",
    "read_meeting_file",
    "remove_session",
    "request_change",
    "save_curriculum",
    "save_draft",
    "save_grading",
    "save_minutes",
    "save_roll",
    "save_scores",
    "save_session",
    "schedule",
    "take_curriculum",
    "values_of",
    "withdraw",
]
