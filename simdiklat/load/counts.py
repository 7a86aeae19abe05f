"""What must be true after an invitation day: what people were told is in the database, once, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from audit.models import Event, Reading
from invitations.models import Invitation, Selection
from jobs.models import Job
from outbox.models import Message
from outbox.rendering import message_id
from simdiklat.chaos import counts
from simdiklat.chaos.counts import Line

_STATES = {"accept": "accepted", "decline": "declined"}


def everything(report: dict[str, Any], arrived: Counter[str], say: Callable[[str], None]) -> list[Line]:
    """All counts. `report` is the players', `arrived` the mails by Message-ID."""
    told = {int(pk): [_STATES[one] for one in answers] for pk, answers in report["answers"].items()}
    confirmed = {pk: set(states) for pk, states in told.items()}
    repeats = sum(arrived.values()) - len(arrived)
    cancelled = Message.objects.filter(state=Message.State.CANCELLED).count()
    return [
        *answers(told),
        *counts.invitations(confirmed),
        *counts.messages(arrived),
        Line("mails delivered more than once", repeats, repeats == 0),
        Line("messages without a mail that were not cancelled", gap := len(_due() - set(arrived)), gap == 0),
        Line("messages cancelled", cancelled),
        *files(report["files"]),
        *selections(report["selections"]),
        *counts.everything_else(say),
    ]


def _due() -> set[str]:
    """Message-IDs of everything somebody should have received by now."""
    return {
        message_id(key)
        for key in Message.objects.exclude(state__in=("cancelled", "no_address")).values_list(
            "key", flat=True
        )
    }


def answers(told: dict[int, list[str]]) -> list[Line]:
    """Each answer that somebody saw confirmed was recorded exactly once, and no other answer was."""
    recorded = Counter(
        (int(pk), verb.removeprefix("invitation."))
        for pk, verb in Event.objects.filter(
            verb__in=("invitation.accepted", "invitation.declined"), object_type="invitation"
        ).values_list("object_id", "verb")
    )
    expected = Counter((pk, state) for pk, states in told.items() for state in set(states))
    lost = expected - recorded
    more = recorded - expected
    answered = set(Invitation.objects.filter(state__in=("accepted", "declined")).values_list("pk", flat=True))
    return [
        Line("answers confirmed on the screen", sum(map(len, told.values()))),
        Line("  of people", len(told), answered == set(told)),
        Line("  not recorded", lost.total(), not lost),
        Line("  recorded more than once, or never confirmed", more.total(), not more),
    ]


def files(received: list[dict[str, Any]]) -> list[Line]:
    """Each file that an operator received is noted in the log of reading with the hash of what arrived."""
    noted = Reading.objects.filter(kind=Reading.Kind.DOWNLOADED)
    exports = {
        (int(pk), sha) for pk, sha in noted.filter(object_type="export").values_list("object_id", "sha256")
    }
    unnoted = [one for one in received if one["job"] and (one["job"], one["sha256"]) not in exports]
    lists = Counter(noted.filter(object_type="class").values_list("sha256", flat=True))
    lists.subtract(one["sha256"] for one in received if not one["job"])
    mine = {one["job"] for one in received if one["job"]}
    begun = Job.objects.filter(task="employees.export")
    unfinished = begun.exclude(state=Job.State.DONE).count()
    return [
        Line("lists of names downloaded", sum(not one["job"] for one in received)),
        Line("  not in the log of reading, or not as received", sum(n < 0 for n in lists.values()),
             all(n >= 0 for n in lists.values())),
        Line("  noted and not received", odd := sum(n for n in lists.values() if n > 0), odd == 0),
        Line("exports begun", begun.count()),
        Line("  unfinished", unfinished, unfinished == 0),
        Line("  received", len(mine), len(mine) == begun.count()),
        Line("  not in the log of reading, or not as received", len(unnoted), not unnoted),
    ]  # fmt: skip


def selections(seen: int) -> list[Line]:
    """Every selection that a planner saw ranked is a proposal."""
    proposed = Selection.objects.filter(
        state=Selection.State.PROPOSED, requested_by__username__startswith="beban."
    )
    number = proposed.count()
    return [Line("selections started by planners and proposed", number, number == seen)]
