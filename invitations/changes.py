"""What happened to a proposal since it was made, in words: the marks and overrides of a selection.

Whoever gave way to whom is named only to those who see that person; the coded reason of a deferral may
be about somebody's health.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.roles import Permission
from employees.models import Employee
from employees.scoping import EVERYWHERE, scope_roots
from invitations import explain
from invitations.codes import DeclineReason, OverrideCategory
from invitations.models import CandidateMark, Override, Selection

Kind = CandidateMark.Kind
TONES: dict[str, str] = {
    Kind.GATE: "quiet", Kind.DEFERRED: "warn", Kind.MOVED_UP: "good", Kind.INCLUDED: "warn",
    Kind.EXCLUDED: "warn", Kind.DISPLACED: "info",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One mark as a line: who, what kind, why in words, when and by whom."""

    employee: Employee
    kind: str
    #: One or two words for the badge.
    label: str
    tone: str
    text: str
    at: datetime
    by: Any


def _label(kind: str) -> str:
    words = {
        Kind.GATE: _("Left out"), Kind.DEFERRED: _("Deferred"), Kind.MOVED_UP: _("Moved up"),
        Kind.INCLUDED: _("Override"), Kind.EXCLUDED: _("Override"), Kind.DISPLACED: _("Displaced"),
    }  # fmt: skip
    return words[Kind(kind)]


def changes(selection: Selection, user: Any) -> list[Change]:
    """The marks on people in the user's scope, in the order in which they happened."""
    roots = scope_roots(user, Permission.SEE_SELECTIONS)
    marks = list(selection.marks.visible_to(user).for_list())
    followers = {mark.because_of_id: mark.employee for mark in marks if mark.because_of_id}
    return [
        Change(
            employee=mark.employee,
            kind=mark.kind,
            label=_label(mark.kind),
            tone=TONES[mark.kind],
            text=_text(mark, followers.get(mark.pk), roots),
            at=mark.at,
            by=mark.by,
        )
        for mark in marks
    ]


def overridden(selection: Selection) -> dict[int, str]:
    """Approved overrides: employee id → kind. They stay on the list for ever."""
    approved = selection.overrides.approved()
    return dict(approved.order_by("pk").values_list("employee_id", "kind"))


def override_counts(selection: Selection) -> dict[str, int]:
    """How many overrides of the selection are in each state, all of them counted."""
    counts = dict.fromkeys(Override.State.values, 0)
    for state in selection.overrides.values_list("state", flat=True):
        counts[state] += 1
    return counts


def _text(mark: CandidateMark, follower: Employee | None, roots: list[str]) -> str:
    if mark.kind == Kind.DEFERRED:
        reason = str(DeclineReason(mark.code).label) if mark.code in DeclineReason.values else mark.code
        parts = [_("Deferred by the regional office: %(reason)s.") % {"reason": reason}]
        if mark.detail:
            parts.append(mark.detail)
        if follower is not None:
            parts.append(_("%(name)s moves up.") % {"name": follower.full_name})
        return " ".join(parts)
    if mark.kind in (Kind.INCLUDED, Kind.EXCLUDED):
        category = (
            str(OverrideCategory(mark.code).label) if mark.code in OverrideCategory.values else mark.code
        )
        words = {
            Kind.INCLUDED: _("Included by an override (%(category)s): %(text)s"),
            Kind.EXCLUDED: _("Excluded by an override (%(category)s): %(text)s"),
        }[Kind(mark.kind)]
        return words % {"category": category, "text": mark.detail}
    cause = mark.because_of
    if cause is not None and mark.kind in (Kind.MOVED_UP, Kind.DISPLACED):
        return _because(mark, cause, roots)
    return explain.code_text(mark.code if mark.kind == Kind.GATE else mark.kind)


def _because(mark: CandidateMark, cause: CandidateMark, roots: list[str]) -> str:
    path = cause.employee.unit.path
    if not (EVERYWHERE in roots or any(path.startswith(root) for root in roots)):
        return explain.code_text(mark.kind)
    words = {
        (Kind.MOVED_UP, Kind.DEFERRED): _("Moved up for %(name)s, who was deferred by the regional office."),
        (Kind.MOVED_UP, Kind.EXCLUDED): _("Moved up for %(name)s, who was excluded by an override."),
        (Kind.DISPLACED, Kind.INCLUDED): _(
            "Gave the seat to %(name)s, who was included by an override; first in the reserve."
        ),
    }.get((Kind(mark.kind), Kind(cause.kind)))
    return words % {"name": cause.employee.full_name} if words else explain.code_text(mark.kind)


def own_changes(selection: Selection, person: Employee) -> list[Change]:
    """What happened to one person since the proposal, as this person reads it: nobody else is named."""
    marks = selection.marks.filter(employee=person).for_list()
    return [
        Change(person, mark.kind, _label(mark.kind), TONES[mark.kind], _text(mark, None, []), mark.at, None)
        for mark in marks
    ]
