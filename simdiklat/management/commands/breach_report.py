"""Whose data an account or an export has touched, as CSV: the list for a notice within 3 × 24 hours."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from audit import log
from audit.command import PortalCommand
from audit.errors import Refusal
from simdiklat.privacy import breach


class Command(PortalCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--account", default="", help="user name of the account")
        what.add_argument("--export", default="", help="number of the download in the log of reading")
        parser.add_argument("--since", type=date.fromisoformat, help="first day, YYYY-MM-DD")
        parser.add_argument("--until", type=date.fromisoformat, help="last day, YYYY-MM-DD")
        parser.add_argument("-o", "--output", type=Path, required=True, help="the CSV")

    def work(
        self,
        *,
        account: str,
        export: str,
        since: date | None,
        until: date | None,
        output: Path,
        **options: Any,
    ) -> dict[str, int]:
        found = breach.report(account=account, export=export, since=since, until=until)
        try:
            with output.open("w", encoding="utf-8", newline="") as target:
                people = breach.write_csv(found, target)
        except OSError as error:
            raise Refusal(
                _("%(path)s cannot be written: %(reason)s.") % {"path": output, "reason": error.strerror}
            ) from error
        counts = {"people": people, "units": found.units, "readings": found.readings}
        log.record(
            "breach.report",
            by=None,
            object_type="breach",
            data={"account": account, "export": export, **counts},
        )
        return counts
