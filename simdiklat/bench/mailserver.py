"""An SMTP server that takes everything and counts; in a process of its own, so nothing of the portal is here."""

from __future__ import annotations

import re
from collections import Counter
from multiprocessing.connection import Connection
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class _Taking:
    """Takes every mail and remembers by Message-ID how often it came."""

    def __init__(self) -> None:
        self.arrived: Counter[str] = Counter()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        found = re.search(rb"^Message-ID:\s*(<[^>]*>)", envelope.content, re.IGNORECASE | re.MULTILINE)
        self.arrived[found[1].decode() if found else ""] += 1
        return "250 2.0.0 Ok"


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="surat.contoh.invalid")


def serve(port: int, pipe: Connection) -> None:
    """Run until told to end; at "arrived" say how often each Message-ID came since the last time."""
    taking = _Taking()
    controller = _Controller(taking, hostname="127.0.0.1", port=port)
    controller.start()
    pipe.send("ready")
    while pipe.recv() == "arrived":
        pipe.send(taking.arrived)
        taking.arrived = Counter()
    controller.stop()
