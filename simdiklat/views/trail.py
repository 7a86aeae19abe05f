"""The audit trail as a list: who did what, in the reader's scope."""

import json
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import django_filters as filters
import django_tables2 as tables
from django import forms
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import access
from accounts.models import User
from accounts.requests import HtmxRequest
from accounts.roles import Permission
from audit.models import Event
from employees import formatting
from employees.exporting.lists import Column, Exported, ListExport, as_text, register
from employees.filters import ListFilterSet
from employees.listing import respond
from employees.scoping import scope_roots, within
from employees.tables import REASON, PortalTable
from simdiklat import trail_words

#: Letters of an event's data that are shown.
SHOWN = 240


class EventTable(PortalTable):
    """Events, the latest first; their order is that in which they were written."""

    counts_exactly = True
    export_name = "audit"

    at = tables.Column(gettext_lazy("When"), attrs={"td": {"class": "headline when"}}, orderable=False)
    actor_name = tables.Column(gettext_lazy("Who"), empty_values=(), orderable=False)
    verb = tables.Column(gettext_lazy("What"), orderable=False)
    object_type = tables.Column(gettext_lazy("About"), empty_values=(), orderable=False)
    data = tables.Column(gettext_lazy("Details"), empty_values=(), attrs=REASON, orderable=False)

    caption = gettext_lazy("Audit trail")
    empty_text = gettext_lazy("No event in your units fits these filters.")
    empty_hint = gettext_lazy("Take one of the filters away.")

    class Meta:
        model = Event
        fields = ("at", "actor_name", "verb", "object_type", "data")

    def render_at(self, value: Any) -> Any:
        return formatting.time_element(value)

    def render_actor_name(self, value: str) -> str:
        return value or _("the portal itself")

    def render_verb(self, value: str) -> Any:
        return format_html('<span title="{}">{}</span>', value, trail_words.label_of(value))

    def render_object_type(self, record: Event) -> Any:
        stored = f"{record.object_type} {record.object_id}".strip()
        words = trail_words.object_words(record.object_type, record.object_id)
        return format_html('<span title="{}">{}</span>', stored, words)

    def render_data(self, record: Event) -> Any:
        """The event in words; as it is stored, codes and all, behind a word that opens it."""
        words = " · ".join(
            f"{label}: {value}" for label, value in trail_words.details(record.verb, record.data)
        )
        stored = json.dumps(record.data, ensure_ascii=False, indent=1) if record.data else ""
        return format_html(
            '<small>{}</small><details class="stored"><summary>{}</summary>'
            "<code>{}</code><br><code>{}</code>{}</details>",
            words[:SHOWN] + ("…" if len(words) > SHOWN else ""),
            _("As stored"),
            record.verb,
            f"{record.object_type} {record.object_id}".strip(),
            format_html("<pre>{}</pre>", stored) if stored else "",
        )


class CodeSelect(forms.Select):
    """A choice among codes by their words that keeps a code from the address it has no word for.

    `codes` is asked at each drawing: words come in the reader's language.
    """

    def __init__(self, codes: Callable[[], list[Any]]) -> None:
        super().__init__()
        self.codes = codes

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list[Any]:
        self.choices = [("", _("All")), *self.codes()]
        groups = super().optgroups(name, value, attrs)
        if any(option["selected"] for _group, options, _index in groups for option in options):
            return groups
        code = value[0] if value else ""
        return [*groups, (None, [self.create_option(name, code, code, True, len(groups))], len(groups))]


class EventFilter(ListFilterSet):
    same_for_everybody = True

    actor = filters.CharFilter(
        label=gettext_lazy("User name or NIP"), method="by_actor", max_length=150,
        widget=forms.TextInput(attrs={"type": "search", "class": "filter-q"}),
    )  # fmt: skip
    # Words to choose from, codes in the address. One that has no word any more, or a beginning, still filters.
    verb = filters.CharFilter(
        label=gettext_lazy("What"), field_name="verb", lookup_expr="startswith", max_length=60,
        widget=CodeSelect(trail_words.verb_choices),
    )  # fmt: skip
    object_type = filters.CharFilter(
        label=gettext_lazy("About (kind)"), max_length=60,
        widget=CodeSelect(trail_words.object_choices),
    )  # fmt: skip
    object_id = filters.CharFilter(label=gettext_lazy("About (number)"), max_length=60)
    since = filters.DateFilter(
        label=gettext_lazy("From"), method="from_day",
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip

    class Meta:
        model = Event
        fields: list[str] = []

    def from_day(self, queryset: Any, name: str, value: date) -> Any:
        """Events of the day or later. Compared as a moment, which the index knows, and not as the day of each."""
        return queryset.filter(at__gte=timezone.make_aware(datetime.combine(value, time.min)))

    def by_actor(self, queryset: Any, name: str, value: str) -> Any:
        """Events of this account: by its key, which has an index."""
        account = User.objects.filter(username=value.replace(" ", "")).values_list("pk", flat=True).first()
        return queryset.filter(actor_id=account) if account else queryset.none()


def _events(user: Any, query: QueryDict) -> EventFilter:
    """The events about units in the user's scope, narrowed by the address, the latest first."""
    events = Event.objects.filter(within(scope_roots(user, Permission.SEE_AUDIT), "unit_path"))
    return EventFilter(query, queryset=events.order_by("-pk"))


COLUMNS = (
    Column("NOMOR", "seq", text=False),
    Column("WAKTU", as_text("at")),
    Column("PELAKU", "actor_name"),
    Column("TINDAKAN", "verb"),
    Column("JENIS_OBJEK", "object_type"),
    Column("NOMOR_OBJEK", "object_id"),
    Column("RINCIAN", as_text("data")),
    Column("SIDIK", "hash"),
)


def exported(user: Any, query: QueryDict) -> Exported:
    """The audit trail as an export, with the hash of each event."""
    filtered = _events(user, query)
    return Exported(rows=filtered.qs, columns=COLUMNS, person=None, filters=filtered.given)


def register_export() -> None:
    """Called once when the portal starts."""
    register(ListExport("audit", gettext_lazy("Audit trail"), Permission.SEE_AUDIT, exported))


@access(Permission.SEE_AUDIT)
def event_list(request: HtmxRequest) -> HttpResponse:
    """Events about units in scope; filters live in the address."""
    filtered = _events(request.user, request.GET)
    context = {
        "title": _("Audit trail"),
        "subtitle": _("What was done, by whom. Events are only appended, and chained to each other."),
        "filter": filtered,
        "table": EventTable(filtered.qs).paged(request),
    }
    return respond(request, "_list.html", context)
