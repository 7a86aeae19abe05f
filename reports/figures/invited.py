"""Figures about invitations of the last twelve months: whom they reach, how they are answered, overrides."""

from collections import Counter
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from employees.models import Unit
from invitations.codes import DeclineReason, OverrideCategory
from reports.counting import invited as counting
from reports.figures.coverage import BARS, brief
from reports.figures.model import (
    SHARE,
    TEXT,
    Cell,
    Chart,
    Column,
    Figure,
    Part,
    Series,
    count,
    part_words,
    percent,
    share,
    whole_in_parts,
)
from reports.scope import Scope
from reports.suppression import LEAST, as_shown


def _invitations_url(scope: Scope, **filters: object) -> str:
    return f"{reverse('invitations:list')}?{urlencode(filters)}" if scope.lists else ""


def waits(scope: Scope) -> Figure:
    """How long the invited had waited: the repeat invitations are those within two years."""
    counted = counting.invitations(scope)
    per_wait: Counter[int | None] = Counter()
    for heap in counted.numbers:
        years = heap.wait_years
        per_wait[
            years if years is None or years < 0 else min(years, 5) if years < 2 else 2 if years < 5 else 5
        ] += heap.number
    total = sum(per_wait.values())
    order: list[tuple[int | None, str]] = [
        (None, _("Never trained before")), (5, _("Five years or more")), (2, _("Two to five years")),
        (1, _("One to two years")), (0, _("Less than a year")), (-1, _("Not recorded")),
    ]  # fmt: skip
    order = [(key, label) for key, label in order if key != -1 or per_wait[-1]]
    masked = as_shown([per_wait[key] for key, _label in order], scope.masked)
    parts = [
        Part(
            label, number, "" if key == -1 else _invitations_url(scope, wait="never" if key is None else key)
        )
        for (key, label), number in zip(order, masked, strict=True)
    ]
    repeat = per_wait[0] + per_wait[1]
    words = _("In the last twelve months nobody was invited.")
    if total:
        words = _("Of %(total)s invitations in the last twelve months, %(never)s went to people never trained before, and %(repeat)s to people trained within the two years before (repeat invitations).") % {
            "total": count(total), "never": part_words(per_wait[None], total, scope.masked), "repeat": part_words(repeat, total, scope.masked),
        }  # fmt: skip
    return whole_in_parts(
        key="waits", title=_("Repeat invitations: how long the invited had waited"), words=words,
        of=_("Wait when invited"), counted=_("Invitations"), parts=parts, total=total, at=counted.at,
    )  # fmt: skip


def replies(scope: Scope) -> Figure:
    """How soon the invited answer."""
    counted = counting.invitations(scope)
    total = sum(heap.number for heap in counted.numbers)
    days = counting.answers_by_day(counted.numbers)
    yes, no = days[-1][1], days[-1][2]
    words = _("In the last twelve months nobody was invited.")
    if total:
        words = _("Of %(total)s invitations in the last twelve months %(yes)s were accepted and %(no)s declined; %(week)s of all were answered within a week.") % {
            "total": count(total), "yes": part_words(yes, total, scope.masked), "no": part_words(no, total, scope.masked),
            "week": part_words(days[7][1] + days[7][2], total, scope.masked),
        }  # fmt: skip
    hide = scope.masked and 0 < total < 5
    value = lambda n: None if hide else share(n, total)  # noqa: E731 - said three times below
    return Figure(
        key="replies",
        title=_("Replies over the days"),
        words=words,
        columns=[
            Column(_("Days after the invitation"), TEXT), Column(_("Accepted"), SHARE), Column(_("Declined"), SHARE),
        ],
        rows=[
            [Cell(str(day) if day < counting.FOLLOWED_DAYS else f"{day}+"), Cell(value(a)), Cell(value(d))]
            for day, a, d in days
        ] if total else [],
        chart=Chart(
            "line", [str(day) for day, _a, _d in days],
            [Series(_("Accepted"), [value(a) for _day, a, _d in days]),
             Series(_("Declined"), [value(d) for _day, _a, d in days], "bad")],
            unit="share",
        ) if total else None,
        at=counted.at,
        note=_("Counted from the day of each invitation; adding up from day to day."),
    )  # fmt: skip


def reasons(scope: Scope) -> Figure:
    """Why people decline."""
    counted = counting.invitations(scope)
    per_reason: Counter[str] = Counter()
    for heap in counted.numbers:
        if heap.state == "declined":
            per_reason[heap.decline_reason] += heap.number
    total = sum(per_reason.values())
    order = sorted(DeclineReason, key=lambda reason: -per_reason[reason.value])
    masked = as_shown([per_reason[reason.value] for reason in order], scope.masked)
    parts = [
        Part(str(reason.label), number, _invitations_url(scope, state="declined", reason=reason.value))
        for reason, number in zip(order, masked, strict=True)
    ]
    words = _("In the last twelve months nobody declined.")
    if total:
        words = _("%(total)s invitations were declined in the last twelve months. The most frequent reason: %(reason)s (%(share)s).") % {
            "total": count(total), "reason": parts[0].label, "share": percent(per_reason[order[0].value] / total),
        } if masked[0] is not None else _("%(total)s invitations were declined in the last twelve months.") % {"total": count(total)}  # fmt: skip
    return whole_in_parts(
        key="reasons", title=_("Why people decline"), words=words, of=_("Reason"), counted=_("Declined"),
        parts=parts, total=total, at=counted.at, tone="bad",
    )  # fmt: skip


def superiors(scope: Scope) -> Figure:
    """Which units do not let their people go."""
    counted = counting.invitations(scope)
    invited: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for heap in counted.numbers:
        invited[heap.path] += heap.number
        if heap.state == "declined" and heap.decline_reason == DeclineReason.ATASAN:
            refused[heap.path] += heap.number
    paths = sorted(refused, key=lambda path: (-refused[path], path))
    total = sum(refused.values())
    others = 0
    if scope.masked:
        # A unit is named only with so many that nobody can be meant; the rest is put together.
        paths = [path for path in paths if refused[path] >= LEAST]
        others = total - sum(refused[path] for path in paths)
    names = {unit.path: unit for unit in Unit.objects.filter(path__in=paths)}
    words = _("In the last twelve months no superior is named as the reason for declining.")
    if total:
        few = scope.masked and 0 < others < LEAST
        words = _("“Not permitted by the superior” was given %(n)s times in the last twelve months.") % {
            "n": _("a few") if few else count(total)
        }

    def list_url(path: str, **filters: object) -> str:
        return _invitations_url(scope, unit=names[path].pk, **filters)

    rows = [
        [
            Cell(names[path].name),
            Cell(invited[path], list_url(path)),
            Cell(refused[path], list_url(path, state="declined", reason="ATASAN")),
            Cell(share(refused[path], invited[path])),
        ]
        for path in paths
    ]
    if others:
        rows.append(
            [Cell(_("Other units")), Cell(None), Cell(others if others >= LEAST else None), Cell(None)]
        )
    return Figure(
        key="superiors",
        title=_("Not permitted by the superior, by unit"),
        words=words,
        columns=[
            Column(_("Unit"), TEXT), Column(_("Invited")), Column(_("Not permitted")), Column(_("Share"), SHARE),
        ],
        rows=rows,
        chart=Chart(
            "bars", [brief(names[path].name) for path in paths[:BARS]],
            [Series(_("Not permitted"), [float(refused[path]) for path in paths[:BARS]], "bad")],
            urls=[list_url(path, state="declined", reason="ATASAN") for path in paths[:BARS]],
        ) if paths else None,
        at=counted.at,
    )  # fmt: skip


def overrides(scope: Scope) -> Figure:
    """How often somebody is named out of order, quarter by quarter."""
    counted = counting.overrides(scope)
    issued: Counter[object] = Counter()
    for heap in counting.invitations(scope).numbers:
        issued[heap.quarter] += heap.number
    quarters = counting.quarters_since(counting.year_ago(), timezone.localdate())
    rows, rates, labels = [], [], []
    for first in quarters:
        states: Counter[str] = Counter()
        for asked in counted.numbers:
            if asked.quarter == first:
                states[asked.state] += asked.number
        rate = share(states["approved"], issued[first])
        labels.append(_("Q%(n)d %(year)d") % {"n": (first.month + 2) // 3, "year": first.year})
        rates.append(rate)
        rows.append(
            [Cell(labels[-1]), Cell(issued[first]), Cell(sum(states.values())), Cell(states["approved"]),
             Cell(states["refused"]), Cell(rate)]
        )  # fmt: skip
    approved = sum(o.number for o in counted.numbers if o.state == "approved")
    total = sum(issued.values())
    words = _("In the last twelve months %(approved)s overrides were approved for %(total)s invitations (%(share)s).") % {
        "approved": count(approved), "total": count(total), "share": percent(share(approved, total) or 0),
    }  # fmt: skip
    categories: Counter[str] = Counter()
    for one in counted.numbers:
        if one.state == "approved":
            categories[one.category] += one.number
    if categories:
        most = categories.most_common(1)[0][0]
        words += " " + _("The most frequent category: %(category)s.") % {
            "category": OverrideCategory(most).label
        }
    return Figure(
        key="overrides",
        title=_("Overrides: named out of order"),
        words=words,
        columns=[
            Column(_("Quarter"), TEXT), Column(_("Invitations")), Column(_("Overrides asked for")),
            Column(_("Approved")), Column(_("Refused")), Column(_("Approved per invitation"), SHARE),
        ],
        rows=rows,
        chart=Chart("bar", labels, [Series(_("Approved per invitation"), list(rates), "warn")], unit="share"),
        at=counted.at,
        note=_("Every override has two officers and a reason, and stays on record with its selection."),
    )  # fmt: skip
