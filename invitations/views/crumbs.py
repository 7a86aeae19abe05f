"""The way back from a page below a class or a selection."""

from django.urls import reverse
from django.utils.translation import gettext as _

from invitations.models import Selection
from trainings.models import TrainingClass

Crumbs = list[tuple[str, str]]


def class_crumbs(training_class: TrainingClass) -> Crumbs:
    return [
        (_("Classes"), reverse("trainings:class_list")),
        (str(training_class), reverse("invitations:class", args=[training_class.pk])),
    ]


def address_of(selection: Selection) -> str:
    return reverse("invitations:selection", args=[selection.pk])


def selection_crumbs(selection: Selection) -> Crumbs:
    name = _("Selection %(number)d") % {"number": selection.number}
    return [*class_crumbs(selection.training_class), (name, address_of(selection))]
