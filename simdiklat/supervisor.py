"""Web, worker and beat under one roof: started together, restarted alone, stopped together.

Honcho starts them and prints what they say. Added here: a process that dies is started again unless it
keeps dying, and nothing outlives its parent, not even after a kill -9 (Linux only).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

from honcho import manager, process

#: How long a process may take to end by itself.
PATIENCE = 4.0
#: One that dies this young, this often in a row, is not started again.
YOUNG, OFTEN = 10.0, 3

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


def die_with_parent(signum: int, parent: int | None = None) -> None:
    """Ask Linux to send this process `signum` when its parent ends, however it ends."""
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0)
    if parent is not None and os.getppid() != parent:  # it ended before we could ask
        os.kill(os.getpid(), signum)


class Popen(process.Popen):
    """A service in a session of its own, which a Ctrl-C in the terminal does not reach."""

    def __init__(self, cmd: list[str], **options: Any) -> None:
        parent = os.getpid()

        def prepare() -> None:
            for signum in (signal.SIGINT, signal.SIGTERM):  # ignored by its parent, not by itself
                signal.signal(signum, signal.SIG_DFL)
            die_with_parent(signal.SIGTERM, parent)

        super().__init__(cmd, **options, shell=False, stdin=subprocess.DEVNULL, preexec_fn=prepare)


class Service(process.Process):
    """Keeps one command running until `stopping` is set. Runs in a process of its own."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.stopping: Any = None
        self._parent = os.getpid()

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        # Ignored from the start: Ctrl-C reaches this process too, the supervisor decides.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        die_with_parent(signal.SIGKILL, self._parent)
        self._events = events
        early_deaths = 0
        while True:
            started = time.monotonic()
            code = self._run_once()
            if self.stopping.is_set():
                break
            early_deaths = early_deaths + 1 if time.monotonic() - started < YOUNG else 0
            if early_deaths >= OFTEN:
                self._send_message(f"ended {OFTEN} times in a row, given up\n".encode())
                break
            self._send_message(f"ended with {code}, started again\n".encode())
        self._send_message({"returncode": code}, type="stop")

    def _run_once(self) -> int:
        child = Popen(self.cmd, env=self.env, cwd=self.cwd)
        self._send_message({"pid": child.pid}, type="start")
        ended = threading.Event()
        killer = threading.Thread(target=self._end_when_told, args=(child, ended), daemon=True)
        killer.start()
        for line in iter(child.stdout.readline, b""):
            self._send_message(line)
        child.stdout.close()
        code = child.wait()
        ended.set()
        killer.join()
        return code

    def _end_when_told(self, child: Popen, ended: threading.Event) -> None:
        while not self.stopping.wait(0.2):
            if ended.is_set():
                return
        child.terminate()  # to the main process alone: gunicorn and celery see to their own children
        if not ended.wait(PATIENCE):
            _signal_group(child.pid, signal.SIGKILL)


class Supervisor(manager.Manager):
    """Honcho's manager over `Service`s; `started` is called once all have been launched."""

    def __init__(self, started: Callable[[], None]) -> None:
        # Forked, not spawned, on every Python: a service needs nothing but its command.
        self._context = get_context("fork")
        super().__init__()
        self.events = self._context.Queue()
        self._stopping = self._context.Event()
        self._started = started
        self._process_ctor = Service

    @property
    def was_told(self) -> bool:
        """True when a signal asked for the end, rather than a service failing."""
        return self.returncode in {rc["rc"] for rc in manager.SIGNALS.values()}

    def _start(self) -> None:
        for name, entry in self._processes.items():
            entry["obj"].stopping = self._stopping
            entry["process"] = self._context.Process(name=name, target=entry["obj"].run, args=(self.events,))
            entry["process"].start()
        self._started()

    def _killall(self, force: bool = False) -> None:
        """Each service ends its own command; only what does not is ended from here."""
        self._stopping.set()
        if force:
            for entry in self._processes.values():
                if "returncode" not in entry and "pid" in entry:
                    _signal_group(entry["pid"], signal.SIGKILL)

    def _system_print(self, data: str) -> None:
        """The portal says itself what it does."""


def _signal_group(leader: int, signum: int) -> None:
    try:
        os.killpg(leader, signum)
    except (ProcessLookupError, PermissionError):
        return
