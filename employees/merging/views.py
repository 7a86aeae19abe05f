"""Likely duplicates: the list with its reasons, the two records side by side, merging, "not the same"."""

from typing import Any

import django_tables2 as tables
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.access import access
from accounts.requests import HtmxRequest, number_in
from accounts.roles import Permission
from audit.errors import Refusal
from employees.actions import note_viewed
from employees.merging import actions, rules
from employees.merging.models import DuplicatePair
from employees.models import Employee
from employees.tables import LEAD, NUMBER, PortalTable
from jobs import runner


class PairTable(PortalTable):
    first = tables.Column(
        gettext_lazy("Person"),
        linkify=("employees:pair", {"pk": tables.A("pk")}),
        attrs=LEAD,
        orderable=False,
    )
    second = tables.Column(gettext_lazy("The other record"), orderable=False)
    reasons = tables.Column(gettext_lazy("Why"), empty_values=(), orderable=False)
    alike = tables.Column(gettext_lazy("Names alike"), attrs=NUMBER, order_by=("alike", "pk"))

    caption = gettext_lazy("Likely duplicates")
    empty_text = gettext_lazy("No two records look like one person.")
    empty_hint = gettext_lazy("After an import of people, let the portal look again.")

    class Meta:
        model = DuplicatePair
        fields = ("first", "second", "reasons", "alike")
        order_by = "-alike"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_text = type(self).empty_text

    def render_first(self, value: Employee) -> Any:
        return format_html("{} <small>{}</small>", value.full_name, value.unit.name)

    def render_second(self, value: Employee) -> Any:
        return format_html("{} <small>{}</small>", value.full_name, value.unit.name)

    def render_reasons(self, record: DuplicatePair) -> str:
        return ", ".join(reasons(record))

    def render_alike(self, value: int) -> str:
        return f"{value}%"


def reasons(pair: DuplicatePair) -> list[str]:
    """Why the two may be one person, in words."""
    found = [_("born on the same day")]
    if pair.alike == 100:
        found.append(_("the same name"))
    else:
        found.append(_("much the same name"))
    if pair.same_unit:
        found.append(_("the same unit"))
    return found


@access(Permission.MERGE_PEOPLE)
def pair_list(request: HtmxRequest) -> HttpResponse:
    """Pairs in scope that nobody has decided about."""
    pairs = DuplicatePair.objects.visible_to(request.user).open().for_table()
    context = {
        "title": _("Likely duplicates"),
        "subtitle": _(
            "Two records of one person split the training history; merged, the ranking is right again."
        ),
        "table": PairTable(pairs).paged(request),
    }
    return render(request, "_table.html" if request.htmx else "employees/merging/list.html", context)


@access(Permission.MERGE_PEOPLE)
@require_POST
def pair_find(request: HttpRequest) -> HttpResponse:
    """Let the portal look through everybody again, in the background."""
    with transaction.atomic():
        job = runner.enqueue(
            task="employees.find_duplicates", title=_("Look for duplicates"), owner=request.user
        )
        job.result_url = reverse("employees:pairs")
        job.save(update_fields=["result_url"])
    return redirect("jobs:progress", pk=job.pk)


@access(Permission.MERGE_PEOPLE)
def pair_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The two records side by side: what differs, what would move, what stands against it."""
    pair = _pair(request, pk)
    for person in (pair.first, pair.second):
        note_viewed(employee=person, by=request.user)
    keep = pair.second if request.GET.get("keep") == str(pair.second_id) else pair.first
    gone = pair.first if keep is pair.second else pair.second
    context = {
        "title": _("One person or two?"),
        "subtitle": ", ".join(reasons(pair)),
        "crumbs": [(_("Likely duplicates"), reverse("employees:pairs"))],
        "pair": pair,
        "kept": keep,
        "gone": gone,
        "fields": [_row(name, keep, gone) for name in actions.differing(keep, gone)],
        "objections": actions.objections(keep, gone) if pair.state == DuplicatePair.State.OPEN else [],
        "notes": rules.previews(keep, gone),
        "open": pair.state == DuplicatePair.State.OPEN,
    }
    return render(request, "employees/merging/detail.html", context)


@access(Permission.MERGE_PEOPLE)
@require_POST
def pair_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Merge as chosen field by field."""
    pair = _pair(request, pk)
    keep = request.POST.get("keep", "")
    choices = {name: request.POST.get(f"field-{name}", actions.KEPT) for name in actions.FIELDS}
    try:
        if request.POST.get("sure") != "yes":
            raise Refusal(_("Say that you are sure: a merge cannot be taken back."))
        kept = actions.merge(pair=pair, keep=number_in(keep) or 0, choices=choices, by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect(f"{reverse('employees:pair', args=[pk])}?keep={number_in(keep) or ''}")
    messages.success(request, _("The two records are one now. The old address leads to it."))
    return redirect("employees:detail", pk=kept.pk)


@access(Permission.MERGE_PEOPLE)
@require_POST
def pair_different(request: HttpRequest, pk: int) -> HttpResponse:
    """Two different people: remembered for ever."""
    try:
        actions.not_the_same(pair=_pair(request, pk), by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
    else:
        messages.success(request, _("Remembered: two different people. They are not shown again."))
    return redirect("employees:pairs")


def _row(name: str, kept: Employee, gone: Employee) -> dict[str, Any]:
    field = Employee._meta.get_field(name)
    return {
        "name": name,
        "label": getattr(field, "verbose_name", name),
        "kept": _shown(kept, name),
        "gone": _shown(gone, name),
        # An empty value is hardly what somebody wants to keep.
        "prefer_gone": not getattr(kept, name) and bool(getattr(gone, name)),
    }


def _shown(person: Employee, name: str) -> Any:
    display = getattr(person, f"get_{name}_display", None)
    value = display() if display else getattr(person, name)
    return value if value not in ("", None) else "–"


def _pair(request: HttpRequest, pk: int) -> DuplicatePair:
    return get_object_or_404(DuplicatePair.objects.visible_to(request.user).for_table(), pk=pk)
