"""`python manage.py chaos` (`make chaos`): the fault run. Exit 1 when a count is wrong."""

import secrets
from argparse import ArgumentParser
from typing import Any

from audit.command import PortalCommand
from simdiklat.chaos.run import Plan, run


class Command(PortalCommand):
    help = (
        "Issue and answer invitations in a database of its own while workers, broker and database "
        "connections are broken at random; count in the end."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        usual = Plan()
        parser.add_argument("--minutes", type=float, default=usual.minutes, help="how long things are broken")
        parser.add_argument(
            "--invitations", type=int, default=usual.invitations, help="seats over all classes"
        )
        parser.add_argument("--classes", type=int, default=usual.classes)
        parser.add_argument("--people", type=int, default=usual.people, help="size of the synthetic ministry")
        parser.add_argument("--clients", type=int, default=usual.clients, help="who answer at the same time")
        parser.add_argument("--workers", type=int, default=usual.workers)
        parser.add_argument(
            "--broker", choices=("redis", "files"), default="", help="default: Redis if it is there"
        )
        parser.add_argument(
            "--dice", type=int, default=None, metavar="N", help="repeat a run's random choices"
        )

    def work(self, **options: Any) -> None:
        chosen = {name: options[name] for name in Plan.__dataclass_fields__}
        if chosen["dice"] is None:
            chosen["dice"] = secrets.randbelow(1_000_000)

        def say(line: str) -> None:
            self.stdout.write(line)
            self.stdout.flush()

        if not run(Plan(**chosen), say):
            raise SystemExit(1)
