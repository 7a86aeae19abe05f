"""`python manage.py seed_demo [--employees N]`: the synthetic ministry (docs/demo-data.md)."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone

from audit.command import PortalCommand
from audit.errors import Refusal
from simdiklat.demo import FULL_SIZE
from simdiklat.demo.seeding import figures, seed


class Command(PortalCommand):
    help = "Fill an empty database with a synthetic ministry: units, people, catalogue, ten years of history."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--employees",
            type=int,
            default=FULL_SIZE,
            metavar="N",
            help=f"number of people (default {FULL_SIZE})",
        )

    def work(self, *, employees: int, **options: Any) -> dict[str, Any]:
        if settings.ENVIRONMENT == "production":
            raise Refusal(
                "The demo makes accounts with a published password; it does not run with SIMDIKLAT_ENV=production."
            )
        counts = seed(employees, self._tell)
        shares = figures(timezone.localdate())
        self._tell(
            f"Of the people in active service {shares['untrained']:.1%} have had no training within two years, "
            f"{shares['never']:.1%} never; {shares['again_and_again']:.1%} have had ten or more."
        )
        return counts

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
