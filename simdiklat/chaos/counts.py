"""What must be right after a fault run, counted from the database and from what the mail server was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.utils import timezone

from invitations import ranking
from invitations.delivery.seats import open_reserve
from invitations.models import CandidateMark, Invitation, Selection
from jobs.models import Job
from outbox.models import Message
from outbox.rendering import message_id
from simdiklat.integrity import problems
from trainings.models import TrainingClass


@dataclass(frozen=True)
class Line:
    """One line of the report. `right` is None where the figure is only told."""

    what: str
    figure: Any
    right: bool | None = None


def tell(lines: list[Line], good: str, say: Callable[[str], None]) -> bool:
    """Say the report, each figure with its verdict, and at the end `good` or how many are wrong; True: none."""
    for line in lines:
        verdict = {None: "", True: "ok", False: "WRONG"}[line.right]
        say(f"{line.what:<52} {line.figure!s:>12}  {verdict}")
    wrong = sum(line.right is False for line in lines)
    say("")
    say(good if not wrong else f"{wrong} counts are wrong.")
    return not wrong


def settled() -> str:
    """Empty once nothing is left to do; otherwise what still is."""
    waits = {
        "jobs": Job.objects.filter(state__in=("queued", "running")).count(),
        "overdue invitations": Invitation.objects.overdue().count(),
        "messages": Message.objects.filter(state__in=("pending", "sending")).count(),
    }
    return ", ".join(f"{number} {what}" for what, number in waits.items() if number)


def invitations(confirmed: dict[int, set[str]]) -> list[Line]:
    """States, seats, promotions, and whether every answer that was confirmed still holds."""
    states = Counter(Invitation.objects.values_list("state", flat=True))
    classes = TrainingClass.objects.annotate(
        live=Count("invitations", filter=Q(invitations__state__in=("issued", "accepted")))
    )
    too_full = classes.filter(live__gt=F("seats")).count()
    twice = Invitation.objects.values("training_class", "employee").annotate(n=Count("pk")).filter(n__gt=1)
    closed = Invitation.objects.exclude(state__in=("issued", "accepted"))
    freed = closed.count()
    promoted = Invitation.objects.exclude(replaces=None).count()
    wrong_side = Invitation.objects.filter(replaces__state__in=("issued", "accepted")).count()
    left_lying, exhausted = _seats_left_lying()
    broken = [
        pk
        for pk, state in Invitation.objects.filter(pk__in=confirmed).values_list("pk", "state")
        if state != ("declined" if "declined" in confirmed[pk] else "accepted")
    ]
    issued = Selection.objects.filter(state=Selection.State.ISSUED)
    chosen = sum(selection.selected_count or 0 for selection in issued)
    first = Invitation.objects.filter(replaces=None).count()
    forgotten = sum(map(_forgotten, issued))
    return [
        Line("people proposed", chosen),
        Line("  invited at first", first, first <= chosen),
        Line("  neither invited nor stopped by a gate", forgotten, forgotten == 0),
        Line("invitations", sum(states.values())),
        *(Line(f"  {state}", states[state]) for state in sorted(states)),
        Line("classes with more live invitations than seats", too_full, too_full == 0),
        Line("people invited twice to one class", twice.count(), not twice.exists()),
        Line("confirmed answers", len(confirmed)),
        Line("  that were lost or turned round", len(broken), not broken),
        Line("freed seats (declined or expired)", freed),
        Line("  offered to the next in the reserve", promoted, promoted <= freed and not wrong_side),
        Line("  with nobody left in the reserve", exhausted, promoted + exhausted == freed),
        Line("  left lying though somebody could have had them", left_lying, left_lying == 0),
    ]


def _forgotten(selection: Selection) -> int:
    """Seats of a proposal that issuing left out although no gate stopped their people."""
    invited = selection.invitations.filter(replaces=None).count()
    stopped = CandidateMark.objects.filter(selection=selection, kind=CandidateMark.Kind.GATE)
    chosen = selection.candidates.filter(outcome="selected").values("employee")
    return max(0, (selection.selected_count or 0) - invited - stopped.filter(employee__in=chosen).count())


def _seats_left_lying() -> tuple[int, int]:
    """Freed seats not offered on: (somebody in the class's reserve could have one, nobody could)."""
    lying = exhausted = 0
    for training_class in TrainingClass.objects.filter(invitations__isnull=False).distinct():
        unanswered = training_class.invitations.exclude(state__in=("issued", "accepted")).filter(
            replacement=None
        )
        number = unanswered.count()
        if not number:
            continue
        reserve = list(open_reserve(training_class.pk))
        codes = ranking.gate_codes(
            ranking.parameters(training_class), [c.employee_id for c in reserve], on=timezone.localdate()
        )
        taken = ranking.taken_by_unit(training_class.pk)
        cap = training_class.unit_cap
        able = [
            c
            for c in reserve
            if not codes[c.employee_id] and (not cap or taken.get(c.employee.unit_id, 0) < cap)
        ]
        lying += min(number, len(able))
        exhausted += number - min(number, len(able))
    return lying, exhausted


def messages(arrived: Counter[str]) -> list[Line]:
    """Rows against arrivals: at least once, and again only where a worker died or was cut off while sending."""
    rows = {
        message_id(key): (state, attempts)
        for key, state, attempts in Message.objects.values_list("key", "state", "attempts")
    }
    states = Counter(state for state, _attempts in rows.values())
    kinds = Counter(Message.objects.values_list("kind", flat=True))
    summons = kinds["invitation"] + kinds["invitation_promoted"]
    sent = {mail for mail, (state, _attempts) in rows.items() if state == Message.State.SENT}
    repeats = sum(arrived.values()) - len(arrived)
    unexplained = [mail for mail, times in arrived.items() if times > rows.get(mail, ("", 0))[1]]
    # A message that may have arrived before its worker died, and was no longer wanted afterwards.
    overtaken = [mail for mail in arrived if mail not in sent]
    return [
        Line("messages", len(rows)),
        Line("  one for each invitation", summons, summons == Invitation.objects.count()),
        *(Line(f"  {kind}", kinds[kind]) for kind in sorted(kinds)),
        *(Line(f"  {state}", states[state]) for state in sorted(states)),
        Line("mails that arrived", sum(arrived.values())),
        Line("  sent by the books, never arrived", len(sent - set(arrived)), not sent - set(arrived)),
        Line("  arrived that nobody wrote", len(set(arrived) - set(rows)), not set(arrived) - set(rows)),
        Line("  repeats, by Message-ID (at least once)", repeats),
        Line("  more often than attempts were recorded", len(unexplained), not unexplained),
        Line("  arrived, its worker died, then no longer wanted", len(overtaken)),
        Line("messages given up", states["failed"], not states["failed"]),
    ]


def everything_else(say: Callable[[str], None]) -> list[Line]:
    """Jobs, and every invariant that `check_data` knows."""
    jobs = Counter(Job.objects.values_list("state", flat=True))
    given_up = Job.objects.filter(state=Job.State.FAILED)
    odd = [
        error for error in given_up.values_list("error", flat=True) if "attempts that did not" not in error
    ]
    for error in odd:
        say(f"A job failed: {error}")
    found = problems()
    for name, texts in found.items():
        for text in texts[:5]:
            say(f"check_data, {name}: {text}")
    return [
        Line("jobs done", jobs["done"]),
        Line("  begun more than once", Job.objects.filter(attempts__gt=1).count()),
        Line("  given up after too many killed workers", jobs["failed"] - len(odd)),
        Line("  failed for another reason", len(odd), not odd),
        Line("check_data problems", sum(map(len, found.values())), not found),
    ]
