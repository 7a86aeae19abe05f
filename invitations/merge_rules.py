"""The merge rules of this room's relations to a person (employees/merging/rules.py).

What a ranking froze stays with the record that was ranked: the old record stays for it.
"""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import Refusal
from employees.merging.rules import moves, register
from invitations.codes import Outcome
from invitations.models import Candidate, Invitation, Selection

_RUNNING = ("queued", "ranking", "proposed", "in_review", "approved")


def _in_a_running_ranking(kept: Any, gone: Any) -> Refusal | None:
    """The old record waits for a seat, or holds an offer, of a class that has not begun."""
    today = timezone.localdate()
    State = Selection.State
    chosen = (
        Candidate.objects.of_people([gone.pk])
        .filter(
            outcome__in=(Outcome.SELECTED, Outcome.RESERVE),
            selection__training_class__first_day__gt=today,
            selection__training_class__state="scheduled",
        )
        .exclude(selection__state__in=(State.VOID, State.FAILED))
        .select_related("selection__training_class")
        .first()
    )
    training_class = chosen.selection.training_class if chosen else None
    if training_class is None:
        live = (
            Invitation.objects.filter(employee=gone, state__in=("issued", "accepted"))
            .filter(training_class__first_day__gt=today)
            .select_related("training_class")
            .first()
        )
        training_class = live.training_class if live else None
    if training_class is None:
        return None
    return Refusal(
        _(
            "The record that would go stands in the ranking of class %(code)s, which has not begun. Keep that "
            "record instead, or wait until the class has begun."
        )
        % {"code": training_class.code},
        code="ranking",
    )


def register_rules() -> None:
    """Called once when the portal starts."""
    register("invitations.Candidate.employee", None, "the ranked pool is unchangeable", _in_a_running_ranking)
    register("invitations.CandidateMark.employee", None, "belongs to the ranked pool")
    register("invitations.Override.employee", None, "belongs to the ranked pool")
    moves(
        "invitations.Invitation.employee", "invitations are the person's",
        # Invited twice by one selection: the second stays on record where it was.
        "NOT EXISTS (SELECT 1 FROM invitations_invitation k "
        "WHERE k.employee_id = :kept AND k.selection_id = r.selection_id)",
    )  # fmt: skip
    moves(
        "invitations.Objection.employee", "objections are the person's",
        "r.state <> 'open' OR NOT EXISTS (SELECT 1 FROM invitations_objection k WHERE k.state = 'open' "
        "AND k.employee_id = :kept AND k.selection_id IS NOT DISTINCT FROM r.selection_id "
        "AND k.training_class_id IS NOT DISTINCT FROM r.training_class_id)",
    )  # fmt: skip
