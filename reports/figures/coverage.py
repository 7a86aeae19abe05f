"""Figures about who had no training for two years, or never."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from employees.models import Unit
from employees.provinces import PROVINCES, province_name
from employees.scoping import EVERYWHERE
from reports.counting import coverage
from reports.counting.coverage import People
from reports.figures.model import (
    COUNT,
    SHARE,
    TEXT,
    Cell,
    Chart,
    Column,
    Figure,
    Series,
    count,
    part_words,
    percent,
    share,
    written,
)
from reports.provinces import Tile, place, shade
from reports.scope import Counted, Scope
from reports.suppression import LEAST, as_shown

#: Bars of a chart; the table has all rows.
BARS = 20


@dataclass(frozen=True)
class Group:
    """A group of people as it may be shown: None where the reader may not know."""

    key: str
    people: int | None
    untrained: int | None
    never: int | None
    wait5: int | None
    wait10: int | None

    @property
    def untrained_share(self) -> float | None:
        return share(self.untrained, self.people)

    @property
    def never_share(self) -> float | None:
        return share(self.never, self.people)

    @property
    def wait5_share(self) -> float | None:
        return share(self.wait5, self.people)

    @property
    def hides(self) -> bool:
        """Whether its shares are hidden, because they are of few people."""
        return self.untrained is None

    @property
    def untrained_words(self) -> str:
        return written(self.untrained_share, SHARE)

    @property
    def never_words(self) -> str:
        return written(self.never_share, SHARE)

    @property
    def wait5_words(self) -> str:
        return written(self.wait5_share, SHARE)

    @property
    def wait10_words(self) -> str:
        """How many have waited ten years or more, in a sentence."""
        return _("ten years or more: %(n)s") % {"n": written(self.wait10, COUNT)}


def shown(counts: dict[str, People], scope: Scope) -> dict[str, Group]:
    """The groups as the reader may see them; those with the most untrained people for their size first."""
    keys = list(counts)
    columns = [
        as_shown([getattr(counts[key], name) for key in keys], scope.masked)
        for name in ("people", "untrained", "never", "wait5", "wait10")
    ]
    groups = [
        Group(key, people, *([None] * len(parts) if people is None else parts))
        for key, people, *parts in zip(keys, *columns, strict=True)
    ]
    ranked = sorted(groups, key=lambda g: (g.untrained_share is None, -(g.untrained_share or 0), g.key))
    return {group.key: group for group in ranked}


def everybody(scope: Scope) -> Group:
    """All people in scope together, for the cards of a page."""
    return shown({"": coverage.total(coverage.per_unit(scope).numbers)}, scope)[""]


def people_url(scope: Scope, **filters: object) -> str:
    """The list of the people behind a count; empty for whoever may not open it."""
    return f"{reverse('employees:list')}?{urlencode(filters)}" if scope.lists else ""


def _columns(first: str) -> list[Column]:
    return [
        Column(first, TEXT), Column(_("Active people")), Column(_("No training for two years")),
        Column(_("Share"), SHARE), Column(_("Never trained")), Column(_("Share"), SHARE),
        Column(_("Waiting five years or more")), Column(_("Waiting ten years or more")),
    ]  # fmt: skip


def _cells(group: Group, name: Cell, scope: Scope, **filters: object) -> list[Cell]:
    return [
        name,
        Cell(group.people, people_url(scope, **filters)),
        Cell(group.untrained, people_url(scope, **filters, training="none2")),
        Cell(group.untrained_share),
        Cell(group.never, people_url(scope, **filters, training="never")),
        Cell(group.never_share),
        Cell(group.wait5, people_url(scope, **filters, training="wait5")),
        Cell(group.wait10, people_url(scope, **filters, training="wait10")),
    ]


def _extremes(groups: list[tuple[str, Group]]) -> str:
    """One sentence on the highest and the lowest share; empty with fewer than two groups to name."""
    named = [(name, group.untrained_share) for name, group in groups if group.untrained_share is not None]
    if len(named) < 2:
        return ""
    (most, high), (least, low) = named[0], named[-1]
    return _("The share is highest in %(most)s (%(high)s) and lowest in %(least)s (%(low)s).") % {
        "most": most, "high": percent(high or 0), "least": least, "low": percent(low or 0),
    }  # fmt: skip


def _summary(people: People, scope: Scope) -> str:
    def said(number: int) -> str:
        return _("few") if scope.masked and 0 < number < LEAST else count(number)

    return _("%(untrained)s of %(people)s active people (%(share)s) have had no training for two years; %(never)s never had any. %(wait5)s have been waiting for five years or more, %(wait10)s of them for ten or more.") % {
        "untrained": said(people.untrained), "people": count(people.people),
        "share": part_words(people.untrained, people.people, scope.masked), "never": said(people.never),
        "wait5": said(people.wait5), "wait10": said(people.wait10),
    }  # fmt: skip


def provinces(scope: Scope) -> Figure:
    """People without training for two years, province by province."""
    counted = coverage.per_unit(scope)
    groups = shown(_in_provinces(counted), scope)
    named = [(province_name(code), group) for code, group in groups.items()]
    rows = [
        _cells(group, Cell(name, unit_url(province=code)), scope, province=code)
        for (code, group), (name, _group) in zip(groups.items(), named, strict=True)
    ]
    return Figure(
        key="provinces",
        title=_("Without training for two years, by province"),
        words=f"{_summary(coverage.total(counted.numbers), scope)} {_extremes(named)}".strip(),
        columns=_columns(_("Province")),
        rows=rows,
        chart=None,
        at=counted.at,
        note=_("A person counts in the province where the own unit stands."),
    )


def _in_provinces(counted: Counted[list[coverage.UnitPeople]]) -> dict[str, People]:
    return {
        code: people for code, people in coverage.by_province(counted.numbers).items() if code in PROVINCES
    }


def tiles(scope: Scope) -> list[Tile]:
    """The map: every province, with the share of its people without training for two years."""
    groups = shown(_in_provinces(coverage.per_unit(scope)), scope)
    found = []
    for code in PROVINCES:
        x, y, short, name = place(code)
        group = groups.get(code)
        part = group.untrained_share if group else None
        if part is None:
            words = _("%(name)s: no figure") % {"name": name}
        else:
            words = _("%(name)s: %(share)s without training for two years") % {
                "name": name, "share": percent(part),
            }  # fmt: skip
        url = people_url(scope, province=code, training="none2") or unit_url(province=code)
        if scope.open_to_all:
            url = ""
        found.append(
            Tile(
                code=code, name=name, short=short, x=x, y=y, shade=shade(part),
                value="" if part is None else f"{int(part * 100)}%", words=words,
                url=url if group and group.people else "",
            )
        )  # fmt: skip
    return found


def unit_url(**query: object) -> str:
    """The page of the figure by unit, narrowed to a unit or a province."""
    return f"{reverse('reports:figure', args=['units'])}?{urlencode(query)}"


def units(scope: Scope, *, unit: Unit | None = None, province: str = "") -> Figure:
    """People without training for two years, unit by unit; below `unit`, or within a province."""
    counted = coverage.per_unit(scope)
    numbers = [one for one in counted.numbers if not province or one.province == province]
    base = unit.path if unit else _base(scope)
    counts: dict[str, People] = {}
    for path in [base] if base else scope.roots:
        below = coverage.below(numbers, path)
        counts |= below if base else {path: coverage.total(u for u in numbers if u.path.startswith(path))}
    groups = {key: group for key, group in shown(counts, scope).items() if group.people != 0}
    known = {one.path: one for one in Unit.objects.filter(path__in=list(groups))}
    parents = _with_children(known.values())
    rows, named, urls = [], [], []
    for path, group in groups.items():
        one = known[path]
        deeper = unit_url(unit=one.pk) if path != base and one.pk in parents else ""
        name = _("%(unit)s itself") % {"unit": one.name} if path == base else one.name
        # The list of a unit shows everybody below it, so whoever works in the unit itself has no list.
        own = Scope(scope.roots, scope.masked, scope.lists and path != base)
        rows.append(_cells(group, Cell(name, deeper), own, unit=one.pk))
        named.append((name, group))
        urls.append(people_url(own, unit=one.pk, training="none2") or deeper)
    total = sum(counts.values(), People())
    place_name = unit.name if unit else province_name(province)
    return Figure(
        key="units",
        title=_("Without training for two years, by unit"),
        words=" ".join(
            filter(None, [f"{place_name}:" if place_name else "", _summary(total, scope), _extremes(named)])
        ),
        columns=_columns(_("Unit")),
        rows=rows,
        chart=_bars(named, urls),
        at=counted.at,
        note=_("Each unit with all units below it. The chart shows the %(n)d highest.") % {"n": BARS}
        if len(rows) > BARS
        else _("Each unit with all units below it."),
        crumbs=_crumbs(scope, unit),
        query=urlencode({"unit": unit.pk}) if unit else urlencode({"province": province}) if province else "",
    )


def _base(scope: Scope) -> str:
    """The one unit below which the scope lies; empty when it has several."""
    if EVERYWHERE in scope.roots:
        return Unit.objects.filter(parent=None).values_list("path", flat=True).first() or ""
    return scope.roots[0] if len(scope.roots) == 1 else ""


def _with_children(units: Iterable[Unit]) -> set[int | None]:
    return set(Unit.objects.filter(parent__in=list(units)).values_list("parent_id", flat=True))


def _crumbs(scope: Scope, unit: Unit | None) -> list[tuple[str, str]]:
    """The way down to the unit, as far as it lies in the scope."""
    if unit is None:
        return []
    ids = [int(part) for part in unit.path.strip("/").split("/")]
    above = sorted(Unit.objects.filter(pk__in=ids[:-1]), key=lambda one: len(one.path))
    inside = [one for one in above if scope.contains(one.path)]
    return [(one.name, unit_url(unit=one.pk)) for one in inside]


def _bars(named: list[tuple[str, Group]], urls: list[str]) -> Chart | None:
    top = [(name, group, url) for (name, group), url in zip(named, urls, strict=True)
           if group.untrained_share is not None][:BARS]  # fmt: skip
    if not top:
        return None
    return Chart(
        "bars",
        [brief(name) for name, _group, _url in top],
        [
            Series(_("Never trained"), [g.never_share for _n, g, _u in top], "warn"),
            Series(
                _("Trained, but not for two years"),
                [_difference(g) for _n, g, _u in top],
                "good",
            ),
        ],
        unit="share",
        urls=[url for _name, _group, url in top],
    )


#: What the names of many units begin with, and its usual short form.
_BRIEF = (
    ("Kanwil Kementerian Agama Provinsi ", ""),
    ("Kantor Wilayah Kementerian Agama Provinsi ", ""),
    ("Kantor Kementerian Agama Kabupaten", "Kab."),
    ("Kantor Kementerian Agama ", ""),
    ("Direktorat Jenderal", "Ditjen"),
)


def brief(name: str) -> str:
    """A unit's name short enough for the side of a chart."""
    for long, short in _BRIEF:
        if name.startswith(long):
            return short + name[len(long) :]
    return name


def _difference(group: Group) -> float | None:
    whole, never = group.untrained_share, group.never_share
    return None if whole is None or never is None else whole - never


def trend(scope: Scope) -> Figure:
    """The share without training for two years at the end of each of the last quarters."""
    counted = coverage.trend(scope)
    quarters = counted.numbers
    masked = as_shown([q.untrained for q in quarters], scope.masked)
    shares = [share(part, q.people) for part, q in zip(masked, quarters, strict=True)]
    labels = [date_format(q.end, "M Y") for q in quarters]
    known = [(label, part) for label, part in zip(labels, shares, strict=True) if part is not None]
    words = ""
    if len(known) > 1:
        words = _("The share without training for two years went from %(before)s (%(first)s) to %(after)s (%(last)s).") % {
            "before": percent(known[0][1]), "first": known[0][0], "after": percent(known[-1][1]), "last": known[-1][0],
        }  # fmt: skip
    return Figure(
        key="trend",
        title=_("Without training for two years, over time"),
        words=words,
        columns=[
            Column(_("End of the quarter"), TEXT),
            Column(_("People in service")),
            Column(_("No training for two years")),
            Column(_("Share"), SHARE),
        ],
        rows=[
            [Cell(date_format(q.end, "j F Y")), Cell(q.people), Cell(part), Cell(one)]
            for q, part, one in zip(quarters, masked, shares, strict=True)
        ],
        chart=Chart("line", labels, [Series(_("No training for two years"), list(shares))], unit="share"),
        at=counted.at,
        note=_(
            "Counted over the people in service today who were in service then; who has left is not in it."
        ),
    )
