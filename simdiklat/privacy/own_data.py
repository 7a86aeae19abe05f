"""Everything the portal keeps about one person, for that person (UU 27/2022 arts. 7 and 13)."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import xlsxwriter
from django.apps import apps
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.errors import Refusal
from audit.marks import Mark
from audit.models import Reading
from employees.models import Employee
from invitations.codes import DeclineReason, Gate, OverrideCategory
from invitations.explain import reason_text
from invitations.models import Invitation
from simdiklat.privacy.parts import PARTS, Part, Rows
from simdiklat.trail_words import FACTORS
from trainings.delivery.checkin import Answer
from trainings.models import HistoryRecord

#: Copies of one's own data that may be fetched in an hour: each is written from many tables.
AN_HOUR = 6

#: Names of codes that the tables themselves do not name, or that a part shows under another name.
OTHER_CODES: dict[str, dict[str, dict[str, Any]]] = {
    "invitations.Override": {"code": dict(OverrideCategory.choices)},
    "invitations.CandidateMark": {"code": {**dict(Gate.choices), **dict(DeclineReason.choices)}},
    "trainings.Scan": {"status": dict(Answer.choices)},
    "account.EmailAddress": {"language": dict(settings.LANGUAGES)},
    "mfa.Authenticator": {"kind": FACTORS},
    "outbox.Message": {
        "kind": {
            "account_code": gettext_lazy("Code"), "security_notice": gettext_lazy("Notice about your account"),
            "certificate_issued": gettext_lazy("Certificate issued"),
            "claim_decided": gettext_lazy("Claim decided"),
            "class_cancelled": gettext_lazy("Class cancelled"), "class_changed": gettext_lazy("Class changed"),
            "correction_answered": gettext_lazy("Correction answered"),
            "follow_up_participant": gettext_lazy("Questions three months later"),
            "follow_up_superior": gettext_lazy("Questions three months later"),
            "invitation": gettext_lazy("Invitation"), "invitation_promoted": gettext_lazy("Invitation"),
            "invitation_reminder": gettext_lazy("Reminder of an invitation"),
            "invitation_withdrawn": gettext_lazy("Invitation withdrawn"),
            "objection_answered": gettext_lazy("Objection answered"),
        },
    },
}  # fmt: skip

#: How `_plain` writes a day or a moment.
_DAY = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?")


def check_pace(user: Any) -> None:
    """Refusal when the person has fetched AN_HOUR copies in the last hour."""
    hour_ago = timezone.now() - timedelta(hours=1)
    recent = Reading.objects.by_account(user.pk).filter(kind=Reading.Kind.OWN, at__gte=hour_ago).count()
    if recent >= AN_HOUR:
        raise Refusal(
            _("You have fetched your data several times within an hour. Try again later."), code="pace"
        )


def collect(person: Employee) -> dict[str, Rows]:
    """What is kept, part by part: title → rows of plain values (texts, numbers, ISO dates)."""
    asked = [(part, person.user if part.of_account else person) for part in PARTS]
    return {
        str(part.title): [_plain(row) for row in part.rows(whose)]
        for part, whose in asked
        if whose is not None
    }


def in_words(parts: dict[str, Rows]) -> dict[str, Rows]:
    """The same for reading on the page: fields and codes by the names that forms and lists give them."""
    words: dict[str, str] = {
        "class": _("Class"), "rank": _("Rank"), "state": _("State"), "last_training": _("Last training"),
        "ever_trained": _("Ever trained"), "waiting_since": _("Waiting since"), "answer_by": _("Answer by"),
        "issued_at": _("Issued"), "answered_at": _("Answered"), "reason": _("Reason"), "outcome": _("Outcome"),
        "decline_reason": _("Reason for declining"), "subject": _("Subject"), "sent_at": _("Sent"), "to": _("To"),
        "language": _("Language"), "username": _("User name"), "role": _("Role"), "ended": _("Ended"),
        "withdrawn_on": _("Withdrawn on"), "source": _("Source"), "session": _("Session"), "day": _("Day"),
        "status": _("Status"), "late_minutes": _("Minutes late"), "at": _("When"), "channel": _("Recorded by"),
        "version": _("Version"), "current": _("In force"), "final_score": _("Final score"),
        "attended_minutes": _("Minutes attended"), "held_minutes": _("Minutes held"), "excused": _("Excused"),
        "component": _("Component"), "score": _("Score"), "remedial": _("Remedial"), "asked_at": _("Asked"),
        "answers": _("Answers"), "comment": _("Comment"), "kind": _("Kind"), "code": _("Code"), "who": _("Who"),
        "what": _("What"), "file": _("File"), "since": _("Since"), "last": _("Last used"), "until": _("Until"),
        "addresses": _("Addresses"), "calendar_subscribed": _("Calendar subscribed"), "number": _("Number"),
        "made_at": _("Made"), "institution": _("Institution"), "filed_at": _("Filed"), "text": _("Text"),
        "field": _("Field"), "value": _("Value"), "answer": _("Answer"), "way": _("Way"), "used_at": _("Used"),
        "title": _("Title"), "browser": _("Browser"), "address": _("Address"),
    }  # fmt: skip
    for model in (Invitation, HistoryRecord, Employee):
        for field in model._meta.concrete_fields:
            if isinstance(field.verbose_name, Promise):
                words[field.name] = capfirst(str(field.verbose_name))
    codes = {str(part.title): _codes_of(part) for part in PARTS}
    return {
        title: [
            {
                words.get(name, capfirst(name.replace("_", " "))): _read(value, codes[title].get(name, {}))
                for name, value in row.items()
            }
            for row in rows
        ]
        for title, rows in parts.items()
    }


def _codes_of(part: Part) -> dict[str, dict[Any, Any]]:
    """The codes that may stand in a part and their names, by field: those of the tables it is read from."""
    models = {relation.rpartition(".")[0] for relation in part.relations} or {Employee._meta.label}
    codes: dict[str, dict[Any, Any]] = {}
    for label in sorted(models):
        for field in apps.get_model(label)._meta.concrete_fields:
            if field.flatchoices:
                codes.setdefault(field.name, {}).update(field.flatchoices)
        for name, more in OTHER_CODES.get(label, {}).items():
            codes.setdefault(name, {}).update(more)
    return codes


def _read(value: Any, codes: Mapping[Any, Any]) -> Any:
    """A value as `_plain` left it: codes by their name, days and moments as people write them."""
    if isinstance(value, dict):
        return reason_text(value) if "waiting_since" in value else _listed(value.items())
    if isinstance(value, list):
        return ", ".join(str(_read(one, codes)) for one in value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if not isinstance(value, str):
        return value
    if value in codes or not _DAY.fullmatch(value):
        return str(codes.get(value, value))
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:  # a text that only looks like one
        return value
    return date_format(moment, "j F Y, H:i" if "T" in value else "j F Y")


def _listed(pairs: Iterable[tuple[Any, Any]]) -> str:
    return "; ".join(f"{name}: {_read(value, {})}" for name, value in pairs)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, datetime):
            return timezone.localtime(value).isoformat(timespec="seconds")
        if isinstance(value, date):
            return value.isoformat()
        return value if value is None or isinstance(value, bool | int | dict | list) else str(value)

    return {name: plain(value) for name, value in row.items()}


def workbook(parts: dict[str, Rows], mark: Mark) -> bytes:
    """The same as XLSX: a sheet for each part, nothing taken for a formula."""
    stream = BytesIO()
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )  # fmt: skip
    book.set_properties({"author": mark.who, "comments": f"Simdiklat: {mark.sentence}"})
    head = book.add_format({"bold": True, "bg_color": "#0F5132", "font_color": "#FFFFFF"})
    for title, rows in parts.items():
        sheet = book.add_worksheet(title[:31])
        names = list(rows[0]) if rows else []
        for column, name in enumerate(names):
            sheet.write_string(0, column, name, head)
            sheet.set_column(column, column, max(14, len(name) + 2))
        for line, row in enumerate(rows, 1):
            for column, name in enumerate(names):
                value = row[name]
                if isinstance(value, int) and not isinstance(value, bool):
                    sheet.write_number(line, column, value)
                elif value not in (None, ""):
                    sheet.write_string(line, column, str(value))
        sheet.freeze_panes(1, 0)
    book.close()
    return stream.getvalue()
