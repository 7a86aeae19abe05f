"""Figures about hours (JP): against the yearly aim and ceiling, and how evenly they are spread."""

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.requests import number_in
from reports.counting import hours as counting
from reports.figures.coverage import people_url
from reports.figures.model import (
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
)
from reports.scope import Scope
from reports.suppression import LEAST, as_shown
from trainings.models import RuleSettings

PNS, PPPK = ("PNS", "CPNS"), ("PPPK", "PPPK_PW")
#: Trainings per person counted one by one; more are put together.
MOST_TRAININGS = 10
#: Steps of the curve's table and points of its drawing, in percent of the people.
TENTHS = range(10, 100, 10)


def _bands(aim: int, ceiling: int) -> list[tuple[int, int | None]]:
    """First and last JP of each band, cut at the aim and above the ceiling."""
    cuts = sorted({0, 1, max(2, aim // 2), aim, ceiling + 1, 2 * aim})
    return [(low, high - 1 if high else None) for low, high in zip(cuts, [*cuts[1:], None], strict=True)]


def _asked(band: tuple[int, int | None]) -> str:
    """The band as the list of people is asked for it: "10-19", "49-"."""
    low, high = band
    return f"{low}-" if high is None else f"{low}-{high}"


def hours(scope: Scope) -> Figure:
    """People by their JP of this year: PNS against the aim, PPPK against the ceiling."""
    rule = RuleSettings.current()
    aim, ceiling = rule.pns_yearly_jp, rule.pppk_ceiling_jp
    counted = counting.this_year(scope)
    bands = _bands(aim, ceiling)
    columns: list[list[int | None]] = []
    facts = []
    for statuses, met in ((PNS, lambda jp: jp >= aim), (PPPK, lambda jp: jp > ceiling)):
        heaps = [heap for heap in counted.numbers if heap.status in statuses]
        numbers = [
            sum(h.people for h in heaps if low <= h.jp and (high is None or h.jp <= high))
            for low, high in bands
        ]
        columns.append(as_shown(numbers, scope.masked))
        people = sum(numbers)
        reached = sum(h.people for h in heaps if met(h.jp))
        mean = sum(h.jp * h.people for h in heaps) / people if people else 0.0
        facts.append((people, reached, number_format(mean, decimal_pos=1)))
    (pns, enough, pns_mean), (pppk, above, pppk_mean) = facts
    year = timezone.localdate().year
    words = _("In %(year)d so far, %(share)s of %(pns)s PNS have reached the aim of %(aim)d JP (on average %(mean)s JP). Of %(pppk)s PPPK, %(above)s are above the ceiling of %(ceiling)d JP (on average %(pppk_mean)s JP).") % {
        "year": year, "share": part_words(enough, pns, scope.masked), "pns": count(pns), "aim": aim, "mean": pns_mean,
        "pppk": count(pppk), "above": _("few") if scope.masked and 0 < above < LEAST else count(above),
        "ceiling": ceiling, "pppk_mean": pppk_mean,
    }  # fmt: skip
    labels = [
        f"{low}–{high}" if high is not None and high > low else f"{low}+" if high is None else str(low)
        for low, high in bands
    ]
    shares = [[share(n, total) for n in column] for column, total in zip(columns, (pns, pppk), strict=True)]
    return Figure(
        key="hours",
        title=_("Hours per person in %(year)d") % {"year": year},
        words=words,
        columns=[
            Column(_("Hours (JP)"), TEXT), Column(_("PNS and CPNS")), Column(_("Share"), SHARE),
            Column("PPPK"), Column(_("Share"), SHARE),
        ],
        rows=[
            [Cell(label), Cell(a, people_url(scope, status="PNS_CPNS", hours=asked)), Cell(a_share),
             Cell(b, people_url(scope, status="PPPK_ALL", hours=asked)), Cell(b_share)]
            for label, asked, a, a_share, b, b_share
            in zip(labels, map(_asked, bands), columns[0], shares[0], columns[1], shares[1], strict=True)
        ],
        chart=Chart(
            "bar",
            labels,
            [Series(_("PNS and CPNS"), shares[0], "good"), Series("PPPK", shares[1], "warn")],
            unit="share",
        ),
        at=counted.at,
        note=_("Hours of trainings taken part in that ended this year. PNS: at least %(aim)d JP a year. PPPK: at most %(ceiling)d JP; programmes exempt from the ceiling are counted here too.") % {"aim": aim, "ceiling": ceiling},
    )  # fmt: skip


def years_of(text: str) -> int:
    """The number of years asked for in an address; the first one offered for anything else."""
    years = number_in(text)
    return years if years in counting.SPREAD_YEARS else counting.SPREAD_YEARS[0]


def _choices(years: int) -> list[tuple[str, str, bool]]:
    return [
        (_("%(n)d years") % {"n": n}, f"years={n}", n == years) for n in counting.SPREAD_YEARS
    ]  # fmt: skip


def lorenz(scope: Scope, *, years: int = counting.SPREAD_YEARS[0]) -> Figure:
    """How unequally the hours of the last years are spread over everybody."""
    counted = counting.spread(scope, years)
    curve = counting.lorenz(counted.numbers)
    if curve.gini is None:
        words = _("Nobody had any training in the last %(years)d years.") % {"years": years}
    else:
        words = _("Over the last %(years)d years the half of the people with the least had %(half)s of all hours; the tenth with the most had %(top)s. Gini: %(gini)s (0: all alike, 1: one person has everything).") % {
            "years": years, "half": percent(curve.held_by_least(0.5)), "top": percent(1 - curve.held_by_least(0.9)),
            "gini": number_format(curve.gini, decimal_pos=2),
        }  # fmt: skip
    steps = [n / 50 for n in range(51)]
    return Figure(
        key="lorenz",
        title=_("How evenly training is spread"),
        words=words,
        columns=[
            Column(_("People with the least hours"), TEXT),
            Column(_("Their share of all hours"), SHARE),
            Column(_("If all had the same"), SHARE),
        ],
        rows=[]
        if curve.gini is None
        else [[Cell(f"{n}%"), Cell(curve.held_by_least(n / 100)), Cell(n / 100)] for n in TENTHS],
        chart=None
        if curve.gini is None
        else Chart(
            "curve",
            [f"{round(step * 100)}%" for step in steps],
            [
                Series(_("Share of all hours"), [round(curve.held_by_least(step), 4) for step in steps], "good"),
                Series(_("If all had the same"), steps, "quiet"),
            ],
            unit="share",
        ),
        at=counted.at,
        note=_("The Lorenz curve: people from the least to the most hours (JP) on the one side, the hours they had together on the other. The further below the straight line, the less even."),
        choices=_choices(years),
        query=f"years={years}",
    )  # fmt: skip


def repeats(scope: Scope, *, years: int = counting.SPREAD_YEARS[0]) -> Figure:
    """How many trainings each person had: who is trained again and again, and who is not."""
    counted = counting.spread(scope, years)
    people = [0] * (MOST_TRAININGS + 1)
    jp = [0] * (MOST_TRAININGS + 1)
    for heap in counted.numbers:
        at = min(heap.trainings, MOST_TRAININGS)
        people[at] += heap.people
        jp[at] += heap.jp * heap.people
    total, hours_total = sum(people), sum(jp)
    often = sum(people[5:])
    masked = as_shown(people, scope.masked)
    labels = [str(n) if n < MOST_TRAININGS else f"{n}+" for n in range(MOST_TRAININGS + 1)]
    urls = [
        people_url(scope, trainings=n if n < MOST_TRAININGS else f"{n}-", years=years)
        for n in range(MOST_TRAININGS + 1)
    ]
    words = ""
    if total:
        words = _("In the last %(years)d years %(none)s of the people had no training at all; %(often)s had five or more, and with them %(hours)s of all hours.") % {
            "years": years, "none": part_words(people[0], total, scope.masked), "often": part_words(often, total, scope.masked),
            "hours": percent(sum(jp[5:]) / hours_total if hours_total else 0),
        }  # fmt: skip
    return Figure(
        key="repeats",
        title=_("Trained again and again, and never"),
        words=words,
        columns=[
            Column(_("Trainings in %(years)d years") % {"years": years}, TEXT),
            Column(_("People")),
            Column(_("Share of the people"), SHARE),
            Column(_("Share of all hours"), SHARE),
        ],
        rows=[
            [Cell(label), Cell(n, url), Cell(share(n, total)), Cell(None if n is None else share(h, hours_total))]
            for label, url, n, h in zip(labels, urls, masked, jp, strict=True)
        ]
        if total
        else [],
        chart=Chart(
            "bar",
            labels,
            [
                Series(_("Share of the people"), [share(n, total) for n in masked], "good"),
                Series(_("Share of all hours"), [None if n is None else share(h, hours_total) for n, h in zip(masked, jp, strict=True)], "warn"),
            ],
            unit="share",
            urls=urls,
        )
        if total
        else None,
        at=counted.at,
        note=_("All trainings taken part in count here, also short ones that do not reset the wait."),
        choices=_choices(years),
        query=f"years={years}",
    )  # fmt: skip
