"""Planning classes: draft, schedule. Keyword-only, `by=` the person acting.

Moving and cancelling a class is in invitations/actions/changing.py, because whoever is invited is told.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.roles import Permission
from audit.errors import Refusal
from employees.models import Unit
from employees.scoping import EVERYWHERE, scope_roots
from trainings import seeds
from trainings.actions.guards import lock_class
from trainings.codes import Allocation
from trainings.models import ClassArea, Programme, TrainingClass
from trainings.trail import record

State = TrainingClass.State


@dataclass(frozen=True)
class Plan:
    """What a planner decides about a class. `areas`: each with its seats under MANUAL, else None."""

    programme: Programme
    first_day: date
    last_day: date
    organiser: Unit
    seats: int
    confirm_by: date
    code: str = ""
    batch: str = ""
    place: str = ""
    reserve: int = 0
    allocation: str = Allocation.NASIONAL
    unit_cap: int = 0
    review_days: int = 0
    areas: list[tuple[Unit, int | None]] = field(default_factory=list)


def plan_problems(plan: Plan, *, by: Any, on: date | None = None) -> list[tuple[str, str]]:
    """What is wrong with a plan, as (field, sentence); [] when nothing is. Writes nothing."""
    on = on or timezone.localdate()
    found: list[tuple[str, str]] = []
    if plan.last_day < plan.first_day:
        found.append(("last_day", _("The last day is before the first day. Change one of the two.")))
    if plan.first_day <= on:
        found.append(("first_day", _("The class must begin after today.")))
    elif plan.confirm_by >= plan.first_day:
        found.append(("confirm_by", _("The last day to answer must be before the first day of the class.")))
    elif plan.confirm_by < on:
        found.append(("confirm_by", _("The last day to answer is past. Choose today or a later day.")))
    if plan.seats < 1:
        found.append(("seats", _("A class needs at least one seat.")))
    if not Unit.objects.organising_for(by).filter(pk=plan.organiser.pk).exists():
        found.append(("organiser", _("You do not plan classes for this organiser. Choose one of your own.")))
    found += _area_problems(plan, by)
    return found


def _area_problems(plan: Plan, by: Any) -> list[tuple[str, str]]:
    roots = scope_roots(by, Permission.PLAN_CLASSES)
    if any(not any(unit.path.startswith(root) for root in roots) for unit, _seats in plan.areas):
        return [("areas", _("One of these areas lies outside the areas you serve. Take it away."))]
    if not plan.areas:
        top = Unit.objects.filter(parent=None).values_list("path", flat=True).first()
        if EVERYWHERE not in roots and top not in roots:
            return [
                ("areas", _("Choose at least one area; only central planners hold classes for everybody."))
            ]
    if plan.allocation != Allocation.MANUAL:
        return []
    if not plan.areas:
        return [("areas", _("With seats set by hand, choose the areas and give each its seats."))]
    if any(seats is None for _unit, seats in plan.areas):
        return [("areas", _("Give every area its number of seats; 0 is allowed."))]
    listed = sum(seats or 0 for _unit, seats in plan.areas)
    if listed != plan.seats:
        sentence = ngettext(
            "The areas have %(listed)d seat together, but the class has %(seats)d. Make them equal.",
            "The areas have %(listed)d seats together, but the class has %(seats)d. Make them equal.",
            listed,
        )
        return [("areas", sentence % {"listed": listed, "seats": plan.seats})]
    return []


def plan_of(training_class: TrainingClass) -> Plan:
    """The plan as it is stored."""
    c = training_class
    return Plan(
        programme=c.programme, first_day=c.first_day, last_day=c.last_day, organiser=c.organiser,
        seats=c.seats, confirm_by=c.confirm_by, code=c.code, batch=c.batch, place=c.place,
        reserve=c.reserve, allocation=c.allocation, unit_cap=c.unit_cap, review_days=c.review_days,
        areas=[(area.unit, area.seats) for area in c.areas.select_related("unit")],
    )  # fmt: skip


def editable(training_class: TrainingClass) -> bool:
    """A plan may be changed until its names are being chosen: no selection but void or failed ones."""
    if training_class.state == State.CANCELLED:
        return False
    return not training_class.selections.exclude(state__in=("void", "failed")).exists()


@transaction.atomic
def save_draft(*, by: Any, plan: Plan, training_class: TrainingClass | None = None) -> TrainingClass:
    """Store a plan as a new draft, or change a class whose names are not being chosen yet. Returns it.

    Refusal with the first problem of the plan, or when the class cannot be changed any more.
    """
    problems = plan_problems(plan, by=by)
    if problems:
        raise Refusal(problems[0][1], code=problems[0][0])
    if training_class is not None:
        training_class = lock_class(training_class, by)
        if not editable(training_class):
            raise Refusal(_("The names of this class are already being chosen; its plan stays as it is."))
    made = training_class is None
    training_class = training_class or TrainingClass(state=State.DRAFT)
    for name in (
        "programme", "first_day", "last_day", "organiser", "seats", "confirm_by", "batch", "place",
        "reserve", "allocation", "unit_cap", "review_days",
    ):  # fmt: skip
        setattr(training_class, name, getattr(plan, name))
    if plan.code or made:
        training_class.code = plan.code or _next_code(plan)
    training_class.save()
    training_class.areas.all().delete()
    keep = plan.allocation == Allocation.MANUAL
    ClassArea.objects.bulk_create(
        ClassArea(training_class=training_class, unit=unit, seats=seats if keep else None)
        for unit, seats in plan.areas
    )
    record("class.drafted" if made else "class.changed", training_class, by, _as_json(plan))
    return training_class


@transaction.atomic
def schedule(*, training_class: TrainingClass, by: Any) -> TrainingClass:
    """Make a draft a scheduled class and draw its seed; the commitment is public from now on.

    Refusal when it is no draft, or its plan no longer holds (a date is past by now).
    """
    training_class = lock_class(training_class, by)
    if training_class.state != State.DRAFT:
        raise Refusal(_("Only a draft can be scheduled; this class is not one any more."), code="state")
    problems = plan_problems(plan_of(training_class), by=by)
    if problems:
        raise Refusal(problems[0][1], code=problems[0][0])
    training_class.state = State.SCHEDULED
    training_class.save(update_fields=["state"])
    seed = seeds.draw(training_class)
    record("class.scheduled", training_class, by, {"commitment": seed.commitment, "seed": seed.number})
    return training_class


def _next_code(plan: Plan) -> str:
    """A free class code made of programme, year and a number: `TEK-01-2026-3`."""
    stem = f"{plan.programme.code[:30]}-{plan.first_day.year}"
    number = TrainingClass.objects.filter(
        programme=plan.programme, first_day__year=plan.first_day.year
    ).count()
    while True:
        number += 1
        if not TrainingClass.objects.filter(code=f"{stem}-{number}").exists():
            return f"{stem}-{number}"


def _as_json(plan: Plan) -> dict[str, Any]:
    return {
        "programme": plan.programme.code, "first_day": plan.first_day.isoformat(),
        "last_day": plan.last_day.isoformat(), "organiser": plan.organiser.code, "seats": plan.seats,
        "reserve": plan.reserve, "allocation": str(plan.allocation), "unit_cap": plan.unit_cap,
        "confirm_by": plan.confirm_by.isoformat(), "review_days": plan.review_days,
        "areas": [[unit.code, seats] for unit, seats in plan.areas],
    }  # fmt: skip
