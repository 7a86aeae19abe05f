"""Everything a person can do to a selection or an invitation: keyword-only, `by=` the person acting."""

from invitations.actions.answering import Answered, answer, as_of_today, withdraw
from invitations.actions.changing import cancel_class, reschedule
from invitations.actions.mending import mend
from invitations.actions.objecting import ANSWER_WITHIN_DAYS, answer_objection, object_to
from invitations.actions.proving import check_evidence, note_download, sees_everybody
from invitations.actions.reviewing import close_review, decide_override, defer, request_override
from invitations.actions.selecting import approve, may_approve, start_selection, void
from invitations.actions.sending import resume_sending, stop_sending
from invitations.delivery.issuing import issue
from invitations.delivery.proposing import propose as run_selection

__all__ = [
    "ANSWER_WITHIN_DAYS",
    "Answered",
    "answer",
    "answer_objection",
    "approve",
    "as_of_today",
    "cancel_class",
    "check_evidence",
    "close_review",
    "decide_override",
    "defer",
    "issue",
    "may_approve",
    "mend",
    "note_download",
    "object_to",
    "request_override",
    "reschedule",
    "resume_sending",
    "run_selection",
    "sees_everybody",
    "start_selection",
    "stop_sending",
    "void",
    "withdraw",
]
