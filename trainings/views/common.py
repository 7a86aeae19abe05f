"""What every page of a running class begins with: the class in scope, the way back."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from trainings.models import TrainingClass
from trainings.querysets import TrainingClassQuerySet


def visible_class(request: HttpRequest, pk: int) -> TrainingClass:
    """The class, for somebody who sees it; 404 for anybody else."""
    classes = TrainingClass.objects.visible_to(request.user)
    return get_object_or_404(classes.select_related("programme", "organiser", "curriculum"), pk=pk)


def plannable_classes(request: HttpRequest) -> TrainingClassQuerySet:
    """The classes for whose organisers the person plans."""
    classes = TrainingClass.objects.plannable_by(request.user)
    return classes.select_related("programme", "organiser", "curriculum")


def plannable_class(request: HttpRequest, pk: int) -> TrainingClass:
    """The class, for somebody who plans for its organiser; 404 for anybody else."""
    return get_object_or_404(plannable_classes(request), pk=pk)


def plans(request: HttpRequest, training_class: TrainingClass) -> bool:
    """Whether the person plans for the class's organiser."""
    return TrainingClass.objects.plannable_by(request.user).filter(pk=training_class.pk).exists()


def class_address(training_class: TrainingClass, step: str = "") -> str:
    """The class's workspace, at a step."""
    address = reverse("invitations:class", args=[training_class.pk])
    return f"{address}?step={step}" if step else address


def crumbs(training_class: TrainingClass, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """The way back from a page below a class."""
    return [
        (_("Classes"), reverse("trainings:class_list")),
        (str(training_class), class_address(training_class)),
        *more,
    ]


def head(training_class: TrainingClass, title: Any, *more: tuple[str, str]) -> dict[str, Any]:
    """Title, subtitle and way back of a page of the class."""
    return {
        "title": title,
        "subtitle": str(training_class),
        "crumbs": crumbs(training_class, *more),
        "training_class": training_class,
    }
