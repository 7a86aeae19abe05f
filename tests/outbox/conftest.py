"""A real SMTP server with moods, and committed rows that several connections can see."""

import asyncio
import email
import email.policy
import socket
import threading
from collections import defaultdict
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.db import connection
from django.db.models.functions import Now

from outbox.models import DeadAddress, Message, Pace

CONTEXT = {
    "name": "Dra. Sari Wulandari, M.Pd.",
    "class_name": "Pelatihan Moderasi Beragama Angkatan III",
    "programme": "Pelatihan Moderasi Beragama",
    "batch": "III",
    "first_day": "2026-12-28",
    "last_day": "2027-01-02",
    "place": "Kampus BDK Surabaya",
    "organiser": "BDK Surabaya",
    "answer_by": "2026-12-20",
    "reason_text": "Peringkat 4 dari 812. Belum pernah mengikuti pelatihan sejak 01-03-2011.",
    "url_path": "/undangan/17/",
    "zone": "WIB",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make(n: int = 1, **fields) -> Message:
    """A message that is due. Its kind is one for which no room asks whether it is still wanted."""
    fields.setdefault("key", f"test:{n}")
    fields.setdefault("kind", "class_cancelled")
    fields.setdefault("context", CONTEXT)
    fields.setdefault("to_name", "Sari Wulandari")
    fields.setdefault("to_address", f"pegawai{n}@contoh.invalid")
    return Message.objects.create(**fields)


def come_due() -> None:
    """Let the pauses be over: what waits is due now."""
    Message.objects.filter(state="pending").update(not_before=Now() - timedelta(seconds=1))
    Pace.objects.update(paused_until=None)


class Moods:
    """What the server answers to a recipient: a list of moods, used up one by one; then it accepts."""

    def __init__(self) -> None:
        self.of: dict[str, list[str]] = defaultdict(list)
        self.arrived: list[tuple[str, email.message.EmailMessage]] = []
        self.connections = 0
        self.mail_from = ""
        self.stall_seconds = 30.0
        self.reached = threading.Event()
        self.lock = threading.Lock()

    def ids(self) -> list[str]:
        """Message-IDs in the order of arrival."""
        return [str(mail["Message-ID"]) for _to, mail in self.arrived]

    def _next(self, address: str) -> str:
        return self.of[address].pop(0) if self.of[address] else ""

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.mail_from:
            return self.mail_from
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        mood = self._next(address)
        if mood == "drop":
            server.transport.abort()
            return "421 gone"
        if mood == "stall":
            self.reached.set()
            await asyncio.sleep(self.stall_seconds)
        if mood.startswith("data:"):
            self.of[address].insert(0, mood.removeprefix("data:"))
        elif mood and mood[0].isdigit():
            return mood
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        if self.of[address] and self.of[address][0][0].isdigit():
            return self.of[address].pop(0)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self.lock:
            self.arrived.append((address, mail))
            number = len(self.arrived)
        if self.of[address] and self.of[address][0] == "drop after data":
            self.of[address].pop(0)
            server.transport.abort()
        return f"250 2.0.0 Ok: queued as {number}"


class _Server(Controller):
    def factory(self) -> SMTP:
        self.handler.connections += 1
        return SMTP(self.handler, hostname="surat.contoh.invalid", enable_SMTPUTF8=False)


@pytest.fixture
def server(settings):
    """The moods of an SMTP server to which the settings point."""
    moods = Moods()
    running = _Server(moods, hostname="127.0.0.1", port=free_port())
    running.start()
    moods.connections = 0  # the controller knocks once to see that it is up
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = moods.port = running.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 10
    settings.OUTBOX_PER_MINUTE = 0
    yield moods
    running.stop()


def _empty() -> None:
    for model in (Message, DeadAddress, Pace):
        model.objects.all().delete()


@pytest.fixture
def committed(test_database, django_db_blocker):
    """Really committed rows, for tests with several connections; only the outbox's own are removed again."""
    with django_db_blocker.unblock():
        _empty()
        yield
        _empty()
        connection.close()
