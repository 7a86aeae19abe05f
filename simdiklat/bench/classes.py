"""Classes to measure with, opened in the ministry at hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from employees.models import Unit
from invitations import actions
from invitations.delivery.states import move
from invitations.models import Selection
from trainings.models import ClassArea, Programme, TrainingClass
from trainings.seeds import draw

_numbers = count(1)


def open_class(areas: Sequence[Unit] = (), **values: Any) -> TrainingClass:
    """A scheduled class for everybody of these areas (none: of the whole ministry), 40 seats and 20 in reserve.

    Each begins in another week, so that a seat in one keeps nobody out of the next.
    """
    programme, _made = Programme.objects.get_or_create(
        code="UKUR",
        defaults={
            "name": "Pelatihan Ukur",
            "kind": "TEKNIS",
            "method": "KLASIKAL",
            "jp": 4,
            "resets_wait": False,
        },
    )
    number = next(_numbers)
    first = timezone.localdate() + timedelta(days=60 + 7 * number)
    made = TrainingClass.objects.create(
        **{
            "code": f"UKUR-{number}",
            "programme": programme,
            "organiser": Unit.objects.get(parent=None),
            "first_day": first,
            "last_day": first + timedelta(days=4),
            "confirm_by": first - timedelta(days=5),
            "seats": 40,
            "reserve": 20,
            "state": "scheduled",
        }
        | values
    )
    ClassArea.objects.bulk_create(ClassArea(training_class=made, unit=unit) for unit in areas)
    draw(made)
    return made


def three_areas() -> list[Unit]:
    """Three regional offices with everybody below them."""
    return list(Unit.objects.filter(kind="KANWIL").order_by("code")[:3])


def proposed(training_class: TrainingClass) -> Selection:
    """The class with a proposal."""
    selection = actions.start_selection(training_class=training_class, by=None, in_background=False)
    actions.run_selection(selection.pk)
    return Selection.objects.select_related("training_class__organiser").get(pk=selection.pk)


def approved(training_class: TrainingClass) -> Selection:
    """The class with an approved proposal, to be issued."""
    selection = proposed(training_class)
    move(selection, Selection.State.APPROVED, approved_at=timezone.now())
    return selection
