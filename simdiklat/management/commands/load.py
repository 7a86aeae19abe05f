"""`python manage.py load` (`make load`): an invitation day. Exit 1 on errors or when a count is wrong."""

import secrets
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from audit.command import PortalCommand
from audit.errors import Refusal
from simdiklat.demo import FULL_SIZE
from simdiklat.load.run import Plan, run

#: To see that it works: a small ministry, a few seconds, nobody thinks for long.
QUICK = Plan(
    employees=600, invitations=90, classes=4, minutes=0.1, pace=1.8, operators=3, planners=1, web_workers=2,
    pause=0.02,
)  # fmt: skip


class Command(PortalCommand):
    help = (
        "Play an invitation day: employees read and answer, operators export, planners work, at the rate of "
        "20,000 employees an hour; print requests a second, percentiles and errors, and count that nothing is lost."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        usual = Plan(employees=0)
        parser.add_argument(
            "--minutes", type=float, help=f"how long people come (default: {usual.minutes:g})"
        )
        parser.add_argument("--hour", action="store_true", help="the whole hour: --minutes 60")
        parser.add_argument(
            "--quick", action="store_true", help="a small one of a few seconds, nothing is kept"
        )
        parser.add_argument(
            "--pace", type=float, help="so many times as many employees in a second (default: 1)"
        )
        parser.add_argument(
            "--employees", type=int, metavar="N", help=f"people of the ministry (default: {FULL_SIZE:,})"
        )
        parser.add_argument(
            "--invitations", type=int, help=f"issued before the day (default: {usual.invitations})"
        )
        parser.add_argument("--operators", type=int, help=f"default: {usual.operators}")
        parser.add_argument("--planners", type=int, help=f"default: {usual.planners}")
        parser.add_argument(
            "--signing-in", type=int, metavar="PERCENT",
            help=f"employees who sign in with their password; the others use the link alone (default: {usual.signing_in})",
        )  # fmt: skip
        parser.add_argument(
            "--web-workers", type=int, help=f"gunicorn's workers (default: {usual.web_workers})"
        )
        parser.add_argument("--dice", type=int, metavar="N", help="repeat a run's random choices")
        parser.add_argument("--fresh", action="store_true", help="make up the ministry again")

    def work(self, *, quick: bool, hour: bool, fresh: bool, **options: Any) -> None:
        plan = QUICK if quick else Plan(employees=options["employees"] or FULL_SIZE)
        given = {name: options[name] for name in Plan.__dataclass_fields__ if options.get(name) is not None}
        plan = replace(plan, **{"dice": secrets.randbelow(1_000_000), **given})
        if hour:
            plan = replace(plan, minutes=60.0)
        if min(plan.minutes, plan.pace, plan.invitations) <= 0 or min(plan.operators, plan.planners) < 0:
            raise Refusal("Give --minutes, --pace and --invitations above nought.")

        def say(line: str) -> None:
            self.stdout.write(line)
            self.stdout.flush()

        if not run(plan, say, keep=not quick, fresh=fresh):
            raise SystemExit(1)
