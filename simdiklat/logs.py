"""What is written to the log: no address that is a key of its own, no NIP."""

import logging
import re

from audit.addresses import without_keys

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
_NIP = re.compile(r"(?<!\d)(\d{4})\d{14}(?!\d)")


class Formatter(logging.Formatter):
    """The whole entry, traceback included, as it may be kept: a log is read by more people than the portal."""

    def __init__(self, line: str = LINE) -> None:
        super().__init__(line)

    def format(self, record: logging.LogRecord) -> str:
        return _NIP.sub(r"\1…", without_keys(super().format(record)))
