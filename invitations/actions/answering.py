"""Answers to an invitation, and its withdrawal. A freed seat is given on in the same transaction."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.deadlocks import retrying
from audit.errors import Refusal
from invitations.codes import DeclineReason
from invitations.delivery import issuing, seats
from invitations.models import Invitation
from trainings.models import TrainingClass

_ANSWERS = {"accept": Invitation.State.ACCEPTED, "decline": Invitation.State.DECLINED}


@dataclass(frozen=True)
class Answered:
    """What an answer did. `changed` is False when the same answer had been given before."""

    invitation: Invitation
    state: str
    changed: bool
    promoted: Invitation | None
    message: str


@retrying
def answer(
    *,
    invitation: Invitation,
    answer: str,
    by: Any,
    reason: str = "",
    text: str = "",
    channel: str = Invitation.Channel.PORTAL,
) -> Answered:
    """Accept or decline; a decline needs a coded reason (read in any case), LAINNYA a text as well.

    Declining after accepting frees the seat too. The same answer again changes nothing and says so. Any
    other answer to a closed invitation is Refused, as is any answer after the last day: the invitation
    then expires on reading and its seat is given on. Once the class has ended no answer changes any more.
    """
    if answer not in _ANSWERS:
        raise Refusal(_("Answer with accept or decline."), code="answer")
    state = _ANSWERS[answer]
    code = _reason(answer, reason, text)
    today = timezone.localdate()
    as_of_today(invitation)
    if state == Invitation.State.ACCEPTED:
        return _accept(invitation, channel, by)
    with transaction.atomic():
        # Its seat is given on, so everybody who gives seats of this class comes one by one.
        training_class = seats.lock_class(invitation.training_class_id)
        invitation = seats.lock_invitation(invitation.pk)
        if invitation.state == state:
            return _same_again(invitation)
        _check_open(invitation, state)
        _check_running(training_class)
        issuing.close(
            invitation, state, channel=channel, by=by, decline_reason=code, decline_text=text.strip()[:500]
        )
        promoted = seats.promote(
            training_class, stratum_id=invitation.stratum_id, on=today, replaces=invitation, by=by
        )
        return Answered(
            invitation, state, True, promoted, _("Your answer is recorded. The seat is free for the next.")
        )


@transaction.atomic
def _accept(invitation: Invitation, channel: str, by: Any) -> Answered:
    """The seat that was held is confirmed: no seat is given or freed, so nobody else of the class need wait."""
    invitation = seats.lock_invitation(invitation.pk)
    if invitation.state == Invitation.State.ACCEPTED:
        return _same_again(invitation)
    _check_open(invitation, Invitation.State.ACCEPTED)
    _check_running(invitation.training_class)
    issuing.close(invitation, Invitation.State.ACCEPTED, channel=channel, by=by)
    return Answered(invitation, invitation.state, True, None, _("Thank you. Your seat is confirmed."))


def _same_again(invitation: Invitation) -> Answered:
    return Answered(
        invitation, invitation.state, False, None, _("You had already given this answer. Nothing changed.")
    )


def as_of_today(invitation: Invitation) -> Invitation:
    """The invitation as it stands on reading: one whose last day to answer has passed expires now.

    The sweeper would do the same a little later; nobody is shown an offer that no longer stands.
    """
    today = timezone.localdate()
    if invitation.overdue(today):
        issuing.expire_class(invitation.training_class_id, on=today)
        invitation.refresh_from_db()
    return invitation


def _check_running(training_class: TrainingClass) -> None:
    """Who sat in a class that is over sat in it: its seats cannot be given back or taken away."""
    if training_class.ended():
        raise Refusal(_("This class has ended; its invitations stay as they are."), code="ended")


def _reason(answer: str, reason: str, text: str) -> str:
    if answer == "accept":
        return ""
    code = reason.strip().upper()
    if code not in DeclineReason.values:
        raise Refusal(
            _("Declining needs one of these reasons: %(codes)s.")
            % {"codes": ", ".join(DeclineReason.values)},
            code="reason",
        )
    if code == DeclineReason.LAINNYA and not text.strip():
        raise Refusal(_("Another reason (LAINNYA) needs a few words that say which."), code="text")
    return code


def _check_open(invitation: Invitation, state: str) -> None:
    if invitation.state == Invitation.State.ISSUED:
        return
    if invitation.state == Invitation.State.ACCEPTED and state == Invitation.State.DECLINED:
        return
    if invitation.state == Invitation.State.EXPIRED:
        raise Refusal(
            _("The last day to answer this invitation is past; the seat went to the next."), code="expired"
        )
    raise Refusal(
        _("This invitation is closed (%(state)s) and takes no other answer.")
        % {"state": str(invitation.get_state_display()).lower()},
        code="closed",
    )


@retrying
@transaction.atomic
def withdraw(*, invitation: Invitation, by: Any, reason: str) -> Answered:
    """Take an invitation back, with the reason; the person hears of it and the seat goes to the reserve."""
    if not reason.strip():
        raise Refusal(_("Say why the invitation is withdrawn."), code="reason")
    training_class = seats.lock_class(invitation.training_class_id)
    invitation = seats.lock_invitation(invitation.pk)
    if not invitation.is_live:
        _check_open(invitation, Invitation.State.WITHDRAWN)
    _check_running(training_class)
    issuing.close(
        invitation,
        Invitation.State.WITHDRAWN,
        channel=Invitation.Channel.PORTAL,
        by=by,
        decline_text=reason.strip()[:500],
    )
    seats.write_messages(
        [invitation],
        training_class,
        kind="invitation_withdrawn",
        sequence=training_class.revision + 1,
        why=reason.strip(),
    )
    promoted = seats.promote(
        training_class,
        stratum_id=invitation.stratum_id,
        on=timezone.localdate(),
        replaces=invitation,
        by=by,
    )
    return Answered(invitation, invitation.state, True, promoted, _("The invitation is withdrawn."))
