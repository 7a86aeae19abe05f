"""The objects behind the matrix of access: one set at each place, made once for the whole module.

A place is where an object lies, seen from the office (KW35) on which every role is held: at the office
itself (own), in a unit below it, beside it in another Kanwil, or above it at the ministry. For the employee,
`own` is the person's own record, the other places are colleagues.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode

from accounts.models import RoleGrant
from accounts.roles import Role
from certificates.actions import issue_for_class
from employees.correction_models import CorrectionRequest
from employees.models import DuplicatePair, ImportRun
from invitations import actions, links
from invitations.letters import making
from invitations.models import Objection, Override
from jobs.models import Job
from outbox.models import Message
from tests import factories
from tests.trainings import running
from trainings.models import Claim, MeetingFile, ParticipantResult, ResultChange, SubjectFile, Trainer

PLACES = ("own", "below", "beside", "above")
ACTORS = ("anonymous", "employee", *(role.value for role in Role))


@dataclass
class World:
    #: Session cookies of the actors; signing out in one request leaves the next one signed in.
    cookies: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    #: Objects by kind and place.
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)

    def sign_in(self, actor: str, user: Any) -> None:
        client = Client()
        client.force_login(user)
        self.cookies[actor] = client.cookies["sessionid"].value

    def client(self, actor: str) -> Client:
        """The actor's client as it was after signing in, whatever the last request did to its cookies."""
        client = self.clients.setdefault(actor, Client())
        client.cookies.clear()
        if actor in self.cookies:
            client.cookies["sessionid"] = self.cookies[actor]
        return client

    def put(self, kind: str, place: str, made: Any) -> Any:
        self.objects.setdefault(kind, {})[place] = made
        return made

    def pk(self, kind: str, place: str) -> Any:
        return self.objects[kind][place].pk


#: What `<int:pk>` names, by the beginning of the route; the longest that fits counts.
KINDS = {
    "employees/": "employee",
    "users/": "user",
    "grants/": "grant",
    "programmes/": "programme",
    "classes/": "class",
    "selections/": "selection",
    "candidates/": "candidate",
    "overrides/": "override",
    "objections/": "objection",
    "undelivered/": "undelivered",
    "invitations/": "invitation",
    "undangan/": "invitation",
    "letters/": "letter",
    "letters/templates/": "unit",
    "me/why/class/": "class",
    "me/why/selection/": "selection",
    "me/objection/": "objection",
    "jobs/": "job",
    "messages/": "message",
    "mailbox/": "message",
    "certificates/": "certificate",
    "certificates/templates/": "unit",
    "me/certificates/": "certificate",
    "corrections/": "correction",
    "changes/": "employee",
    "imports/": "import",
    "duplicates/": "pair",
    "claims/": "claim",
    "curricula/": "curriculum",
    "curricula/files/": "subject_file",
    "sessions/": "lesson",
    "meeting-files/": "meeting_file",
    "attendance/": "mark",
    "seats/": "seat",
    "results/": "result",
    "result-changes/": "result_change",
    "trainers/": "trainer",
    "me/classes/": "seat",
    "me/open-classes/": "class",
    "account/sessions/": "session",
    "account/passkeys/": "passkey",
}
#: Addresses that need another object than their route says: these act on a proposal, not on what is issued.
KINDS_BY_NAME = {
    f"trainings:{name}": "running"
    for name in (
        "agenda",
        "take_curriculum",
        "draft_agenda",
        "session_add",
        "attendance",
        "results",
        "grading",
        "scores",
        "grade_sheet",
        "minutes",
        "lock",
        "complete",
        "evaluation",
    )
} | {
    f"invitations:{name}": "proposal"
    for name in ("approve", "void", "review", "close_review", "request_override", "pool_search")
}
#: How the other parts of an address are filled, from the world and the place.
PARTS: dict[str, Callable[[World, str], Any]] = {
    "kind": lambda world, place: "csv",
    "key": lambda world, place: "units",
    "record": lambda world, place: "employee",
    "year": lambda world, place: 2026,
    "month": lambda world, place: 5,
    "token": lambda world, place: links.token_for(world.pk("invitation", place)),
    "public_id": lambda world, place: world.objects["letter"][place].public_id,
    "uidb64": lambda world, place: urlsafe_base64_encode(str(world.pk("user", place)).encode()),
}
#: The same for one address only.
PARTS_BY_NAME: dict[tuple[str, str], Callable[[World, str], Any]] = {
    ("employees:set_password", "token"): lambda world, place: default_token_generator.make_token(
        world.objects["user"][place]
    ),
    ("own_data_file", "kind"): lambda world, place: "json",
    ("employees:export", "key"): lambda world, place: "employees",
    ("certificates:check", "public_id"): lambda world, place: (
        world.objects["certificate"][place].versions.get().public_id
    ),
}


def addresses(entries: list[Any] | None = None, prefix: str = "", namespace: str = "") -> dict[str, Any]:
    """Every named address: name → (whole route, pattern). Two of one name carry their route in it."""
    found: dict[str, Any] = {}
    for entry in get_resolver().url_patterns if entries is None else entries:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else ""
            found |= addresses(entry.url_patterns, route, namespace + inner)
        elif isinstance(entry, URLPattern):
            name = f"{namespace}{entry.name}"
            found[name if name not in found else f"{name} {route}"] = (route, entry)
    return found


def kind_of(name: str, route: str) -> str:
    """What the address's key names; KeyError when nobody has said it yet."""
    if name in KINDS_BY_NAME:
        return KINDS_BY_NAME[name]
    fitting = [prefix for prefix in KINDS if route.startswith(prefix)]
    if not fitting:
        raise KeyError(f"say in tests/simdiklat/matrix_world.py what <pk> means in {route} ({name})")
    return KINDS[max(fitting, key=len)]


def filled(world: World, name: str, route: str, pattern: URLPattern, place: str) -> dict[str, Any]:
    """The parts of an address for the object at a place."""
    parts = {}
    for part in pattern.pattern.converters:
        if part == "pk":
            parts[part] = world.pk(kind_of(name, route), place)
        elif (name, part) in PARTS_BY_NAME:
            parts[part] = PARTS_BY_NAME[name, part](world, place)
        elif part in PARTS:
            parts[part] = PARTS[part](world, place)
        else:
            raise KeyError(f"say in tests/simdiklat/matrix_world.py how <{part}> is filled in {name}")
    return parts


def build() -> World:
    """Units, people, accounts of each role, and the objects at each place."""
    world = World()
    root = factories.unit("MENAG", kind="KEMENTERIAN")
    east = factories.unit("KW35", root, "KANWIL")
    units = {
        "own": east,
        "below": factories.unit("KK3578", east, "KANKEMENAG"),
        "beside": factories.unit("KW33", root, "KANWIL"),
        "above": root,
    }
    builder = get_user_model().objects.create_superuser("builder", "builder@contoh.invalid", "x")
    for role in Role:
        user = get_user_model().objects.create_user(role.value, f"{role.value}@contoh.invalid", "x")
        RoleGrant.objects.create(user=user, role=role, unit=east)
        world.sign_in(role.value, user)
    for place, unit in units.items():
        _person_at(world, place, unit, builder)
    for n, (place, unit) in enumerate(units.items()):
        _class_at(world, place, unit, builder, n)
        _running_at(world, place, unit, builder)
    world.sign_in("employee", world.objects["user"]["own"])
    return world


def _person_at(world: World, place: str, unit: Any, builder: Any) -> None:
    world.put("unit", place, unit)
    person = world.put("employee", place, factories.employee(unit, name=f"Pegawai {place}"))
    user = get_user_model().objects.create_user(person.nip, person.email, "x", full_name=person.name)
    world.put("user", place, user)
    person.user = user
    person.save()
    world.put("grant", place, RoleGrant.objects.create(
        user=get_user_model().objects.create_user(f"holder-{place}"), role=Role.REGION, unit=unit,
        granted_by=builder,
    ))  # fmt: skip
    world.put("import", place, ImportRun.objects.create(
        kind="employees", owner=user, file_name="a.csv", stored_name=f"stored-{place}", size=1, state="checked",
    ))  # fmt: skip
    twin = factories.employee(unit, name=person.name, activity="CLTN")
    world.put("pair", place, DuplicatePair.objects.create(
        first=person, second=twin, alike=100, same_unit=True,
    ))  # fmt: skip
    world.put("claim", place, Claim.objects.create(
        employee=person, title="Pelatihan", identity="t:pelatihan", kind="TEKNIS", organiser="X",
        first_day=date(2020, 1, 1), last_day=date(2020, 1, 2), jp=20, result="LULUS", stored_name=f"claim-{place}", file_type="pdf", file_name="a.pdf", size=1, sha256="0" * 64, due_on=timezone.localdate(),
    ))  # fmt: skip
    world.put("session", place, UserSession.objects.create(
        user=user, session_key=f"key-{place}", ip="192.0.2.1", user_agent="x",
    ))  # fmt: skip
    world.put("passkey", place, Authenticator.objects.create(user=user, type="totp", data={"secret": "x"}))
    world.put("correction", place, CorrectionRequest.objects.create(
        employee=person, field="position", value="Guru", due_at=timezone.now(),
    ))  # fmt: skip
    world.put("job", place, Job.objects.create(task="none", title=place, owner=user, state="done"))


def _class_at(world: World, place: str, unit: Any, builder: Any, n: int) -> None:
    person = world.objects["employee"][place]
    # Programmes that do not reset the wait: everybody may be in several of these classes.
    programme = world.put("programme", place, factories.programme(f"M-{place}", resets_wait=False))
    later = timezone.localdate() + timedelta(days=30 + 20 * n)

    issued = world.put("class", place, factories.training_class(
        programme, unit, [unit], first_day=later, seats=8,
    ))  # fmt: skip
    selection = actions.start_selection(training_class=issued, by=builder, in_background=False)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=builder, in_background=False)
    actions.issue(selection.pk)
    selection.refresh_from_db()
    world.put("selection", place, selection)
    invitation = world.put("invitation", place, selection.invitations.get(employee=person))
    message = Message.objects.get(about_type="invitation", about_id=invitation.pk, kind="invitation")
    world.put("message", place, message)
    failed = Message.objects.create(
        key=f"failed-{place}", kind="invitation", recipient=person.user, to_name=person.name,
        to_address=person.email, unit_path=unit.path, about_type="invitation", about_id=invitation.pk,
        state="failed", last_error="550", context=message.context,
    )  # fmt: skip
    world.put("undelivered", place, failed)
    letters = making.make(training_class=issued, by=builder).letters
    addressed = {letter.office_id: letter for letter in letters}
    world.put("letter", place, addressed.get(unit.pk) or letters[0])
    world.put("objection", place, Objection.objects.create(
        employee=person, training_class=issued, selection=selection, text="x", due_on=later,
    ))  # fmt: skip

    other = factories.programme(f"E-{place}", resets_wait=False)  # whoever passed is not invited again
    ended = factories.training_class(
        other, unit, [unit], first_day=timezone.localdate() - timedelta(days=90 + 20 * n)
    )  # fmt: skip
    record = factories.history(person, ended.last_day, other, training_class=ended)
    issued_papers = issue_for_class(training_class=ended, records=[record], by=None)
    world.put("certificate", place, issued_papers[0])

    proposed = factories.training_class(
        programme, unit, [unit], first_day=later + timedelta(days=10), seats=8, review_days=3,
    )  # fmt: skip
    proposal = actions.start_selection(training_class=proposed, by=builder, in_background=False)
    actions.run_selection(proposal.pk)
    proposal.refresh_from_db()
    world.put("proposal", place, proposal)
    world.put("candidate", place, proposal.candidates.get(employee=person))
    world.put("override", place, Override.objects.create(
        selection=proposal, employee=person, kind="exclude", category="DISIPLIN", text="x", requested_by=builder,
    ))  # fmt: skip


def _running_at(world: World, place: str, unit: Any, builder: Any) -> None:
    """A class that has just ended, with everything the pages of a running class name."""
    person = world.objects["employee"][place]
    made = world.put("running", place, running.running_class(unit))
    world.put("curriculum", place, made.curriculum)
    subject = made.curriculum.subjects.get()
    world.put("subject_file", place, SubjectFile.objects.create(
        subject=subject, kind=SubjectFile.Kind.values[0], name="a.pdf", content_type="application/pdf", size=1,
        sha256="0" * 64, content=b"x",
    ))  # fmt: skip
    trainer = world.put("trainer", place, Trainer.objects.create(name=f"Fasilitator {place}"))
    lesson = world.put("lesson", place, running.lesson(made, trainer=trainer))
    seat = world.put("seat", place, running.seat(made, person))
    world.put("mark", place, running.mark(lesson, seat))
    world.put("meeting_file", place, MeetingFile.objects.create(
        training_class=made, session=lesson, name="a.csv", sha256="0" * 64, rows=[],
    ))  # fmt: skip
    result = world.put("result", place, ParticipantResult.objects.create(
        training_class=made, participation=seat, employee=person, outcome="LULUS",
    ))  # fmt: skip
    world.put("result_change", place, ResultChange.objects.create(
        result=result, outcome="HADIR", reason="x", requested_by=builder,
    ))  # fmt: skip
