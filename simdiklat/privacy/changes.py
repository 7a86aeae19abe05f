"""What a record said before and after each change, read from the rows kept by audit/tracking.py."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.access import holds
from accounts.models import RoleGrant, User
from accounts.roles import Permission
from employees.formatting import masked
from employees.granting.actions import accounts_seen_by
from employees.models import Employee, Unit
from employees.scoping import scope_roots, within
from trainings.models import HistoryRecord, Programme, RuleSettings, TrainingClass

#: Changes shown of one record, the latest.
SHOWN = 100


@dataclass(frozen=True)
class Kind:
    """A kind of record: what it is called, which records of it the user may look at, and the page they have."""

    label: Any
    visible: Callable[[Any], Any]
    page: str = ""


def _audited(queryset: Any, path: str) -> Callable[[Any], Any]:
    return lambda user: queryset.filter(within(scope_roots(user, Permission.SEE_AUDIT), path))


def _rule(user: Any) -> Any:
    everybody = RuleSettings.objects.all()
    return everybody if holds(user, Permission.SEE_AUDIT) else everybody.none()


KINDS: dict[str, Kind] = {
    "employee": Kind(_("Employee"), Employee.objects.visible_to, "employees:detail"),
    "unit": Kind(_("Unit"), Unit.objects.visible_to),
    "history": Kind(_("Training history"), HistoryRecord.objects.visible_to),
    "class": Kind(_("Class"), TrainingClass.objects.visible_to, "invitations:class"),
    "programme": Kind(_("Programme"), lambda user: Programme.objects.all(), "trainings:programme_detail"),
    "grant": Kind(_("Role"), _audited(RoleGrant.objects.all(), "unit__path")),
    "account": Kind(_("Account"), lambda user: accounts_seen_by(user, Permission.SEE_AUDIT)),
    "rule": Kind(_("Settings of the rule"), _rule, "trainings:rule_settings"),
}


@dataclass
class Change:
    """One change: when, who, from where, and each field that differs as (label, before, after)."""

    at: Any
    who: str
    where: str
    fields: list[tuple[str, Any, Any]] = field(default_factory=list)


def changes_of(record: Any) -> list[Change]:
    """The changes of a record, the latest first. The queries are the same however many there are."""
    events_model = record._meta.model.pgh_event_model
    events = list(events_model.objects.filter(pgh_obj_id=record.pk).order_by("-pgh_id")[:SHOWN])
    names = [
        f for f in events_model._meta.concrete_fields
        if not f.name.startswith("pgh_") and f.name != record._meta.pk.name
    ]  # fmt: skip
    readers = get_user_model().objects.in_bulk(
        {c["user"] for e in events if (c := e.pgh_context or {}).get("user")}
    )
    words = _Words(record, events, names)
    found, after = [], record
    for event in events:
        change = Change(event.pgh_created_at, *_origin(event.pgh_context or {}, readers))
        for f in names:
            old, new = getattr(event, f.attname), getattr(after, f.attname)
            if old != new:
                change.fields.append((words.label(f), words.of(f, old), words.of(f, new)))
        found.append(change)
        after = event
    return found


def _origin(context: dict[str, Any], readers: dict[int, User]) -> tuple[str, str]:
    user = readers.get(context.get("user") or 0)
    who = masked(str(user)) if user else str(_("The portal"))
    if context.get("job"):
        return who, reverse("jobs:progress", args=[context["job"]])
    return who, context.get("url") or context.get("command") or ""


class _Words:
    """Values in words: choices by their label, units and people by their name, looked up at once."""

    def __init__(self, record: Any, events: list[Any], names: list[Any]) -> None:
        self._model = record._meta.model
        self._related: dict[str, dict[Any, Any]] = {}
        for f in names:
            if isinstance(f, models.ForeignKey):
                keys = {getattr(e, f.attname) for e in (*events, record)} - {None}
                self._related[f.name] = f.related_model._default_manager.in_bulk(keys)

    def label(self, f: Any) -> str:
        return str(self._model._meta.get_field(f.name).verbose_name)

    def of(self, f: Any, value: Any) -> Any:
        if f.name in self._related:
            return self._related[f.name].get(value, value)
        return dict(f.flatchoices).get(value, value)
