"""What is started together ends together, also when nobody is left to say so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.engines
ROOT = Path(__file__).resolve().parents[2]

SUPERVISED = """
import sys
from simdiklat.supervisor import Supervisor
supervisor = Supervisor(started=lambda: None)
supervisor.add_process("sleeper", [sys.executable, "-c", "import os, time; print(os.getpid()); time.sleep(60)"],
                       env={"PYTHONUNBUFFERED": "1"})
supervisor.add_process("other", [sys.executable, "-c", sys.argv[1]], env={"PYTHONUNBUFFERED": "1"})
supervisor.loop()
print("told" if supervisor.was_told else "failed", flush=True)
"""
PATIENT = "import time; time.sleep(60)"


def supervise(other: str = PATIENT, heard: list[str] | None = None) -> tuple[subprocess.Popen[str], int]:
    """Start it; return it with the process id of one of its services, which has no handlers of its own.

    `heard` takes what the other service said before that.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, other], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    while "sleeper" not in (line := process.stdout.readline()):
        assert process.poll() is None
        if heard is not None:
            heard.append(line)
    return process, int(line.rsplit("|", 1)[1])


def gone(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_all(signum: int) -> None:
    process, service = supervise()
    process.send_signal(signum)
    said, _ = process.communicate(timeout=10)
    assert said.splitlines()[-1] == "told"
    assert gone(service, 0)


def test_kill_9_leaves_nothing_even_while_a_service_is_still_starting() -> None:
    process, service = supervise()
    process.kill()
    process.wait()
    assert gone(service)


def test_a_service_that_will_not_end_is_ended() -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    heard: list[str] = []
    process, service = supervise(stubborn, heard)
    assert process.stdout is not None
    while "deaf" not in "".join(heard) and "deaf" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=15)[0].splitlines()[-1] == "told"
    assert gone(service, 0)


def test_a_service_that_keeps_dying_is_given_up_and_ends_the_rest() -> None:
    heard: list[str] = []
    process, service = supervise("import sys; sys.exit('no such thing')", heard)
    said = "".join(heard) + process.communicate(timeout=30)[0]
    assert said.count("no such thing") == 3
    assert "given up" in said
    assert said.splitlines()[-1] == "failed"
    assert gone(service, 0)


def test_a_killed_service_is_started_again() -> None:
    process, service = supervise()
    os.kill(service, signal.SIGKILL)
    assert process.stdout is not None
    while "started again" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=10)[0].splitlines()[-1] == "told"
