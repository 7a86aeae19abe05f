"""Ends data that is past its time, as beat does every night (simdiklat/privacy/retention.py)."""

from argparse import ArgumentParser
from typing import Any

from audit.command import PortalCommand
from simdiklat.privacy import retention


class Command(PortalCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would end and change nothing")

    def work(self, *, dry_run: bool, **options: Any) -> dict[str, int]:
        counts = retention.run(dry_run=dry_run)
        for policy in retention.policies():
            self.stdout.write(
                f"{counts[policy.name]:>9}  {policy.name} ({policy.keep.days} days): {policy.why}"
            )
        return counts
