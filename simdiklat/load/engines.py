"""What an invitation day runs on: the portal as in production, and the processors' time of each part."""

from __future__ import annotations

import email
import email.policy
import os
import re
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from simdiklat import scratch
from simdiklat.celery import app
from simdiklat.chaos.engines import PostOffice, Process, RedisBroker, celery, free_port

#: Longest time in seconds until the web answers.
WAIT_FOR_WEB = 60.0
_LINK = re.compile(r"https?://[^/\s]+(/jawab/[\w:.-]+/)")
_TICKS = os.sysconf("SC_CLK_TCK")


class LinkOffice(PostOffice):
    """The mail server of the run; it also reads the signed links in the mails, as their readers would."""

    def __init__(self) -> None:
        super().__init__()
        #: Message-ID → path of the signed link.
        self.links: dict[str, str] = {}

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        mail: Any = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = mail.get_body(("plain",))
        if text is not None and (link := _LINK.search(text.get_content())):
            self.links[str(mail["Message-ID"])] = link[1]
        return answer


@dataclass
class Machine:
    """Everything that runs, and the address of the portal."""

    base: str
    parts: dict[str, list[Process]]
    post: LinkOffice
    #: Seconds of the processors used by each part when the clock was last set.
    since: dict[str, float] = field(default_factory=dict)

    def set_clock(self) -> None:
        self.since = self._used()

    def used(self) -> dict[str, float]:
        """Seconds of the processors that each part has used since `set_clock`."""
        return {part: seconds - self.since.get(part, 0.0) for part, seconds in self._used().items()}

    def _used(self) -> dict[str, float]:
        sessions = {
            process.running.pid: part
            for part, processes in self.parts.items()
            for process in processes
            if process.running is not None
        }
        server = _postmaster()
        found: defaultdict[str, float] = defaultdict(float)
        for _pid, parent, session, seconds in _processes():
            if session in sessions:
                found[sessions[session]] += seconds
            elif server and server in (_pid, parent):
                found["PostgreSQL"] += seconds
        return dict(found)


def _processes() -> Iterator[tuple[int, int, int, float]]:
    """Every process: id, parent, session, and its processors' time with that of its ended children."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, _, rest = path.read_text().partition(" (")
        except OSError:
            continue
        fields = rest.rpartition(") ")[2].split()
        yield int(pid), int(fields[1]), int(fields[3]), sum(map(int, fields[11:15])) / _TICKS


def _postmaster() -> int:
    """The process id of the database server if it runs on this machine, else 0."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    try:
        text = Path(f"/proc/{backend}/stat").read_text()
    except OSError:
        return 0
    # A server on another machine may have the same number as somebody here.
    return int(text.rpartition(") ")[2].split()[1]) if "(postgres)" in text else 0


def collect_static(folder: Path) -> None:
    """The static files as a production host has them, with hashed names, where the run's web looks."""
    from simdiklat.management.commands.run_portal import collect_static as collect

    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    collect()
    (folder / "static").symlink_to(settings.STATIC_ROOT)


@contextmanager
def machine(folder: Path, secret: str, *, web_workers: int, concurrency: int) -> Iterator[Machine]:
    """Web, worker, beat, Redis and mail server, all of this run's own; all ended afterwards."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    broker, post = RedisBroker(folder), LinkOffice()
    environment = {
        "DATABASE_URL": scratch.url(),
        "REDIS_URL": broker.url,
        "EMAIL_URL": post.url,
        "SIMDIKLAT_VAR": str(folder),
        "SIMDIKLAT_ENV": "production",
        "SECRET_KEY": secret,
        "ALLOWED_HOSTS": "127.0.0.1",
        "PORTAL_URL": base.replace("http:", "https:"),
        "BEHIND_TLS_PROXY": "true",  # the players are the proxy: they say HTTPS, and who asks
        "ISSUE_DELAY_SECONDS": "1",
    }
    # As docs/operators.md has it.
    web = [sys.executable, "-m", "gunicorn", "simdiklat.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    web += ["--workers", str(web_workers), "--worker-class", "gthread", "--threads", "4", "--timeout", "60"]
    web += ["--no-control-socket"]
    quiet = ("--concurrency", str(concurrency), "--without-gossip", "--without-mingle", "--without-heartbeat")
    schedule = ("--pidfile=", "--schedule", str(folder / "beat-schedule"))
    parts = {
        "web": [Process("web", web, folder, environment)],
        "worker": [celery("worker", folder, environment, "worker", *quiet)],
        "beat": [celery("beat", folder, environment, "beat", *schedule)],
        "Redis": [broker.server],
    }
    app.conf.update(broker.settings)
    post.controller.start()
    try:
        broker.start()
        for part in ("web", "worker", "beat"):
            for process in parts[part]:
                process.start()
        _wait_for(base, folder)
        yield Machine(base, parts, post)
    finally:
        for processes in parts.values():
            for process in processes:
                process.kill()
        post.controller.stop()


def _wait_for(base: str, folder: Path) -> None:
    request = urllib.request.Request(f"{base}/sign-in/", headers={"X-Forwarded-Proto": "https"})  # noqa: S310 - our own address
    deadline = time.monotonic() + WAIT_FOR_WEB
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - our own address
                return
        except OSError as error:
            answered = isinstance(error, urllib.error.HTTPError)
            if answered or time.monotonic() > deadline:
                said = (folder / "web.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"The web did not come up: {error}\n{said}") from error
            time.sleep(0.1)
