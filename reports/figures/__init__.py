"""The figures by their key in the address, each made for a scope and what the address asks for."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from reports.figures import coverage, hours, invited
from reports.figures.model import Figure
from reports.scope import Scope

#: Key → (how it is made, what it must have counted). In the order in which pages show them.
MADE: dict[str, tuple[Callable[..., Figure], str]] = {
    "provinces": (coverage.provinces, "present"),
    "units": (coverage.units, "present"),
    "trend": (coverage.trend, "trend"),
    "hours": (hours.hours, "hours"),
    "lorenz": (hours.lorenz, "spread5"),
    "repeats": (hours.repeats, "spread5"),
    "waits": (invited.waits, "invited"),
    "overrides": (invited.overrides, "overrides"),
    "replies": (invited.replies, "invited"),
    "reasons": (invited.reasons, "invited"),
    "superiors": (invited.superiors, "invited"),
}


def make(key: str, scope: Scope, asked: Mapping[str, Any] | None = None) -> Figure:
    """The figure of this key; `asked` narrows it (unit, province, years). KeyError for an unknown key."""
    return MADE[key][0](scope, **(asked or {}))


def at_hand(key: str, scope: Scope) -> bool:
    """Whether the figure can be shown without counting first."""
    return scope.has(MADE[key][1])


def titles() -> dict[str, str]:
    """The figures' names, without counting anything."""
    return {
        "provinces": _("Without training for two years, by province"),
        "units": _("Without training for two years, by unit"),
        "trend": _("Without training for two years, over time"),
        "hours": _("Hours per person this year"),
        "lorenz": _("How evenly training is spread"),
        "repeats": _("Trained again and again, and never"),
        "waits": _("Repeat invitations: how long the invited had waited"),
        "overrides": _("Overrides: named out of order"),
        "replies": _("Replies over the days"),
        "reasons": _("Why people decline"),
        "superiors": _("Not permitted by the superior, by unit"),
    }
