"""The audit trail in words: what was done, to what, and what the event holds about it.

The trail keeps codes, which never change; people read words in their own language. A code without a word is
shown as it is recorded, and tests find it.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import Role
from certificates.papers.catalogue import PAPERS
from employees.codes import Activity
from employees.correction_models import CorrectionRequest
from employees.exporting import lists
from employees.formatting import day_text
from employees.importing.models import ImportKind
from employees.models import Employee
from invitations.codes import DeclineReason, OverrideCategory
from invitations.letter_models import Letter
from invitations.models import Invitation, Override, Selection
from simdiklat.trail_words.labels import GROUPS, KEYS, LABELS, OBJECTS, RELATIONS, RETAINED
from trainings.codes import Allocation, Result
from trainings.forms.rule import SETTINGS
from trainings.models import Attendance

_WAYS = {
    "password": _("Password"), "password_reset": _("A new password"), "mfa": _("Second factor"),
    "socialaccount": _("The ministry's sign-in"), "code": _("Code"),
}  # fmt: skip
FACTORS = {
    "totp": _("Authenticator app"), "webauthn": _("Passkey"), "recovery_codes": _("Recovery codes"),
}  # fmt: skip
#: Of an import, these two are rows of its file.
_ROWS = {"from": _("First row"), "to": _("Last row")}
_DECISIONS = {"same": _("The same person"), "other": _("Somebody else")}
_KEPT = {"kept": _("Record kept"), "old": _("Record given up")}

#: Group of verbs and key → words of the codes that stand there; the group "" is for all of them.
VALUES: dict[tuple[str, str], Mapping[str, Any]] = {
    ("account", "ways"): _WAYS,
    ("account", "kind"): FACTORS,
    ("", "role"): dict(Role.choices),
    ("import", "kind"): dict(ImportKind.choices),
    ("import", "decision"): _DECISIONS,
    ("import", "activity"): dict(Activity.choices),
    ("correction", "field"): dict(CorrectionRequest.Field.choices),
    ("class", "allocation"): dict(Allocation.choices),
    ("attendance", "from"): dict(Attendance.Status.choices),
    ("attendance", "to"): dict(Attendance.Status.choices),
    ("result", "from"): dict(Result.choices),
    ("result", "to"): dict(Result.choices),
    ("selection", "from"): dict(Selection.State.choices),
    ("candidate", "code"): dict(DeclineReason.choices),
    ("override", "kind"): dict(Override.Kind.choices),
    ("override", "category"): dict(OverrideCategory.choices),
    ("invitation", "from"): dict(Invitation.State.choices),
    ("invitation", "channel"): dict(Invitation.Channel.choices),
    ("invitation", "reason"): dict(DeclineReason.choices),
    ("letter", "kind"): dict(Letter.Kind.choices),
    ("employee", "counts"): _KEPT,
    ("paper", "paper"): {key: paper.label for key, paper in PAPERS.items()},
}


def verb_choices() -> list[Any]:
    """Choices of a filter: each group as a whole (the code ends in a dot), and its verbs."""
    return [
        (label, [(f"{group}.", format_lazy("{}: {}", label, _("all"))), *_verbs_of(group)])
        for group, label in GROUPS.items()
    ]


def object_choices() -> list[tuple[str, Any]]:
    """Choices of a filter by what an event is about, by their words in the active language."""
    return sorted(
        ((code, str(label)) for code, label in OBJECTS.items()), key=lambda pair: pair[1].casefold()
    )


def _verbs_of(group: str) -> list[tuple[str, Any]]:
    return [(verb, label) for verb, label in LABELS.items() if verb.startswith(f"{group}.")]


def label_of(verb: str) -> str:
    """What was done, in words; the verb itself when it has none."""
    return str(LABELS.get(verb, verb))


def object_words(object_type: str, object_id: str) -> str:
    """What an event is about, as "Class 12"; lists are called by their name."""
    kind = str(OBJECTS.get(object_type, object_type))
    listed = lists.find(object_id) if object_type == "list" else None
    name = (
        listed.title
        if listed
        else ImportKind(object_id).label
        if object_id in ImportKind.values
        else object_id
    )
    return f"{kind} {name}".strip()


def details(verb: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What an event holds, as pairs of label and words, in the active language; without what is empty."""
    group = verb.partition(".")[0]
    for key, value in data.items():
        if value not in ("", None, [], {}):
            yield _key(group, key), _value(group, key, value)


def _key(group: str, key: str) -> str:
    if group == "import" and key in _ROWS:
        return str(_ROWS[key])
    if key in KEYS:
        return str(KEYS[key])
    if group == "class" and key in Result.values:
        return str(Result(key).label)
    if group == "rule" and key in SETTINGS:
        return str(SETTINGS[key].label)
    if group == "retention":
        return str(RETAINED.get(key, key))
    if group == "employee":
        return _field(key)
    return key


def _field(name: str) -> str:
    """A field of a person's record, or the rows of a relation."""
    if name in RELATIONS:
        return str(RELATIONS[name])
    try:
        return str(getattr(Employee._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        return name


def _value(group: str, key: str, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None or value == "":
        return "–"
    if isinstance(value, Mapping):
        return "; ".join(f"{_key(group, k)}: {_value(group, k, v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(
            f"({_value(group, key, one)})" if isinstance(one, list) else _value(group, key, one)
            for one in value
        )
    known = VALUES.get((group, key)) or VALUES.get(("", key)) or {}
    if value in known:
        return str(known[value])
    return _plain(key, value) if isinstance(value, str) else str(value)


def _plain(key: str, text: str) -> str:
    """A text as it is, but dates as people write them and hashes shortened to what tells them apart."""
    if key == "format":
        return text.upper()
    if len(text) == 64 and key.endswith(("sha256", "commitment", "file")):
        return f"{text[:12]}…"
    found = _moment(text)
    if isinstance(found, datetime):
        return date_format(localtime(found), "j F Y, H:i T")
    return day_text(found) if found else text


def _moment(text: str) -> date | datetime | None:
    try:
        return parse_date(text) or parse_datetime(text)
    except ValueError:
        return None
