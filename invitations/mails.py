"""What the outbox has to know about messages of this room: still wanted, and what is attached."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from invitations.calendar import calendar_file
from invitations.models import Invitation
from outbox import rendering
from outbox.models import Message
from outbox.rendering import Attachment

#: Offers of a seat: sent only while the offer stands and can still be answered.
OFFERS = ("invitation", "invitation_promoted", "invitation_reminder")
#: Those that bring it to the person for the first time.
INVITING = ("invitation", "invitation_promoted")
#: Messages that put the class into a calendar, and those that take it out again.
CALENDAR_KINDS = ("invitation", "invitation_promoted", "class_changed")
CANCEL_KINDS = ("invitation_withdrawn", "class_cancelled")


def register() -> None:
    """Tell the outbox; called once when the portal starts."""
    for kind in (*OFFERS, "class_changed", *CANCEL_KINDS):
        rendering.register(
            kind,
            still_wanted=still_wanted,
            still_wanted_of=None if kind in CANCEL_KINDS else still_wanted_of,
            attachments=calendar_attachment if kind in CALENDAR_KINDS + CANCEL_KINDS else None,
        )


def still_wanted(kind: str, context: dict[str, Any], about_id: int | None) -> bool:
    """Whether the message is still true when its time has come.

    An offer must still be open, its last day to answer not past and its class not begun. News of a changed
    class concern those who still hold a seat. That something was withdrawn or cancelled is told to whoever
    knew of it: an issue that was stopped in time leaves no mail at all.
    """
    if kind in CANCEL_KINDS:
        return _was_heard_of(about_id)
    if about_id is None:
        return False
    invitation = Invitation.objects.select_related("training_class").filter(pk=about_id).first()
    return invitation is not None and _stands(kind, invitation)


def still_wanted_of(messages: Sequence[Message]) -> set[int]:
    """The keys of those of these messages (offers, or changed classes) that are still true."""
    about = {message.about_id for message in messages}
    found = Invitation.objects.select_related("training_class").in_bulk(about - {None})
    return {
        message.pk
        for message in messages
        if message.about_id in found and _stands(message.kind, found[message.about_id])
    }


def _stands(kind: str, invitation: Invitation) -> bool:
    """Whether what a message of this kind says of the invitation is still true."""
    if kind == "class_changed":
        return invitation.is_live
    today = timezone.localdate()
    return (
        invitation.state == Invitation.State.ISSUED
        and invitation.answer_by >= today
        and invitation.training_class.state == "scheduled"
        and invitation.training_class.first_day > today
    )


def _was_heard_of(about_id: int | None) -> bool:
    """Whether the invitation reached the person, by mail or in the portal."""
    if about_id is None:
        return True
    inviting = Message.objects.about("invitation", [about_id]).filter(kind__in=INVITING)
    # A withdrawal fills `answered_at` as well: only an answer of the person's own says that it was read.
    answered = Q(answered_at__isnull=False, state__in=("accepted", "declined"))
    seen = Invitation.objects.filter(pk=about_id).filter(Q(seen_at__isnull=False) | answered)
    # `begun_at`: on its way at this moment, or perhaps sent by a worker that died.
    arrived = inviting.filter(Q(state=Message.State.SENT) | Q(begun_at__isnull=False))
    return arrived.exists() or seen.exists() or not inviting.exists()


def calendar_attachment(message: Message) -> list[Attachment]:
    """The calendar file of the invitation; none where the context names no event."""
    if not message.context.get("uid"):
        return []
    cancelled = message.kind in CANCEL_KINDS
    content = calendar_file(
        message.context,
        stamp=message.created_at,
        attendee=message.to_address,
        attendee_name=message.to_name,
        cancelled=cancelled,
    )
    method = {"method": "CANCEL" if cancelled else "REQUEST"}
    return [Attachment(name="undangan.ics", content=content, mimetype="text/calendar", parameters=method)]
