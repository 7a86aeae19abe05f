"""One command starts everything, one signal stops everything, whatever happened before."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from simdiklat.embedded import Server
from simdiklat.management.commands import run_portal
from tests.engines import free_port

pytestmark = pytest.mark.engines
ROOT = Path(__file__).resolve().parents[2]

#: Settings with a ministry of one unit and a main job of one line; everything else is the real thing.
STUB = {
    "stub_settings.py": """
import sys, types
from simdiklat.settings import *
INSTALLED_APPS = ["stub", *INSTALLED_APPS]
STATICFILES_DIRS = []
demo, showcase = types.ModuleType("simdiklat.demo"), types.ModuleType("simdiklat.demo.showcase")
def run(stdout):
    from stub.tasks import hello
    hello.delay()
    stdout.write("main job shown")
def sign_ins(stdout):
    stdout.write("sign in here")
showcase.run, showcase.sign_ins, demo.showcase = run, sign_ins, showcase
sys.modules["simdiklat.demo"], sys.modules["simdiklat.demo.showcase"] = demo, showcase
""",
    "stub/__init__.py": "",
    "stub/tasks.py": """
from pathlib import Path
from celery import shared_task
from django.conf import settings
@shared_task
def hello():
    (Path(settings.VAR_DIR) / "hello").write_text("from the worker")
""",
    "stub/management/__init__.py": "",
    "stub/management/commands/__init__.py": "",
    "stub/management/commands/seed_demo.py": """
import os, time
from datetime import date
from django.core.management.base import BaseCommand
from tests import factories
class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("--employees", type=int)
    def handle(self, **options):
        time.sleep(float(os.environ.get("STUB_SEED_SECONDS", "0")))
        root = factories.unit("MENAG", kind="KEMENTERIAN", name="Kementerian Agama")
        factories.employee(root)
        print("seeded", options["employees"], flush=True)
""",
}


class Portal:
    """One `run_portal`, as its own process with its own folder and port."""

    def __init__(self, folder: Path, port: int) -> None:
        self.var, self.port, self.folder = folder / "var", port, folder
        self.process: subprocess.Popen[str] | None = None
        self.starts = 0

    def start(self, **environment: str) -> subprocess.Popen[str]:
        for name, content in STUB.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(content)
        self.starts += 1
        kept = {
            name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")
        }
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run_portal"],
            cwd=ROOT,
            env={
                **kept,
                "PYTHONPATH": f"{self.folder}:{ROOT}",
                "DJANGO_SETTINGS_MODULE": "stub_settings",
                "SIMDIKLAT_VAR": str(self.var),
                "PORT": str(self.port),
                "DEMO_EMPLOYEES": "7",
                "WEB_WORKERS": "1",
                "WORKER_CONCURRENCY": "1",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self.process

    @property
    def log(self) -> Path:
        return self.folder / f"log-{self.starts}"

    def wait_for(self, text: str, seconds: float = 90) -> str:
        deadline = time.monotonic() + seconds
        while text not in (said := self.log.read_text()):
            assert self.process is not None
            code = self.process.poll()
            if code is not None or time.monotonic() > deadline:
                pytest.fail(f"{text!r} never came ({'still running' if code is None else code}):\n{said}")
            time.sleep(0.05)
        return said

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def processes(self) -> list[int]:
        """Everything started from this test's folder, told by its environment, PostgreSQL apart."""
        mark, found = f"SIMDIKLAT_VAR={self.var}".encode(), []
        for entry in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in entry.read_bytes().split(b"\0"):
                    found.append(int(entry.parent.name))
        return found

    def wait_until_gone(self, seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.processes() == []


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    one = Portal(tmp_path / "a portal", free_port())
    one.folder.mkdir()
    yield one
    for pid in one.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server = Server(one.var)
    if one.var.exists():
        server.stop()
    shutil.rmtree(server.socket_folder, ignore_errors=True)


def test_first_start_kill_9_second_start_and_stop(portal: Portal) -> None:
    process = portal.start()
    said = portal.wait_for("sign in here")
    order = [
        "ministry of 7 people",
        "seeded 7",
        f"answers at http://localhost:{portal.port}",
        "main job shown",
    ]
    assert [said.index(line) for line in order] == sorted(said.index(line) for line in order)
    deadline = time.monotonic() + 15
    while not (portal.var / "hello").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (portal.var / "hello").read_text() == "from the worker"

    # Killed the hard way, nothing keeps the port; the server of the database may stay.
    process.kill()
    process.wait()
    portal.wait_until_gone()
    assert not portal.answers()

    # A second start finds the data, shows the ways in and not the main job again.
    began = time.monotonic()
    process = portal.start()
    said = portal.wait_for("sign in here")
    assert time.monotonic() - began < 15
    assert "ministry of" not in said
    assert "main job shown" not in said
    assert portal.answers()

    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert portal.log.read_text().splitlines()[-1] == "Stopped."
    assert portal.processes() == []
    assert not Server(portal.var).is_running()
    assert not portal.answers()


def test_a_killed_worker_is_started_again_and_sigterm_stops_all(portal: Portal) -> None:
    process = portal.start()
    portal.wait_for("sign in here")
    worker = next(
        pid
        for pid in portal.processes()
        if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    )
    os.kill(worker, signal.SIGKILL)
    portal.wait_for("started again")
    assert portal.answers()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert portal.processes() == []
    assert not Server(portal.var).is_running()


def test_an_interrupted_first_start_stops_at_once_and_begins_anew(portal: Portal) -> None:
    process = portal.start(STUB_SEED_SECONDS="60")
    portal.wait_for("ministry of 7 people")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert portal.processes() == []
    assert not Server(portal.var).is_running()


def test_a_taken_port_is_said_and_nothing_is_started(portal: Portal) -> None:
    with socket.create_server(("127.0.0.1", portal.port)):
        process = portal.start()
        assert process.wait(timeout=20) == 1
    lines = portal.log.read_text().splitlines()
    assert len(lines) == 1
    assert f"Port {portal.port} on 127.0.0.1 is taken" in lines[0]
    assert f"PORT={portal.port + 1} make run" in lines[0]
    assert not (portal.var / "postgres").exists()


@pytest.mark.parametrize("text", ["eighty", "0", "65536", "-1"])
def test_a_port_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(CommandError, match=f"PORT={text} is not a number from 1 to 65535"):
        run_portal.read_number("PORT", 8000, most=65535)


def test_static_files_are_gathered_again_only_after_a_change(
    settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(run_portal, "call_command", lambda name, **options: calls.append(name))
    settings.VAR_DIR = tmp_path
    source = tmp_path / "static"
    source.mkdir()
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    run_portal.get_finders.__globals__["get_finder"].cache_clear()
    (source / "a.css").write_text("a")
    run_portal.collect_static()
    run_portal.collect_static()
    assert calls == ["collectstatic"]
    (source / "a.css").write_text("ab")
    run_portal.collect_static()
    assert calls == ["collectstatic", "collectstatic"]
    run_portal.get_finders.__globals__["get_finder"].cache_clear()
