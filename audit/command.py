"""The base of the portal's commands: a refusal is one line on standard error and exit 1 (formats.md)."""

import getpass
import json
import os
from collections.abc import Callable
from typing import Any

import pghistory
from django.core.management.base import BaseCommand, CommandError

from audit.errors import Refusal


def operator() -> str:
    """Whoever runs a command, as the operating system names them: "os:root". A number where it has no name."""
    try:
        return f"os:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"os:{os.getuid()}"


class PortalCommand(BaseCommand):
    """A command whose last line of output is one JSON object, returned by `work`."""

    #: Does the command with the parsed options; returns the object for the last line, or None for no such
    #: line. A plain attribute, so that each command names its own options.
    work: Callable[..., dict[str, Any] | None]

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with pghistory.context(command=type(self).__module__.rsplit(".", 1)[-1]):
                result = self.work(**options)
        except Refusal as refusal:
            raise CommandError(" ".join(refusal.user_message.split()), returncode=1) from refusal
        if result is not None:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
