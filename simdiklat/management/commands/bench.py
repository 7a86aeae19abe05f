"""`python manage.py bench` (`make bench`): the portal's figures as ratios to a floor of the same run."""

from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from audit.command import PortalCommand
from audit.errors import Refusal
from simdiklat.bench import report, run
from simdiklat.bench.measure import Setting, table


class Command(PortalCommand):
    help = "Measure imports, lists, exports, selection and sending against their floors, in databases of their own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--employees", type=int, metavar="N", help=f"people of the ministry (default: {run.MINISTRY:,})"
        )
        parser.add_argument("--runs", type=int, default=3, help="measurements of each; the median is shown")
        parser.add_argument(
            "--quick", action="store_true", help="a small ministry, which is not kept: to see that it works"
        )
        parser.add_argument(
            "--messages", type=int, default=Setting.messages, metavar="N",
            help=f"to deliver, or as many as there are people (default: {Setting.messages:,})",
        )  # fmt: skip
        parser.add_argument(
            "--senders", type=int, nargs="+", choices=range(1, 33), metavar="N", default=Setting.senders,
            help="deliver them by so many senders at once, in turn (default: 1 2 4)",
        )  # fmt: skip
        parser.add_argument("--fresh", action="store_true", help="make up the ministry again")
        parser.add_argument("--prepare", action="store_true", help="make up the ministry and measure nothing")
        parser.add_argument(
            "--only", default="", metavar="TEXT,TEXT", help="the sections whose titles contain one of these"
        )
        parser.add_argument(
            "--write", type=Path, metavar="FILE",
            help="put what was measured between the markers of its size in this document; nothing is written "
            "with --quick, nor where it has no place for that size",
        )  # fmt: skip

    def work(
        self, *, employees: int | None, runs: int, quick: bool, fresh: bool, prepare: bool, only: str,
        messages: int, senders: Sequence[int], write: Path | None, **options: Any,
    ) -> None:  # fmt: skip
        if runs < 1:
            raise Refusal("Measure at least once: --runs 1 or more.")
        size = employees or (2_000 if quick else run.MINISTRY)
        target = None if quick or prepare else write

        def say(line: str) -> None:
            self.stdout.write(line)
            self.stdout.flush()

        if target is not None and not report.has_place(target, size):
            say(f"{target} has no place for {size:,} people; what is measured is only shown.")
            target = None
        if prepare:
            run.prepare(size, say)
            return
        sections = run.run(
            size, runs, say, only=only, keep=not quick, fresh=fresh, quick=quick, messages=messages,
            senders=tuple(senders),
        )  # fmt: skip
        with closing(sections):  # what is measured in is put away, whatever happens
            for section in sections:
                say("\n".join(["", section.title, *table(section.figures)]))
                if target is not None:
                    report.write(target, size, [section], run.titles())
                    say(f"Written to {target}.")
