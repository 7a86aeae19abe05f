"""The embedded PostgreSQL: started by whoever comes first, stopped by whoever leaves last."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from simdiklat.embedded import EmbeddedError, Server, system

pytestmark = pytest.mark.engines
ROOT = Path(__file__).resolve().parents[2]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

#: A process that uses the server, says so, and leaves when its standard input ends.
USER_PROCESS = """
import sys
from pathlib import Path
from simdiklat.embedded import server
print(server(Path(sys.argv[1])).ensure_running()["host"], flush=True)
sys.stdin.read()
"""


class Visitor:
    """Another process that uses the server until told to leave."""

    def __init__(self, var: Path, **options: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER_PROCESS, str(var)],
            **{"cwd": ROOT, **options},  # type: ignore[call-overload]
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> Visitor:
        assert self.process.stdout is not None
        if not self.process.stdout.readline():
            pytest.fail(self.process.communicate()[1])
        return self

    def leave(self) -> None:
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """A folder with a blank in its path; whatever a test leaves running there is stopped."""
    folder = tmp_path / "a portal" / "var"
    yield folder
    server = Server(folder)
    if folder.exists():
        server.stop()
    shutil.rmtree(server.socket_folder, ignore_errors=True)


def ask(server: Server, question: str) -> tuple[object, ...] | None:
    with (
        psycopg2.connect(dbname="simdiklat", **server.parameters()) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(question)
        return cursor.fetchone() if cursor.description else None


def select_one(server: Server) -> tuple[object, ...] | None:
    return ask(server, "SELECT current_user, current_setting('server_encoding')")


def postmaster(server: Server) -> int:
    pid = server._postmaster()
    assert pid is not None
    return pid


def kill_hard(server: Server) -> None:
    """As a power cut would: the postmaster and everything it started."""
    pid = postmaster(server)
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while system.alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def test_it_starts_privately_and_the_last_one_out_stops_it(var: Path) -> None:
    server = Server(var)
    assert not server.is_running()
    server.ensure_running()
    assert select_one(server) == ("simdiklat", "UTF8")
    assert server.socket_folder.stat().st_mode & 0o777 == 0o700
    assert server.password_file.stat().st_mode & 0o777 == 0o600
    assert len(str(server.socket_folder)) < 60

    assert ask(server, "SHOW listen_addresses") == ("",)
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(dbname="simdiklat", **{**server.parameters(), "password": "guess"})

    visitor = Visitor(var).ready()
    assert server.release() is False  # the visitor still uses it
    assert server.is_running()
    visitor.leave()
    assert not server.is_running()
    assert not server.socket_folder.exists()
    assert Server(var).stop_unless_used() is True


def test_two_at_once_share_one_server(var: Path) -> None:
    visitors = [Visitor(var) for _ in range(3)]
    for visitor in visitors:
        visitor.ready()
    server = Server(var)
    assert server.is_running()
    assert server.stop_unless_used() is False
    for visitor in visitors:
        visitor.leave()
    assert not server.is_running()


def test_a_forked_child_neither_stops_it_nor_keeps_it(var: Path) -> None:
    """Web and worker fork; a child's end must not take the parent's server away."""
    code = USER_PROCESS.replace(
        "sys.stdin.read()",
        "import os, time\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    if sys.argv[2] == 'uses': server(Path(sys.argv[1])).ensure_running()\n"
        "    sys.exit(0)\n"
        "os.waitpid(pid, 0)\n"
        "print(server(Path(sys.argv[1])).is_running(), flush=True)\n",
    )
    for manner in ("uses", "ignores"):
        done = subprocess.run(
            [sys.executable, "-c", code, str(var), manner],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stdout.splitlines()[-1] == "True", done.stderr
        assert not Server(var).is_running()


def test_it_comes_back_after_kill_9_of_everything(var: Path) -> None:
    server = Server(var)
    server.ensure_running()
    ask(server, "CREATE TABLE kept AS SELECT 1 AS one")
    kill_hard(server)
    assert (server.data / "postmaster.pid").exists()
    assert not server.is_running()

    server.ensure_running(recheck=True)
    assert ask(server, "SELECT one FROM kept") == (1,)


def test_a_recorded_pid_that_is_now_somebody_else_is_no_obstacle(var: Path) -> None:
    server = Server(var)
    server.ensure_running()
    kill_hard(server)
    stale = server.data / "postmaster.pid"
    lines = stale.read_text().split("\n")
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert not server.is_running()
    server.ensure_running(recheck=True)
    assert select_one(server)


def test_a_swept_socket_folder_is_laid_again(var: Path) -> None:
    server = Server(var)
    server.ensure_running()
    shutil.rmtree(server.socket_folder)
    server.ensure_running(recheck=True)
    assert select_one(server)


def test_an_interrupted_setup_leaves_nothing_half_made(var: Path) -> None:
    server = Server(var)
    (var / "postgres.new" / "base").mkdir(parents=True)
    (var / "postgres.new" / "PG_VERSION").write_text("18\n")
    server.ensure_running()
    assert select_one(server)
    assert not (var / "postgres.new").exists()


@needs_root
def test_root_leaves_the_permissions_above_alone(var: Path) -> None:
    """PostgreSQL runs as nobody, who may not enter the closed folder, and yet does."""
    closed = var.parent
    closed.mkdir(parents=True)
    closed.chmod(0o700)
    server = Server(var)
    server.ensure_running()
    assert select_one(server)
    assert Path(f"/proc/{postmaster(server)}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert closed.stat().st_mode & 0o777 == 0o700


@needs_root
def test_an_ordinary_user_runs_it_as_oneself(var: Path) -> None:
    uid = pwd.getpwnam("daemon").pw_uid  # any ordinary account of every Linux
    # Somewhere that user may write, with programs and code that user may read.
    home = Path(tempfile.mkdtemp(prefix="simdiklat-test-")) / "a portal"
    home.parent.chmod(0o755)
    home.mkdir()
    try:
        if not system.may_reach(system.Account(uid, uid), Path(sys.executable).resolve()):
            become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
            become += ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
            become += ["--securebits=+no_setuid_fixup"]
        else:
            become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        os.chown(home, uid, uid)
        done = subprocess.run(
            [*become, sys.executable, "-c", USER_PROCESS, str(home / "var")],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert f"/simdiklat-{uid}-" in done.stdout, done.stderr
        assert (home / "var" / "postgres").stat().st_uid == uid
        assert not Server(home / "var").is_running()

        # Root, later, in that user's folder: the data's owner runs it, and keeps every file.
        root = Server(home / "var")
        root.ensure_running()
        assert Path(f"/proc/{postmaster(root)}").stat().st_uid == uid
        assert root.release() is True
        assert {path.stat().st_uid for path in (home / "var").iterdir()} == {uid}
    finally:
        shutil.rmtree(Server(home / "var").socket_folder, ignore_errors=True)
        shutil.rmtree(home.parent)


@needs_root
def test_a_socket_folder_laid_by_somebody_else_is_refused(var: Path) -> None:
    server = Server(var)
    folder = server.socket_folder
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    with pytest.raises(EmbeddedError, match="somebody else made it"):
        server.ensure_running()
    folder.rmdir()
    folder.symlink_to("/root")
    with pytest.raises(EmbeddedError, match="somebody else made it"):
        server.ensure_running()
    folder.unlink()
    assert not server.data.exists()


def test_a_socket_folder_open_to_others_is_refused(var: Path) -> None:
    server = Server(var)
    server.socket_folder.mkdir()
    server.socket_folder.chmod(0o755)
    with pytest.raises(EmbeddedError, match="not a private folder"):
        server.ensure_running()


def test_each_trouble_has_one_clear_line(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(var)
    with monkeypatch.context() as patch:
        patch.setattr(system.importlib.util, "find_spec", lambda name: None)
        with pytest.raises(EmbeddedError, match=r"requirements-local\.txt, or set DATABASE_URL"):
            server.ensure_running()
    with monkeypatch.context() as patch:
        patch.setattr("simdiklat.embedded.postgres.SPACE_NEEDED", 2**60)
        with pytest.raises(EmbeddedError, match="MB left"):
            server.ensure_running()
    server.ensure_running()
    server.release()

    (server.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match=r"was made by PostgreSQL 17, the installed wheel is \d\d"):
        server.ensure_running()

    (server.data / "PG_VERSION").write_text("18\n")
    server.password_file.unlink()
    with pytest.raises(EmbeddedError, match="is missing beside the data"):
        server.ensure_running()
    assert not server.is_running()


def test_a_full_disk_and_a_closed_folder_are_told_apart() -> None:
    assert "No space left" in system.explain(OSError(28, "No space left on device", "/var"))
    assert "closed to" in system.explain(PermissionError(13, "Permission denied", "/var"))
