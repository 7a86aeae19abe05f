"""Every component of the pages, each once, with made-up content: for whoever builds or translates them."""

from datetime import date, timedelta
from typing import Any

import django_tables2 as tables
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import SIGNED_IN, access
from employees.tables import DayColumn, PortalTable
from employees.templatetags.portal import ICONS, TONES
from reports import provinces
from reports.figures.model import SHARE, TEXT, Cell, Chart, Column, Figure, Series
from reports.provinces import Tile
from trainings.models import HistoryRecord


class _SampleTable(PortalTable):
    name = tables.Column()
    day = DayColumn()

    caption = "Sample"

    class Meta:
        order_by = "name"


class _SampleForm(forms.Form):
    name = forms.CharField(max_length=40, help_text="Help text")
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    choice = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    agreed = forms.BooleanField()


def _history() -> list[HistoryRecord]:
    day = date(2026, 5, 5)
    return [
        HistoryRecord(title="Pelatihan Arsip", first_day=day, last_day=day + timedelta(days=4), jp=40, result="LULUS", organiser="BDK Surabaya", certificate_number="B-1/2026"),
        HistoryRecord(title="Webinar", first_day=day - timedelta(days=400), last_day=day - timedelta(days=400), jp=3, result="HADIR", organiser="", certificate_number=""),
    ]  # fmt: skip


def _figure() -> Figure:
    shares = [0.41, 0.32, 0.27]
    return Figure(
        key="sample",
        title="Figure",
        words="41% of A, 32% of B, 27% of C.",
        columns=[Column("Group", TEXT), Column("People"), Column("Share", SHARE)],
        rows=[[Cell(name), Cell(None if name == "C" else 1234), Cell(s)] for name, s in zip("ABC", shares, strict=True)],
        chart=Chart("bar", ["A", "B", "C"], [Series("Share", shares)], unit="share"),
        at=timezone.now(),
    )  # fmt: skip


def _map() -> dict[str, Any]:
    tiles = []
    for i, code in enumerate(provinces.TILES):
        x, y, short, name = provinces.place(code)
        part = (i % 6) / 10 if i % 7 else None
        tiles.append(
            Tile(code, name, short, x, y, provinces.shade(part), "" if part is None else f"{part:.0%}", name)
        )
    return {
        "tiles": tiles, "figure": _figure(), "width": provinces.WIDTH, "height": provinces.HEIGHT,
        "side": provinces.SIDE, "legend": [(i, str(i)) for i in range(5)],
    }  # fmt: skip


@access(SIGNED_IN)
def samples(request: HttpRequest) -> HttpResponse:
    """One page with all components; nothing on it is data of the ministry."""
    rows = [{"name": f"Sample {i}", "day": date(2026, 5, i + 1)} for i in range(3)]
    context = {
        "title": _("Components"),
        "subtitle": _("Each component of the pages once. Nothing here is real."),
        "crumbs": [(_("Home"), "/")],
        "action_url": "#forms",
        "action_label": "Primary action",
        "action_icon": "plus",
        "tones": sorted(set(TONES.values())),
        "icons": list(ICONS),
        "table": _SampleTable(rows).unpaged(request),
        "records": _history(),
        "figure": _figure(),
        "key": "units",
        "map": _map(),
        "form": _SampleForm(),
        "wrong": _SampleForm({}),
        "today": timezone.localdate(),
        "label": "Do it",
        "back_url": "#forms",
    }
    return render(request, "simdiklat/samples.html", context)
