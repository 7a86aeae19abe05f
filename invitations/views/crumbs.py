"""The way back from a page below a class or a selection."""

from django.urls import reverse
from django.utils.translation import gettext as _

from invitations.models import Selection
from trainings.views.common import crumbs as class_crumbs

Crumbs = list[tuple[str, str]]


def address_of(selection: Selection) -> str:
    return reverse("invitations:selection", args=[selection.pk])


def selection_crumbs(selection: Selection) -> Crumbs:
    name = _("Selection %(number)d") % {"number": selection.number}
    return [*class_crumbs(selection.training_class), (name, address_of(selection))]
