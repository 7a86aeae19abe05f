"""Reminders, computed from what was sent: nobody is reminded of a letter that never left."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from invitations.delivery import seats
from invitations.models import Invitation
from outbox.models import Message

#: Days before the last day to answer on which an unanswered invitation is brought to mind again.
REMIND_BEFORE_DAYS = (3, 1)
#: Nobody is reminded sooner than this after the last message that reached them.
QUIET = timedelta(days=2)


def remind_due(on: date | None = None) -> int:
    """Write the reminders due on the day; returns how many. Safe to repeat: each has a key of its own."""
    on = on or timezone.localdate()
    written = 0
    for days in REMIND_BEFORE_DAYS:
        deadline = on + timedelta(days=days)
        own = Message.objects.filter(about_type="invitation", about_id=OuterRef("pk"))
        due = (
            Invitation.objects.awaiting_reply()
            .filter(answer_by=deadline, training_class__state="scheduled")
            .filter(Exists(own.filter(state=Message.State.SENT)))
            .exclude(Exists(own.filter(sent_at__gt=timezone.now() - QUIET)))
        )
        for class_id in due.order_by("training_class").values_list("training_class", flat=True).distinct():
            with transaction.atomic():
                training_class = seats.lock_class(class_id)
                # A moved class has another last day to answer: its reminders are new ones.
                sequence = 10 * training_class.revision + days
                reminded = own.filter(kind="invitation_reminder", context__sequence=sequence)
                invitations = list(
                    due.filter(training_class=class_id)
                    .exclude(Exists(reminded))
                    .select_related("employee__unit")
                )
                seats.write_messages(
                    invitations, training_class, kind="invitation_reminder", sequence=sequence
                )
                written += len(invitations)
    return written
