"""The main job once, through the real worker, as the first start shows it; and the sign-ins.

A class is ranked over the whole ministry, an officer approves, the invitations are issued, the lists are
written. Afterwards classes wait in every earlier state. Safe to run again: what is done is only shown.
"""

import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db.models import Count
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from audit.errors import Refusal
from certificates.models import Certificate
from invitations import actions
from invitations.explain import reason_text
from invitations.models import Invitation, Selection
from jobs.models import Job
from outbox.models import Message
from simdiklat.demo import DEMO_PASSWORD, matters
from simdiklat.demo.accounts import OFFICER, PLANNER, SIGN_INS
from simdiklat.demo.classes import SHOWCASE_BATCH
from simdiklat.demo.running import RUNNING_BATCH
from trainings.models import Participation, TrainingClass

#: Longest time in seconds that one step of the worker may take before the showcase gives up.
PATIENCE = 120
_WORKER_HINT = "Is a worker running? `celery -A simdiklat worker` starts one; the work itself is not lost."
_STATE = Selection.State
#: States of a selection that has been ranked.
_RANKED = (_STATE.PROPOSED, _STATE.IN_REVIEW, _STATE.APPROVED, _STATE.ISSUED)


def run(stdout: Any, *, patience: float = PATIENCE) -> Selection:
    """Do the main job once and print it; leave other classes in every earlier state. Returns the selection.

    Refusal, in a plain sentence, when the demo is not there, a step is refused, or the worker does not
    answer within `patience` seconds. Called again it takes up where it stopped.
    """
    say = _speaker(stdout)
    training_class = _class()
    planner, officer = _user(PLANNER), _user(OFFICER)
    selection = _propose(training_class, planner, say, patience)
    if selection.state in (_STATE.PROPOSED, _STATE.IN_REVIEW):
        selection = actions.approve(selection=selection, by=officer)
        say(f'Approved by "{officer}"; the worker issues the invitations.')
    selection = _wait(selection, (_STATE.ISSUED,), patience)
    _show_invitations(selection, say)
    _write_lists(training_class, say)
    _show_mail(selection, say)
    _leave_others(training_class, planner, say, patience)
    matters.leave(say)
    return selection


def sign_ins(stdout: Any) -> None:
    """Print the portal's address and one sign-in for each role, an invited employee among them."""
    say = _speaker(stdout)
    say("")
    say(f"The portal: {settings.PORTAL_URL}")
    say(f"One sign-in for each role, password {DEMO_PASSWORD} (a synthetic ministry; nobody in it exists):")
    width = max(18, *(len(name) for name, *_ in SIGN_INS))
    for name, shown, _role, _unit in SIGN_INS:
        say(f"  {name:<{width}}  {shown}")
    invited = _invited_employee()
    if invited is not None:
        say(f"  {invited.number:<{width}}  {invited.full_name}, {invited.unit} (invited employee)")
    seat = (
        Participation.objects.filter(
            training_class__batch=RUNNING_BATCH, state="confirmed", employee__user__isnull=False
        )
        .select_related("employee__unit")
        .order_by("pk")
        .first()
    )
    if seat is not None:
        person = seat.employee
        say(
            f"  {person.number:<{width}}  {person.full_name}, {person.unit} (participant of this week's class)"
        )
    certificate = Certificate.objects.filter(record__employee__user__isnull=False).for_table().first()
    if certificate is not None:
        holder = certificate.record.employee
        say(f"  {holder.number:<{width}}  {holder.full_name}, {holder.unit} (has a certificate)")
        say(f"Its public page, without signing in: {certificate.latest.data['check']['url']}")
        say(
            f"or {settings.PORTAL_URL}{reverse('certificates:search')} with {certificate.number} and {holder.name}"
        )
    say("Every other employee signs in with the NIP, or the ID of those without one, and the same password.")
    if not settings.REQUIRE_SECOND_FACTOR:
        say("Passwords alone are enough here; in service, roles that see people need a second factor.")


def _class() -> TrainingClass:
    found = (
        TrainingClass.objects.filter(batch=SHOWCASE_BATCH).select_related("programme", "organiser").first()
    )
    if found is None:
        raise Refusal("There is no demo in this database. Run `python manage.py seed_demo` first.")
    return found


def _user(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise Refusal(f'The demo\'s account "{name}" is gone; the showcase needs it.')
    return user


def _propose(training_class: TrainingClass, planner: User, say: Callable, patience: float) -> Selection:
    """The class's selection, proposed or further: the one that is there, or a new one by the worker."""
    say("")
    say(f"{training_class.programme.name}, {training_class.batch} ({training_class.code})")
    areas = ", ".join(
        f"{area.unit.name}: {area.seats} seats" for area in training_class.areas.select_related("unit")
    )
    say(f"{training_class.first_day} to {training_class.last_day}, {training_class.seats} seats: {areas}")
    live = training_class.selections.exclude(state__in=(_STATE.VOID, _STATE.FAILED))
    selection = live.select_related("seed").order_by("-number").first()
    if selection is None:
        committed = training_class.seeds.order_by("number").last()
        if committed is not None:
            say(f"Commitment to the lottery's seed, public since it was scheduled: {committed.commitment}")
        selection = actions.start_selection(training_class=training_class, by=planner)
        say(f'Selection started by "{planner}"; the worker ranks the whole ministry.')
    began = time.monotonic()
    selection = _wait(selection, _RANKED, patience)
    excluded = ", ".join(f"{code} {number:,}" for code, number in selection.excluded.items())
    if selection.proposed_at:
        # What a person waits: until the proposal can be read, its evidence and its commit included.
        took = time.monotonic() - began
        say(f"Proposed after {took:.1f} s: {selection.pool_size:,} people ranked, {selection.selected_count} "
            f"selected, {selection.reserve_count} in reserve.")  # fmt: skip
    say(f"Excluded: {excluded or 'nobody'}.")
    say(f"Seed, revealed with the proposal: {selection.seed.value}")
    return selection


def _wait(selection: Selection, states: tuple[str, ...], patience: float) -> Selection:
    """The selection as soon as it is in one of the states.

    Refusal when it or the worker's job on it failed, and after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        now = Selection.objects.select_related("training_class", "seed", "job").get(pk=selection.pk)
        if now.state in states:
            return now
        if now.state == _STATE.FAILED:
            raise Refusal(f"The selection failed: {now.error}")
        if now.job is not None and now.job.state in (Job.State.FAILED, Job.State.STOPPED):
            raise Refusal(f"The worker gave up, the selection is {now.state}: {now.job.error}")
        if time.monotonic() > deadline:
            raise Refusal(f"The selection is still {now.state} after {patience:.0f} seconds. {_WORKER_HINT}")
        time.sleep(0.2)


def _show_invitations(selection: Selection, say: Callable) -> None:
    invited = Invitation.objects.filter(selection=selection)
    say(f"Issued: {invited.count()} invitations. The first ten:")
    with translation.override("id"):
        for invitation in invited.select_related("employee__unit").order_by("rank")[:10]:
            say(f"  {invitation.employee.full_name}, {invitation.employee.unit}")
            say(f"      {reason_text(invitation.reason)}")


def _write_lists(training_class: TrainingClass, say: Callable) -> None:
    """The lists a regional office downloads, as files for a look."""
    folder = Path(settings.VAR_DIR) / "showcase"
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in ("csv", "xlsx", "pdf"):
        target = folder / f"{training_class.code}.{suffix}"
        call_command(
            "invitation_list",
            training_class.code,
            "--format",
            suffix,
            "--output",
            str(target),
            stdout=StringIO(),
        )
        say(f"List: {target}")


def _show_mail(selection: Selection, say: Callable) -> None:
    about = Message.objects.filter(about_type="invitation", about_id__in=selection.invitations.values("pk"))
    states = dict(about.values_list("state").annotate(n=Count("pk")).order_by("state"))
    counted = ", ".join(f"{number} {state}" for state, number in states.items())
    say(f"Messages: {counted or 'none'}.")
    if not settings.EMAIL_URL:
        say(f"Mails land as files in {settings.EMAIL_FILE_PATH}")


def _leave_others(shown: TrainingClass, planner: User, say: Callable, patience: float) -> None:
    """One class proposed and one in review, both of the organiser who has a sign-in; the rest as planned."""
    waiting = (
        TrainingClass.objects.scheduled()
        .upcoming()
        .filter(organiser__code="BDK-SBY", seats_taken=0, selections=None, self_enrolment=False)
        .exclude(pk=shown.pk)
        .order_by("first_day", "code")
    )
    started = []
    if not Selection.objects.exclude(training_class=shown).exists():
        for kind in (waiting.filter(review_days=0), waiting.filter(review_days__gt=0)):
            other = kind.first()
            if other is not None and other.open_for_selection():
                started.append(actions.start_selection(training_class=other, by=planner))
    for selection in started:
        _wait(selection, (_STATE.PROPOSED, _STATE.IN_REVIEW), patience)
    say("For you to try:")
    for selection in Selection.objects.exclude(training_class=shown).select_related(
        "training_class__programme"
    ):
        say(f"  {selection.get_state_display()}: {selection.training_class.code} {selection.training_class}")
    for state, label in TrainingClass.State.choices:
        first = (
            TrainingClass.objects.upcoming()
            .filter(state=state, selections=None)
            .order_by("first_day")
            .first()
        )
        if first is not None:
            number = TrainingClass.objects.upcoming().filter(state=state, selections=None).count()
            say(f"  {label}: {number} classes, the next is {first.code} {first}")


def _invited_employee() -> Any:
    """An invited person with an account and an address, of the region that has a sign-in where possible."""
    invited = (
        Invitation.objects.filter(training_class__batch=SHOWCASE_BATCH, employee__user__isnull=False)
        .exclude(employee__email="")
        .filter(state=Invitation.State.ISSUED)
        .select_related("employee__unit", "stratum")
        .order_by("rank")
    )
    first = invited.filter(stratum__code="KW35").first() or invited.first()
    return first.employee if first else None


def _speaker(stdout: Any) -> Callable[[str], None]:
    def say(line: str) -> None:
        stdout.write(f"{line}\n")
        stdout.flush()

    return say
