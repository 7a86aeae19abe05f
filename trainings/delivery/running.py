"""Where a class stands once it runs, and what its workspace says about each step in short."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from trainings.delivery import completing
from trainings.delivery.agenda import summary
from trainings.delivery.evaluating import open_for_evaluation
from trainings.models import (
    Attendance,
    Completion,
    Grading,
    ParticipantResult,
    Participation,
    ResultChange,
    Session,
    TrainingClass,
)
from trainings.questions import OPEN_DAYS
from trainings.times import today_of

STEPS = ("agenda", "attendance", "results", "completion")


def current_step(training_class: TrainingClass) -> str:
    """The step of a class that has begun: attendance while it runs, then results, then completion."""
    if not training_class.ended():
        return "attendance"
    locked = Grading.objects.filter(pk=training_class.pk, locked_at__isnull=False).exists()
    return "completion" if locked else "results"


def my_classes(user: Any, on: date) -> list[Participation]:
    """A person's confirmed seats in classes that run, come, or ended within the evaluation's days; soonest first.

    Each has `today`, the sessions of the day on the clock of its class; `on` is the day in WIB. Two queries.
    """
    seats = list(
        Participation.objects.of_user(user)
        .confirmed()
        .filter(last_day__gte=on - timedelta(days=OPEN_DAYS))
        .select_related("training_class__programme", "training_class__organiser", "evaluated")
        .order_by("first_day", "pk")
    )
    today = {seat.training_class_id: today_of(seat.training_class, on) for seat in seats}
    running = [
        seat.training_class_id
        for seat in seats
        if seat.first_day <= today[seat.training_class_id] <= seat.last_day
    ]
    days = set(today.values())  # at most two: where the class is held it may be tomorrow already
    sessions = (
        Session.objects.filter(training_class__in=running, day__in=days).for_agenda() if running else []
    )
    by_class: dict[int, list[Session]] = {}
    for session in sessions:
        if session.day == today[session.training_class_id]:
            by_class.setdefault(session.training_class_id, []).append(session)
    for seat in seats:
        seat.today = by_class.get(seat.training_class_id, [])  # type: ignore[attr-defined]  # for the page
        seat.may_evaluate = (  # type: ignore[attr-defined]  # for the page
            open_for_evaluation(seat.training_class, on) and not hasattr(seat, "evaluated")
        )
    return seats


def step_context(training_class: TrainingClass, step: str, user: Any) -> dict[str, Any]:
    """What the workspace shows of one of STEPS; counts of people only of those whom the user may see."""
    people = Participation.objects.readable_by(user).confirmed().filter(training_class=training_class)
    if step == "agenda":
        return {"summary": summary(training_class)}
    if step == "attendance":
        now = timezone.now()
        present = Count(
            "marks", filter=Q(marks__status=Attendance.Status.HADIR, marks__participation__in=people)
        )
        sessions = training_class.agenda.for_agenda().annotate(present=present)
        return {
            "participants": people.count(),
            "now_sessions": [
                s for s in sessions if s.starts_at and s.ends_at and s.starts_at <= now <= s.ends_at
            ],
            "next_sessions": [s for s in sessions if s.starts_at and s.starts_at > now][:3],
            "past_sessions": [s for s in sessions if s.ends_at and s.ends_at < now][-3:],
        }
    results = ParticipantResult.objects.current().readable_by(user).filter(training_class=training_class)
    outcomes = list(results.values_list("outcome").annotate(n=Count("pk")).order_by("outcome"))
    context: dict[str, Any] = {
        "grading": Grading.objects.filter(pk=training_class.pk).select_related("locked_by").first(),
        "participants": people.count(),
        "outcomes": [
            (code, ParticipantResult(outcome=code).get_outcome_display(), n) for code, n in outcomes
        ],
    }
    if step == "completion":
        context |= {
            "completion": Completion.objects.filter(pk=training_class.pk).select_related("by").first(),
            "why_not": completing.why_not(training_class),
            "changes": ResultChange.objects.filter(
                result__training_class=training_class, state=ResultChange.State.PENDING
            ).count(),
        }
    return context
