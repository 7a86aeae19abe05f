"""Read-only pages of figures. Each figure has its page, its file and a part for other pages."""

import csv
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import access
from accounts.requests import number_in
from accounts.roles import Permission
from employees.models import Unit
from employees.provinces import PROVINCES
from reports import figures, provinces
from reports.figures.coverage import everybody, tiles
from reports.figures.hours import years_of
from reports.figures.model import SHARE, Figure, hidden_note
from reports.scope import Scope
from trainings.papers.cells import harmless

#: Figures on the page of all figures, in two columns after the map.
SHOWN = ("units", "trend", "hours", "lorenz", "repeats", "waits", "overrides", "superiors")


@access(Permission.SEE_FIGURES)
def index(request: HttpRequest) -> HttpResponse:
    """All figures of the scope on one page: the map, then the charts."""
    return render(request, "reports/index.html", overview(request.user) | {"title": _("Figures")})


def overview(user: Any) -> dict[str, Any]:
    """What the page of all figures shows. A figure that is not at hand is asked for by the page itself."""
    scope = Scope.of(user)
    return {
        "coverage": everybody(scope),
        "map": map_context(scope),
        "blocks": [(key, figures.make(key, scope) if figures.at_hand(key, scope) else None) for key in SHOWN],
        "more": [(key, title) for key, title in figures.titles().items() if key not in (*SHOWN, "provinces")],
        "sees_people": scope.lists,
        "hidden_note": hidden_note() if scope.masked else "",
    }


def block(key: str, scope: Scope) -> tuple[str, Figure | None]:
    """A figure for a block of a page: its key, and the figure itself when nobody has to wait for it."""
    return key, figures.make(key, scope) if figures.at_hand(key, scope) else None


def map_context(scope: Scope) -> dict[str, Any]:
    """The map of the provinces with its legend."""
    bounds = [0, *provinces.SHADES, None]
    every, border = tiles(scope), provinces.EAST_X
    return {
        "halves": [
            {
                "name": name,
                "label": label,
                "x": left,
                "width": right - left,
                "tiles": [tile for tile in every if left <= tile.x < right],
            }
            for name, label, left, right in (
                ("west", _("Western provinces"), 0, border),
                ("east", _("Eastern provinces"), border, provinces.WIDTH),
            )
        ],
        "figure": figures.make("provinces", scope),
        "height": provinces.HEIGHT,
        "side": provinces.SIDE,
        "legend": [
            (i, _("%(n)d%% and more") % {"n": low} if high is None else f"{low}–{high}%")
            for i, (low, high) in enumerate(pairwise(bounds))
        ],
    }


@access(Permission.SEE_FIGURES)
def figure(request: HttpRequest, key: str) -> HttpResponse:
    """One figure with its chart, its table and its file."""
    scope = Scope.of(request.user)
    made = _make(request, key, scope)
    context: dict[str, Any] = {
        "title": made.title,
        "crumbs": [(_("Figures"), reverse("reports:index")), *made.crumbs],
        "figure": made,
        "map": map_context(scope) if key == "provinces" else None,
        "hidden_note": hidden_note() if made.hides else "",
        "action_url": f"{reverse('reports:download', args=[key])}?{made.query}",
        "action_label": _("Download as CSV"),
        "action_icon": "download",
    }
    return render(request, "reports/figure.html", context)


@access(Permission.SEE_FIGURES)
def part(request: HttpRequest, key: str) -> HttpResponse:
    """One figure as a block of another page, for htmx."""
    return render(
        request, "reports/_block.html", {"key": key, "figure": _make(request, key, Scope.of(request.user))}
    )


@access(Permission.SEE_FIGURES)
def download(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """The figure's table as CSV: shares in percent, hidden counts empty."""
    made = _make(request, key, Scope.of(request.user))
    response = StreamingHttpResponse(_lines(made), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{key}-{made.at:%Y-%m-%d}.csv"'
    return response


def _make(request: HttpRequest, key: str, scope: Scope) -> Figure:
    if key not in figures.MADE:
        raise Http404
    asked: dict[str, Any] = {}
    if key in ("lorenz", "repeats"):
        asked["years"] = years_of(request.GET.get("years", ""))
    if key == "units":
        number, province = request.GET.get("unit", ""), request.GET.get("province", "")
        if number:
            visible = Unit.objects.visible_to(request.user, Permission.SEE_FIGURES)
            asked["unit"] = get_object_or_404(visible, pk=number_in(number) or 0)
        elif province in PROVINCES:
            asked["province"] = province
    return figures.make(key, scope, asked)


class _Echo:
    """Hands each line of the csv writer back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _lines(made: Figure) -> Iterable[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([column.label for column in made.columns])
    for row in made.rows:
        yield writer.writerow(
            [
                (
                    ""
                    if cell.value is None
                    else round(cell.value * 100, 2)
                    if column.kind == SHARE
                    else harmless(cell.value)
                )
                for column, cell in zip(made.columns, row, strict=True)
            ]
        )
