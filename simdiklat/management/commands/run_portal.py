"""`make run`: the whole portal on one machine, with one command and one Ctrl-C."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from simdiklat import embedded
from simdiklat.supervisor import Supervisor, die_with_parent

#: The whole ministry (formats.md); DEMO_EMPLOYEES chooses a smaller one.
WHOLE_MINISTRY = 232_881
WAIT_FOR_WEB = 60.0


class Command(BaseCommand):
    help = "Runs web, worker and beat together, with the engines of a laptop; Ctrl-C stops all of it."
    requires_system_checks = ()  # each process checks for itself

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--end-with-parent", action="store_true", help="end when the calling process ends (make run)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["end_with_parent"]:
            die_with_parent(signal.SIGTERM)
        host = os.environ.get("HOST", "127.0.0.1")
        port = read_number("PORT", 8000, most=65535)
        employees = read_number("DEMO_EMPLOYEES", WHOLE_MINISTRY)
        check_free(host, port)
        os.environ.setdefault("PORTAL_URL", f"http://localhost:{port}")
        settings.PORTAL_URL = os.environ["PORTAL_URL"].rstrip("/")  # read before the port was known
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._end)
        try:
            self.prepare(employees)
            if self.told_to_end:
                raise KeyboardInterrupt
            self.serve(host, port)
        except KeyboardInterrupt:
            self.say("Stopped.")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave engines behind
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            connections.close_all()
            embedded.release()

    #: Remembered as well as raised: an exception that hits a hook or a destructor is lost.
    told_to_end = False

    def _end(self, signum: int, frame: Any) -> None:
        self.told_to_end = True
        raise KeyboardInterrupt

    # --- Before ---------------------------------------------------------------------------------

    def prepare(self, employees: int) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.say("Preparing the database ...")
            call_command("migrate", verbosity=0, interactive=False)
        collect_static()
        self.fill(employees)
        connections.close_all()  # what follows forks

    def fill(self, employees: int) -> None:
        """On the first start, a synthetic ministry; in a process of its own, which a Ctrl-C can end."""
        if settings.ENVIRONMENT == "production" or apps.get_model("employees", "Employee").objects.exists():
            return
        first_start_mark().touch()
        self.say(f"First start: making up a ministry of {employees:,} people ...")
        began = time.monotonic()
        seeding = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [*manage_py(), "seed_demo", "--employees", str(employees)],
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGKILL),
        )
        try:
            while (code := seeding.poll()) is None:
                if self.told_to_end:
                    raise KeyboardInterrupt
                time.sleep(0.1)
        except KeyboardInterrupt:
            seeding.kill()
            seeding.wait()
            raise
        if code:
            raise CommandError("The ministry could not be made up; the reason stands above.")
        self.say(f"Done in {time.monotonic() - began:.0f} s.")

    # --- While ----------------------------------------------------------------------------------

    def serve(self, host: str, port: int) -> None:
        supervisor = Supervisor(started=lambda: self.introduce(host, port))
        for name, command in services(host, port).items():
            supervisor.add_process(name, command, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        supervisor.loop()
        if not supervisor.was_told:
            raise CommandError(
                "The portal stopped because a part of it kept ending; the reason stands above."
            )
        self.say("Stopped.")

    def introduce(self, host: str, port: int) -> None:
        threading.Thread(target=self._introduce, args=(host, port), daemon=True).start()

    def _introduce(self, host: str, port: int) -> None:
        """Once the web answers: on the first start the main job, always the ways in."""
        try:
            if not wait_for_web(host, port):
                self.say(f"The web process has not answered for {WAIT_FOR_WEB:.0f} s; see its lines above.")
                return
            self.say(f"The portal answers at {settings.PORTAL_URL}")
            from simdiklat.demo import showcase

            if first_start_mark().exists():
                try:
                    showcase.run(self.stdout)
                    # Only when it came through: otherwise the next start takes it up where it stopped.
                    first_start_mark().unlink()
                except Exception as error:  # the portal stays up; the reason is shown
                    self.say(f"The first selection did not come through: {type(error).__name__}: {error}")
            showcase.sign_ins(self.stdout)
            self.stdout.flush()
        except Exception as error:  # a thread's end must not be silent
            self.say(f"The introduction failed: {type(error).__name__}: {error}")
        finally:
            connections.close_all()

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


# --- Parts ----------------------------------------------------------------------------------------


def read_number(name: str, default: int, *, most: int = 10_000_000) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise CommandError(f"{name}={text} is not a number from 1 to {most}.")
    return int(text)


def check_free(host: str, port: int) -> None:
    """Refuse a taken port before anything is started. Leftovers of a killed portal are gone in moments."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise CommandError(f"HOST={host} is no address of this machine.") from None
    deadline = time.monotonic() + 2
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
                return
            except PermissionError:
                raise CommandError(
                    f"Port {port} is reserved for root. Choose another: PORT=8001 make run"
                ) from None
            except OSError as error:
                if time.monotonic() > deadline:
                    other = port + 1 if port < 65535 else 8001
                    raise CommandError(
                        f"Port {port} on {host} is taken ({error.strerror}). "
                        f"Choose another: PORT={other} make run"
                    ) from None
        time.sleep(0.2)


def services(host: str, port: int) -> dict[str, list[str]]:
    """The three processes, as docs/operators.md runs them on any number of hosts."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    # Celery would warn a demo's root at every start.
    celery = [sys.executable, "-W", "ignore:You're running the worker with superuser privileges"]
    celery += ["-m", "celery", "--quiet", "--app", "simdiklat"]
    return {
        "web": [
            *(sys.executable, "-m", "gunicorn", "simdiklat.wsgi:application", "--bind", bind),
            *("--workers", os.environ.get("WEB_WORKERS", "2"), "--worker-class", "gthread", "--threads", "4"),
            *("--timeout", "120", "--graceful-timeout", "3", "--log-level", "warning", "--no-control-socket"),
        ],
        "worker": [
            *celery,
            *("worker", "--concurrency", os.environ.get("WORKER_CONCURRENCY", "2"), "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        "beat": [
            *(*celery, "beat", "--loglevel", "WARNING", "--pidfile="),
            *("--schedule", str(settings.VAR_DIR / f"beat-{port}")),
        ],
    }


def manage_py() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py")]


def first_start_mark() -> Path:
    """Lies there from the first seeding until the main job has been shown, whatever happens between."""
    mark: Path = settings.VAR_DIR / "first-start"
    return mark


def collect_static() -> None:
    """Gather the static files where they differ from what was gathered last."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    seen = settings.VAR_DIR / "static.sha256"
    with contextlib.suppress(FileNotFoundError):
        if seen.read_text() == digest.hexdigest():
            return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    seen.write_text(digest.hexdigest())


def wait_for_web(host: str, port: int) -> bool:
    """True once anything at all is answered, a redirect to the sign-in included."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - an address to ask, not to listen on
    name = f"[{reachable}]" if ":" in reachable else reachable
    deadline = time.monotonic() + WAIT_FOR_WEB
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{name}:{port}/", timeout=10):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.2)
    return False
