"""`python manage.py bench` (`make bench`): the portal's figures as ratios to a floor of the same run."""

from argparse import ArgumentParser
from typing import Any

from audit.command import PortalCommand
from audit.errors import Refusal
from simdiklat.bench import run
from simdiklat.bench.measure import table


class Command(PortalCommand):
    help = "Measure imports, selection, preview and list against their floors, in databases of their own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--employees", type=int, metavar="N", help="default: as many as the portal holds")
        parser.add_argument("--runs", type=int, default=3, help="measurements of each; the median is shown")
        parser.add_argument(
            "--quick", action="store_true", help="a small ministry, which is not kept: to see that it works"
        )
        parser.add_argument("--messages", type=int, default=0, metavar="N", help="to deliver; default: 2,000")
        parser.add_argument("--fresh", action="store_true", help="make up the ministry again")

    def work(
        self, *, employees: int | None, runs: int, quick: bool, fresh: bool, messages: int, **options: Any
    ) -> None:
        if runs < 1:
            raise Refusal("Measure at least once: --runs 1 or more.")
        size = employees or (2_000 if quick else run.usual_size())

        def say(line: str) -> None:
            self.stdout.write(line)
            self.stdout.flush()

        figures = run.run(size, runs, say, keep=not quick, fresh=fresh, messages=messages)
        say("")
        say(f"{size:,} people, median of {runs} runs (pages: {max(runs, 5)})")
        for line in table(figures):
            say(line)
