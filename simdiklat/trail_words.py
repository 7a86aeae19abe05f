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
from trainings.codes import Allocation, Result
from trainings.forms.rule import SETTINGS
from trainings.models import Attendance

#: Verb → label. A verb without one is shown as it is recorded.
LABELS: dict[str, Any] = {
    "account.signed_in": _("Signed in"),
    "account.sign_in_failed": _("Could not sign in"),
    "account.sso_refused": _("Sign-in through the ministry refused"),
    "account.session_ended": _("Session ended"),
    "account.administrator_made": _("Administrator made"),
    "account.made": _("Account made"),
    "account.switched_on": _("Account switched on"),
    "account.switched_off": _("Account switched off"),
    "account.password_set": _("Password set"),
    "account.code_mailed": _("Code mailed"),
    "account.code_handed_out": _("Code handed out"),
    "account.second_factor_added": _("Second factor added"),
    "account.second_factor_removed": _("Second factor removed"),
    "account.second_factor_reset": _("Second factor reset"),
    "account.second_factor_failed": _("Second factor failed"),
    "role.granted": _("Role granted"),
    "role.ended": _("Role ended"),
    "rule.changed": _("Settings of the rule changed"),
    "class.drafted": _("Class drafted"),
    "class.changed": _("Class changed"),
    "class.scheduled": _("Class scheduled"),
    "class.moved": _("Class moved"),
    "class.cancelled": _("Class cancelled"),
    "class.completed": _("Class completed"),
    "class.enrolment_opened": _("Self-enrolment opened"),
    "class.enrolment_closed": _("Self-enrolment closed"),
    "class.enrolled": _("Enrolled in a class"),
    "class.enrolment_left": _("Left a class"),
    "class.withdrawal": _("Participant withdrew"),
    "class.curriculum": _("Curriculum taken for a class"),
    "class.agenda_drafted": _("Agenda drafted"),
    "class.grading": _("How a class is passed changed"),
    "class.scores": _("Scores entered"),
    "class.grade_sheet_downloaded": _("Grade sheet downloaded"),
    "class.pass_meeting": _("Minutes of the pass meeting written"),
    "class.results_locked": _("Results locked"),
    "session.planned": _("Session planned"),
    "session.changed": _("Session changed"),
    "session.removed": _("Session removed"),
    "curriculum.drafted": _("Curriculum drafted"),
    "curriculum.changed": _("Curriculum changed"),
    "curriculum.published": _("Curriculum published"),
    "curriculum.file_added": _("File added to a curriculum"),
    "attendance.roll": _("Roll saved"),
    "attendance.absent": _("Marked absent"),
    "attendance.corrected": _("Attendance corrected"),
    "attendance.file_read": _("Meeting report read"),
    "attendance.file_applied": _("Meeting report applied"),
    "result.changed": _("Result changed"),
    "result.change_requested": _("Change of a result asked for"),
    "result.change_refused": _("Change of a result refused"),
    "selection.queued": _("Selection asked for"),
    "selection.ranking": _("Ranking began"),
    "selection.proposed": _("Names proposed"),
    "selection.in_review": _("Review opened"),
    "selection.review_closed": _("Review closed"),
    "selection.approved": _("Selection approved"),
    "selection.issued": _("Invitations issued"),
    "selection.void": _("Selection set aside"),
    "selection.failed": _("Selection failed"),
    "selection.verify_asked": _("Verification asked for"),
    "selection.verified": _("Selection verified"),
    "selection.evidence_download": _("Evidence downloaded"),
    "selection.report": _("Report of a selection made"),
    "candidate.deferred": _("Person deferred"),
    "invitation.promoted": _("Called up from the reserve"),
    "outbox.stop": _("Sending stopped"),
    "outbox.resume": _("Sending resumed"),
    "outbox.give_up": _("Message given up"),
    "outbox.retry": _("Message sent again"),
    "outbox.mend_address": _("Mail address mended"),
    "letter.made": _("Letter made"),
    "letter.download": _("Letter downloaded"),
    "letter.template": _("Letter template changed"),
    "list.download": _("List downloaded"),
    "list.export": _("List exported"),
    "paper.download": _("Paper downloaded"),
    "certificate.issued": _("Certificate issued"),
    "certificate.reissued": _("Certificate reissued"),
    "certificate.revoked": _("Certificate revoked"),
    "certificate.download": _("Certificate downloaded"),
    "certificate.template": _("Certificate template changed"),
    "claim.filed": _("Training claimed"),
    "claim.verified": _("Claim verified"),
    "claim.refused": _("Claim refused"),
    "employee.address_changed": _("Mail address changed"),
    "employee.merged": _("Records merged"),
    "employee.not_the_same": _("Records kept apart"),
    "import.checked": _("Import checked"),
    "import.batch": _("Part of an import written"),
    "import.units": _("Units imported"),
    "import.employees": _("Employees imported"),
    "import.programmes": _("Programmes imported"),
    "import.classes": _("Classes imported"),
    "import.history": _("Training history imported"),
    "calendar.address_made": _("Calendar address made"),
    "calendar.address_ended": _("Calendar address ended"),
    "breach.report": _("Breach report read"),
    "retention.run": _("Retention run"),
    "demo.seeded": _("Demo filled"),
    "override.requested": _("Override asked for"),
    "override.approved": _("Override approved"),
    "override.refused": _("Override refused"),
    "objection.filed": _("Objection filed"),
    "objection.answered": _("Objection answered"),
    "correction.asked": _("Correction of personal data asked for"),
    "correction.accepted": _("Personal data corrected"),
    "correction.refused": _("Correction of personal data refused"),
    "import.uploaded": _("File uploaded"),
    "import.confirmed": _("Import confirmed"),
    "import.decided": _("Row of an import decided"),
    "import.stopped": _("Import stopped"),
    "import.resumed": _("Import resumed"),
    "import.discarded": _("Import discarded"),
    "import.missing_changed": _("People missing from an import changed"),
    "import.errors_downloaded": _("Rows to mend downloaded"),
    "letter.superseded": _("Letter replaced"),
    "letter.withdrawn": _("Letter withdrawn"),
    "invitation.issued": _("Invitation issued"),
    "invitation.accepted": _("Invitation accepted"),
    "invitation.declined": _("Invitation declined"),
    "invitation.expired": _("Invitation expired"),
    "invitation.withdrawn": _("Invitation withdrawn"),
}

#: First part of a verb → what such events are about, as the filter groups them.
GROUPS: dict[str, Any] = {
    "account": _("Accounts and sign-in"),
    "role": _("Roles"),
    "rule": _("Settings of the rule"),
    "class": _("Classes"),
    "session": _("Sessions"),
    "curriculum": _("Curricula"),
    "attendance": _("Attendance"),
    "result": _("Results"),
    "selection": _("Selections"),
    "candidate": _("Proposed people"),
    "invitation": _("Invitations"),
    "override": _("Overrides"),
    "objection": _("Objections"),
    "outbox": _("Messages"),
    "letter": _("Letters"),
    "list": _("Lists"),
    "paper": _("Papers"),
    "certificate": _("Certificates"),
    "claim": _("Claims"),
    "employee": _("Employees"),
    "correction": _("Corrections of personal data"),
    "import": _("Imports"),
    "calendar": _("Calendar"),
    "breach": _("Breach reports"),
    "retention": _("Retention"),
    "demo": _("Demo"),
}

#: What an event is about. A type without a label is shown as it is recorded.
OBJECTS: dict[str, Any] = {
    "breach": _("Breach report"),
    "certificate": _("Certificate"),
    "claim": _("Claim"),
    "class": _("Class"),
    "correction": _("Correction of personal data"),
    "curriculum": _("Curriculum"),
    "dead_address": _("Refused mail address"),
    "employee": _("Employee"),
    "import": _("Import"),
    "invitation": _("Invitation"),
    "letter": _("Letter"),
    "list": _("List"),
    "message": _("Message"),
    "ministry": _("Ministry"),
    "objection": _("Objection"),
    "override": _("Override"),
    "retention": _("Retention"),
    "rule": _("Settings of the rule"),
    "selection": _("Selection"),
    "unit": _("Unit"),
    "user": _("Account"),
}

#: What stands in an event's data, key → label. A key without one is shown as it is recorded.
KEYS: dict[str, Any] = {
    "account": _("Account"),
    "activity": _("Activity"),
    "after": _("After"),
    "allocation": _("Allocation"),
    "areas": _("Areas"),
    "at_once": _("At once"),
    "attendance": _("Attendance mark"),
    "because": _("Reason"),
    "before": _("Before"),
    "cancelled": _("Stopped in time"),
    "category": _("Category"),
    "certificates": _("Certificates"),
    "changed": _("Changed"),
    "channel": _("Way"),
    "claim": _("NIP given"),
    "class": _("Class"),
    "classes": _("Classes"),
    "code": _("Reason"),
    "commitment": _("Commitment"),
    "components": _("Components"),
    "conflicting": _("Changed meanwhile"),
    "confirm_by": _("Last day to answer"),
    "count": _("How many"),
    "counts": _("Which counts"),
    "created": _("New"),
    "day": _("Day"),
    "decision": _("Decision"),
    "due_at": _("To be answered by"),
    "due_on": _("To be answered by"),
    "employee": _("Employee"),
    "employees": _("Employees"),
    "evidence_sha256": _("SHA-256 of the evidence"),
    "export": _("Download"),
    "field": _("Field"),
    "file": _("File"),
    "filters": _("Filters"),
    "first": _("First"),
    "first_day": _("First day"),
    "format": _("Format"),
    "from": _("Before"),
    "gone": _("Record given up"),
    "graded": _("With scores"),
    "grant": _("Role number"),
    "halted": _("Halted"),
    "hidden": _("Not shown"),
    "history": _("Training history"),
    "holds": _("Holds"),
    "jp": _("JP"),
    "kept": _("Record kept"),
    "key": _("Message key"),
    "kind": _("Kind"),
    "last": _("Last"),
    "last_day": _("Last day"),
    "marks": _("Marks"),
    "matched_percent": _("Found again (%)"),
    "matches": _("Same result"),
    "mended": _("Address mended"),
    "messages": _("Messages"),
    "minimum_attendance": _("Least attendance (%)"),
    "missing": _("Missing from the file"),
    "moved": _("Moved"),
    "name": _("Name"),
    "names": _("Names"),
    "new": _("New"),
    "new_address": _("New address"),
    "number": _("Number"),
    "old": _("Old record"),
    "organiser": _("Organiser"),
    "other": _("Other record"),
    "paper": _("Paper"),
    "participation": _("Seat"),
    "pass_mark": _("Pass mark"),
    "people": _("People"),
    "place": _("Place"),
    "programme": _("Programme"),
    "programmes": _("Programmes"),
    "read": _("Read"),
    "readings": _("Readings"),
    "reason": _("Reason"),
    "recomputed": _("Recomputed"),
    "record": _("History record"),
    "rejected": _("Refused"),
    "removed": _("Removed"),
    "replaces": _("In place of invitation"),
    "reserve": _("Reserve"),
    "result": _("Result"),
    "results": _("Results"),
    "review_days": _("Review days"),
    "role": _("Role"),
    "row": _("Row"),
    "rows": _("Rows"),
    "same_trainings": _("Trainings of both records"),
    "seats": _("Seats"),
    "seed": _("Seed"),
    "selection": _("Selection"),
    "serial": _("Serial number"),
    "session": _("Session"),
    "sessions": _("Sessions"),
    "sha256": _("SHA-256"),
    "since": _("Since"),
    "subjects": _("Subjects"),
    "superseded_by": _("Replaced by"),
    "template": _("Template version"),
    "title": _("Title"),
    "to": _("After"),
    "told": _("People told"),
    "too_late": _("Too late to stop"),
    "unchanged": _("Unchanged"),
    "unit": _("Unit"),
    "unit_cap": _("Most from one unit"),
    "units": _("Units"),
    "until": _("Until"),
    "updated": _("Changed"),
    "username": _("User name"),
    "version": _("Version"),
    "ways": _("Signed in by"),
    "written_to": _("Written up to row"),
}

#: Rows of what was moved by a merge, by the relation's name in the code.
RELATIONS: dict[str, Any] = {
    "employees.FormerNip.employee": _("Former NIPs"),
    "employees.UnitAssignment.employee": _("Earlier units"),
    "employees.Employee.merged_into": _("Records merged before"),
    "employees.DuplicatePair.first": _("Possible duplicates"),
    "employees.DuplicatePair.second": _("Possible duplicates"),
    "employees.CorrectionRequest.employee": _("Corrections of personal data"),
    "trainings.Participation.employee": _("Seats"),
    "trainings.HistoryRecord.employee": _("Training history"),
    "trainings.Standing.employee": _("Standing"),
    "trainings.NthTraining.employee": _("Training history"),
    "trainings.Hold.employee": _("Holds"),
    "trainings.Claim.employee": _("Claims"),
    "trainings.ParticipantResult.employee": _("Results"),
    "trainings.Trainer.employee": _("Facilitators"),
    "invitations.Candidate.employee": _("Proposed people"),
    "invitations.CandidateMark.employee": _("Proposed people"),
    "invitations.Override.employee": _("Overrides"),
    "invitations.Invitation.employee": _("Invitations"),
    "invitations.Objection.employee": _("Objections"),
}

#: What the nightly run ended, by the policy's name (simdiklat/privacy/retention.py).
RETAINED: dict[str, Any] = {
    "readings": _("Readings"),
    "result files of jobs": _("Files of finished work"),
    "bodies of messages": _("Texts of messages"),
    "answered corrections": _("Corrections of personal data"),
    "changes of user": _("Changes of accounts"),
    "changes of rolegrant": _("Changes of roles"),
    "changes of unit": _("Changes of units"),
    "changes of employee": _("Changes of employees"),
    "changes of programme": _("Changes of programmes"),
    "changes of trainingclass": _("Changes of classes"),
    "changes of historyrecord": _("Changes of the training history"),
    "changes of rulesettings": _("Changes of the rule's settings"),
}

_WAYS = {
    "password": _("Password"), "password_reset": _("A new password"), "mfa": _("Second factor"),
    "socialaccount": _("The ministry's sign-in"), "code": _("Code"),
}  # fmt: skip
_FACTORS = {
    "totp": _("Authenticator app"), "webauthn": _("Passkey"), "recovery_codes": _("Recovery codes"),
}  # fmt: skip
#: Of an import, these two are rows of its file.
_ROWS = {"from": _("First row"), "to": _("Last row")}
_DECISIONS = {"same": _("The same person"), "other": _("Somebody else")}
_KEPT = {"kept": _("Record kept"), "old": _("Record given up")}

#: Group of verbs and key → words of the codes that stand there; the group "" is for all of them.
VALUES: dict[tuple[str, str], Mapping[str, Any]] = {
    ("account", "ways"): _WAYS,
    ("account", "kind"): _FACTORS,
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
