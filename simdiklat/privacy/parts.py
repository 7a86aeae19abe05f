"""The parts of what the portal keeps about one person, each with the relations it hands out.

A relation to a person, a seat or an account that stands in no part must stand in LEFT_OUT with the reason;
`missing()` names the others, and a test fails when there are any.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import ForeignObjectRel
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import OneTimeCode
from audit import reading
from certificates.models import Certificate
from employees.merging.rules import relations
from employees.models import Employee
from employees.privacy.tables import reader_name, role_words
from invitations.models import Candidate, CandidateMark
from trainings.models import Attendance, Evaluated, FollowUp, Scan, Score, Withdrawal

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Part:
    """Rows of one kind. `relations`: `app.Model.field` of what they are read from; `of_account`: the rows
    are asked for with the person's account, and there are none for whoever has no account."""

    title: str | Promise
    rows: Callable[[Any], Rows]
    relations: tuple[str, ...] = ()
    of_account: bool = False


#: Relations whose rows are not handed out, and why.
LEFT_OUT = {
    "employees.Employee.merged_into": "a record merged into this one is empty: what it had has moved here",
    "employees.DuplicatePair.first": "names somebody else, who may be another person",
    "employees.DuplicatePair.second": "names somebody else, who may be another person",
    "employees.Employee.user": "the person, the first part",
    "pghistory.MiddlewareEvents.user": "a view on the changes of all tables; those of the person are read there",
    "trainings.NthTraining.employee": "the days of the training history once more, numbered for quick lists",
    "employees.ImportRun.owner": "work of an officer, not about the person; in the audit trail",
}


def values(record: Any, *, exclude: Iterable[str]) -> dict[str, Any]:
    """The columns of a row but for some; foreign keys as keys."""
    left_out = set(exclude)
    fields = [f for f in record._meta.concrete_fields if f.name not in left_out]
    return {field.name: getattr(record, field.attname) for field in fields}


def columns(records: Iterable[Any], **roads: str) -> Rows:
    """A row for each record: name → the value at the end of a road such as `session.name`; "" where it breaks off."""

    def at(record: Any, road: str) -> Any:
        for part in road.split("."):
            record = getattr(record, part, None)
            if record is None:
                return None
        return str(record) if hasattr(record, "_meta") else record

    return [{name: at(record, road) for name, road in roads.items()} for record in records]


def _seats(person: Employee) -> Rows:
    gone = {one.participation_id: one for one in Withdrawal.objects.filter(participation__employee=person)}
    return [
        {
            "class": str(one.training_class), "state": one.state, "source": one.source, "first_day": one.first_day,
            "last_day": one.last_day, "withdrawn_on": gone[one.pk].day if one.pk in gone else None,
            "reason": gone[one.pk].reason if one.pk in gone else "",
        }
        for one in person.participations.select_related("training_class__programme").order_by("pk")
    ]  # fmt: skip


def _attendance(person: Employee) -> Rows:
    marks = Attendance.objects.filter(participation__employee=person)
    found = columns(
        marks.select_related("session__training_class__programme").order_by("session__day", "pk"),
        **{"class": "session.training_class", "session": "session.name", "day": "session.day", "status": "status",
           "late_minutes": "late_minutes", "at": "at", "channel": "channel"},
    )  # fmt: skip
    scans = Scan.objects.filter(participation__employee=person)
    return found + columns(
        scans.select_related("session__training_class__programme").order_by("received_at", "pk"),
        **{"class": "session.training_class", "session": "session.name", "day": "session.day", "status": "answer",
           "late_minutes": "none", "at": "scanned_at", "channel": "none"},
    )  # fmt: skip


def _results(person: Employee) -> Rows:
    return columns(
        person.results.select_related("training_class__programme").order_by("pk"),
        **{"class": "training_class", "version": "version", "current": "current", "outcome": "outcome",
           "final_score": "final_score", "attended_minutes": "attended_minutes", "held_minutes": "held_minutes",
           "excused": "excused", "reason": "reason", "at": "at"},
    )  # fmt: skip


def _scores(person: Employee) -> Rows:
    scores = Score.objects.filter(participation__employee=person)
    return columns(
        scores.select_related("component__training_class__programme").order_by("pk"),
        **{"class": "component.training_class", "component": "component.name", "score": "score", "remedial": "remedial"},
    )  # fmt: skip


def _evaluations(person: Employee) -> Rows:
    """That the person answered: the answers themselves lead to nobody. Questions months later are signed."""
    done = Evaluated.objects.filter(participation__employee=person)
    found: Rows = [
        {"class": str(one.participation.training_class), "asked_at": None, "answered_at": None, "answers": "", "comment": ""}
        for one in done.select_related("participation__training_class__programme").order_by("pk")
    ]  # fmt: skip
    asked = FollowUp.objects.filter(participation__employee=person, role=FollowUp.Role.PARTICIPANT)
    return found + columns(
        asked.select_related("participation__training_class__programme").order_by("pk"),
        **{"class": "participation.training_class", "asked_at": "asked_at", "answered_at": "answered_at",
           "answers": "ratings", "comment": "comment"},
    )  # fmt: skip


def _rankings(person: Employee) -> Rows:
    return columns(
        Candidate.objects.of_people([person.pk]).filter(selection__state="issued")
        .select_related("selection__training_class__programme").order_by("pk"),
        **{"class": "selection.training_class", "rank": "rank", "outcome": "outcome", "ever_trained": "ever_trained",
           "waiting_since": "waiting_since"},
    )  # fmt: skip


def _out_of_order(person: Employee) -> Rows:
    """Officers' decisions beside the ranking, of lists that were issued."""
    overrides = person.overrides.filter(selection__state="issued")
    marks = CandidateMark.objects.filter(employee=person, selection__state="issued")
    return columns(
        overrides.select_related("selection__training_class__programme").order_by("pk"),
        **{"class": "selection.training_class", "kind": "kind", "code": "category", "reason": "text", "state": "state",
           "at": "requested_at"},
    ) + columns(
        marks.select_related("selection__training_class__programme").order_by("pk"),
        **{"class": "selection.training_class", "kind": "kind", "code": "code", "reason": "none", "state": "none",
           "at": "at"},
    )  # fmt: skip


def _readings(person: Employee) -> Rows:
    return [
        {
            "at": one.at, "who": reader_name(one), "role": role_words(one.roles),
            "what": str(one.get_kind_display()), "file": one.what if one.sha256 else "",
        }
        for one in reading.of_person(*person.keys)
    ]  # fmt: skip


def _ways_in(user: Any) -> Rows:
    """Second factors and the single sign-on: which, since when, last used; nothing one could sign in with."""
    return columns(
        user.authenticator_set.order_by("pk"), kind="type", since="created_at", last="last_used_at"
    ) + columns(
        user.socialaccount_set.order_by("pk"), kind="provider", since="date_joined", last="last_login"
    )


def _account(user: Any) -> Rows:
    calendar = getattr(user, "calendar_address", None)
    return [
        {
            "username": user.username, "language": user.language, "since": user.date_joined, "last": user.last_login,
            "addresses": ", ".join(user.emailaddress_set.order_by("pk").values_list("email", flat=True)),
            "calendar_subscribed": calendar.made_at if calendar and not calendar.ended else None,
        }
    ]  # fmt: skip


_IN_CLASS = "training_class__programme"
_CLAIM = {"id", "employee", "stored_name", "sha256", "size", "decided_by", "record", "follows", "identity"}

PARTS = (
    Part(_("Person"), lambda p: [values(p, exclude={"id", "user", "unit", "merged_into"}) | {"unit": p.unit.name}]),
    Part(_("Former NIPs"), lambda p: columns(p.former_nips.order_by("until"), nip="nip", until="until"),
         ("employees.FormerNip.employee",)),
    Part(_("Earlier units"),
         lambda p: columns(p.earlier_units.select_related("unit"), unit="unit.name", since="since", until="until"),
         ("employees.UnitAssignment.employee",)),
    Part(_("Place in line"), lambda p: [values(p.standing, exclude={"employee"})], ("trainings.Standing.employee",)),
    Part(_("Training history"), lambda p: [values(one, exclude={"id", "employee"}) for one in p.history.all()],
         ("trainings.HistoryRecord.employee",)),
    Part(_("Certificates"),
         lambda p: columns(Certificate.objects.filter(record__employee=p).order_by("pk"), number="number", made_at="made_at")),
    Part(_("Claims of missing history"),
         lambda p: [values(one, exclude=_CLAIM) for one in p.claims.order_by("pk")], ("trainings.Claim.employee",)),
    Part(_("Invitations"),
         lambda p: [
             {"class": str(one.training_class), **values(one, exclude={"id", "employee", "selection"})}
             for one in p.invitations.select_related(_IN_CLASS).order_by("pk")
         ], ("invitations.Invitation.employee",)),
    Part(_("Rankings"), _rankings, ("invitations.Candidate.employee",)),
    Part(_("Decisions beside the ranking"), _out_of_order,
         ("invitations.Override.employee", "invitations.CandidateMark.employee")),
    Part(_("Not invited until"),
         lambda p: columns(p.holds.order_by("pk"), until="until", reason="reason", at="created_at"),
         ("trainings.Hold.employee",)),
    Part(_("Seats in classes"), _seats,
         ("trainings.Participation.employee", "trainings.Withdrawal.participation")),
    Part(_("Attendance"), _attendance, ("trainings.Attendance.participation", "trainings.Scan.participation")),
    Part(_("Scores"), _scores, ("trainings.Score.participation",)),
    Part(_("Results"), _results, ("trainings.ParticipantResult.employee", "trainings.ParticipantResult.participation")),
    Part(_("Evaluations answered"), _evaluations,
         ("trainings.Evaluated.participation", "trainings.FollowUp.participation")),
    Part(_("As a trainer"),
         lambda p: columns([t] if (t := getattr(p, "as_trainer", None)) else [], name="name", institution="institution", email="email"),
         ("trainings.Trainer.employee",)),
    Part(_("Objections"),
         lambda p: columns(
             p.objections.select_related(_IN_CLASS).order_by("pk"),
             **{"class": "training_class", "filed_at": "filed_at", "text": "text", "state": "state", "answer": "answer"},
         ), ("invitations.Objection.employee",)),
    Part(_("Requests for a correction"),
         lambda p: columns(p.corrections.order_by("pk"), filed_at="filed_at", field="field", value="value", text="text",
                           state="state", answer="answer"), ("employees.CorrectionRequest.employee",)),
    Part(_("Who has seen my data"), _readings),
    Part(_("Account"), _account,
         ("account.EmailAddress.user", "simdiklat.CalendarAddress.user"), of_account=True),
    Part(_("Roles"),
         lambda u: columns(u.grants.select_related("unit").order_by("pk"), role="role", unit="unit.name", since="since",
                           until="until", ended="ended_at"), ("accounts.RoleGrant.user",), of_account=True),
    Part(_("Sign-ins that are open"),
         lambda u: columns(u.usersession_set.order_by("pk"), since="created_at", last="last_seen_at", address="ip",
                           browser="user_agent"), ("usersessions.UserSession.user",), of_account=True),
    Part(_("Ways to sign in"), _ways_in,
         ("mfa.Authenticator.user", "socialaccount.SocialAccount.user"), of_account=True),
    Part(_("Codes sent for signing in"),
         lambda u: columns(OneTimeCode.objects.filter(user=u).order_by("pk"), way="way", made_at="made_at", used_at="used_at"),
         ("accounts.OneTimeCode.user",), of_account=True),
    Part(_("Messages"),
         lambda u: columns(u.messages.order_by("pk"), kind="kind", to="to_address", subject="subject", state="state",
                           sent_at="sent_at"), ("outbox.Message.recipient",), of_account=True),
    Part(_("Jobs started"),
         lambda u: columns(u.jobs.order_by("pk"), title="title", state="state", at="created_at"),
         ("jobs.Job.owner",), of_account=True),
)  # fmt: skip


def missing() -> list[str]:
    """Relations to a person, a seat or an account that are neither handed out nor left out with a reason.

    Of an account only those that are its own (they can be asked for from it); the others say which officer
    did something, and stand in the audit trail.
    """
    told = {label for part in PARTS for label in part.relations} | set(LEFT_OUT)
    return [label for label in relations_asked() if label not in told]


def relations_asked() -> list[str]:
    """The relations about which `missing` asks, each once."""
    seat, user = apps.get_model("trainings", "Participation"), apps.get_model("accounts", "User")
    return list(dict.fromkeys([*relations(), *_relations(seat), *_relations(user, hidden=False)]))


def _relations(model: Any, *, hidden: bool = True) -> list[str]:
    return [
        f"{relation.related_model._meta.label}.{relation.field.name}"
        for relation in model._meta.get_fields(include_hidden=hidden)
        if isinstance(relation, ForeignObjectRel) and not hasattr(relation.related_model, "pgh_tracked_model")
    ]
