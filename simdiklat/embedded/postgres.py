"""One embedded PostgreSQL server: its data, its socket, its locks, its start and its stop."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2

from simdiklat.embedded import system
from simdiklat.embedded.system import Account, EmbeddedError

USER = DATABASE = "simdiklat"
PORT = "5432"  # only part of the socket's file name
SPACE_NEEDED = 500 * 1024**2
START_SECONDS = 60  # crash recovery included

#: A laptop's share of memory, bulk loads without a checkpoint every few seconds, durable commits.
TUNING = {
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "3GB",
    "checkpoint_timeout": "15min",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
}

#: What a client is told while the server comes up or goes down.
_NOT_READY = ("starting up", "shutting down", "not yet accepting", "recovery")


class Server:
    """The server of one data folder, as seen by this process."""

    def __init__(self, var: Path) -> None:
        self.var = var.resolve()
        self.data = self.var / "postgres"
        self.password_file = self.var / "postgres-password"
        self._users: int | None = None  # the open lock file: we use the server while it is open
        self._mutex = threading.RLock()

    def after_fork(self) -> None:
        """A forked child shares its parent's lock; it gives that up and takes its own when it connects."""
        self._leave()
        self._mutex = threading.RLock()

    # --- What others call -------------------------------------------------------------------------

    def ensure_running(self, *, recheck: bool = False) -> dict[str, Any]:
        """Start the server where needed and return libpq's host, port, user and password.

        After the first call this costs nothing; `recheck` looks again, for a connection that failed.
        """
        with self._mutex:
            if self._users is None or recheck:
                try:
                    with self._turn():
                        self._hold()
                        if not self._answers():
                            self._start()
                except BaseException as error:
                    self._leave()
                    if isinstance(error, OSError):
                        raise EmbeddedError(system.explain(error)) from error
                    raise
            return self.parameters()

    def is_running(self) -> bool:
        return self._postmaster() is not None

    def stop(self) -> None:
        """Stop the server whoever still uses it."""
        with self._mutex, self._turn():
            self._halt()
            self._leave()

    def release(self) -> bool:
        """Give up this process's share; the last one out stops the server. True when it did."""
        with self._mutex:
            if self._users is None:
                return False
            with self._turn():
                alone = _try_lock(self._users, fcntl.LOCK_EX)
                if alone:
                    self._halt()
                self._leave()
                return alone

    def stop_unless_used(self) -> bool:
        """Stop a server nobody uses (left by a killed process); False when somebody does."""
        with self._mutex:
            if not self.var.is_dir():
                return True
            with self._turn():
                self._hold()
            return self.release()

    def parameters(self) -> dict[str, Any]:
        try:
            password = self.password_file.read_text().strip()
        except FileNotFoundError:
            raise EmbeddedError(
                f"{self.password_file} is missing beside the data it opens: put it back, or remove "
                f"{self.data} to begin anew (make clean-var)."
            ) from None
        return {"host": str(self.socket_folder), "port": PORT, "user": USER, "password": password}

    @property
    def account(self) -> Account:
        """Oneself; for root the owner of the data, or nobody where there is none yet."""
        if os.geteuid() != 0:
            return Account(os.geteuid(), os.getegid())
        if self.data.exists():
            owner = self.data.stat()
            if owner.st_uid != 0:
                return Account(owner.st_uid, owner.st_gid)
        entry = pwd.getpwnam("nobody")
        return Account(entry.pw_uid, entry.pw_gid)

    @property
    def socket_folder(self) -> Path:
        """Short whatever the path of `var` (a socket's path ends at 107 bytes), the same for everybody."""
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:10]
        return Path("/tmp") / f"simdiklat-{self.account.uid}-{digest}"  # noqa: S108 - checked in _open_socket_folder

    # --- Locks ------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One process at a time starts, stops, or joins the users."""
        lock = self._open_lock("postgres-start.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _hold(self) -> None:
        if self._users is None:
            self._users = self._open_lock("postgres-users.lock")
            fcntl.flock(self._users, fcntl.LOCK_SH)

    def _leave(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def _open_lock(self, name: str) -> int:
        self.var.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.var / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._leave_to_owner(lock)
        return lock

    def _leave_to_owner(self, file: int) -> None:
        """Root's files in somebody's `var` must not lock that person out later."""
        if os.geteuid() == 0:
            owner = self.var.stat()
            os.fchown(file, owner.st_uid, owner.st_gid)

    # --- Start and stop ---------------------------------------------------------------------------

    def _answers(self) -> bool:
        """True when a client gets in, after waiting for a server on its way up or down."""
        if not self.data.is_dir() or not self.password_file.exists():
            return False
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                psycopg2.connect(dbname="postgres", connect_timeout=10, **self.parameters()).close()
                return True
            except psycopg2.OperationalError as error:
                said = str(error)
                if "password authentication failed" in said:
                    raise EmbeddedError(
                        f"{self.password_file} does not open {self.data}: they do not belong together. "
                        "Put the right one back, or begin anew (make clean-var)."
                    ) from None
                if "too many clients" in said or "connection slots" in said:
                    return True
                if not any(state in said for state in _NOT_READY):
                    return False
            time.sleep(0.1)
        return False

    def _start(self) -> None:
        programs = system.programs()
        self._check_owner()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs)
        self._check_version(programs)
        self.parameters()  # the password lies where it should
        self._halt()  # alive, yet deaf: its socket was swept away
        self._drop_foreign_pid()
        self._open_socket_folder()
        log = self.data / "server.log"
        if log.exists():
            log.replace(self.data / "server.log.1")
        options = " ".join(f"-c {name}={value}" for name, value in self._tuning().items())
        options += f" -k {self.socket_folder}"
        start = ["start", "-D", str(self.data), "-l", str(log), "-o", options]
        start += ["-w", "-s", "-t", str(START_SECONDS)]
        deadline = time.monotonic() + 15
        while (done := self._run(programs / "pg_ctl", *start)).returncode:
            # The last clients of a server killed with -9 take a moment to notice.
            orphans = "pre-existing shared memory" in _tail(log)
            if not orphans or time.monotonic() > deadline:
                raise EmbeddedError(f"The embedded PostgreSQL did not start: {_reason(log, done)}")
            time.sleep(0.2)
        self._create_database()

    def _tuning(self) -> dict[str, str]:
        """Containers often have a /dev/shm too small for a parallel query."""
        try:
            room = shutil.disk_usage("/dev/shm").total  # noqa: S108 - only measured
        except OSError:
            room = 0
        roomy = not sys.platform.startswith("linux") or room >= 256 * 1024**2
        return TUNING if roomy else {**TUNING, "dynamic_shared_memory_type": "mmap"}

    def _initialise(self, programs: Path) -> None:
        """Build the data beside its place and move it there whole, so a kill leaves nothing half-made."""
        free = shutil.disk_usage(self.var).free
        if free < SPACE_NEEDED:
            raise EmbeddedError(
                f"{self.var} has {free // 1024**2} MB left; the embedded PostgreSQL needs "
                f"{SPACE_NEEDED // 1024**2} MB to begin. Make room, or set SIMDIKLAT_VAR or DATABASE_URL."
            )
        account = self.account
        unfinished = self.var / "postgres.new"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        if self.data.exists():
            self.data.rmdir()  # only an empty folder may stand in the way
        password = secrets.token_urlsafe(24)
        file = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._leave_to_owner(file)
        with os.fdopen(file, "w") as out:
            out.write(password + "\n")

        unfinished.mkdir(mode=0o700)
        system.give(unfinished, account)
        self._open_socket_folder()
        shown = self.socket_folder / "password"  # where the server's user can read it, for a moment
        shown.unlink(missing_ok=True)
        shown.touch(mode=0o600)
        shown.write_text(password + "\n")
        system.give(shown, account)
        try:
            done = self._run(
                *(programs / "initdb", "-D", unfinished, "-U", USER, f"--pwfile={shown}"),
                *("--auth-local=scram-sha-256", "--auth-host=reject", "--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            )
        finally:
            shown.unlink()
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no reason given"]
            raise EmbeddedError(f"The embedded PostgreSQL could not be set up: {said[-1]}")
        unfinished.rename(self.data)

    def _create_database(self) -> None:
        connection = psycopg2.connect(dbname="postgres", **self.parameters())
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            connection.close()

    def _halt(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
        if self._postmaster() is not None:
            done = self._run(
                system.programs() / "pg_ctl", "stop", "-D", self.data, *("-m", "fast", "-w", "-s")
            )
            if done.returncode and self._postmaster() is not None:
                raise EmbeddedError(f"The embedded PostgreSQL did not stop: {done.stderr.strip()}")
            with contextlib.suppress(OSError):
                self.socket_folder.rmdir()

    def _postmaster(self) -> int | None:
        """The process id of our living server; a stale file or a reused id is None."""
        pid = self._recorded_pid()
        return pid if pid is not None and system.is_server(pid, self.data) else None

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n")[0])
        except (OSError, ValueError):
            return None

    def _drop_foreign_pid(self) -> None:
        """After a kill -9 or a reboot the recorded id may be somebody else's; PostgreSQL would wait."""
        pid = self._recorded_pid()
        if pid is not None and not system.is_server(pid, self.data) and system.alive(pid):
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _check_owner(self) -> None:
        if self.data.exists() and self.data.stat().st_uid != self.account.uid:
            owner = Account(self.data.stat().st_uid, 0).name
            raise EmbeddedError(
                f"{self.data} belongs to {owner}, not to {self.account.name}: start the portal as {owner} or "
                "as root, or set SIMDIKLAT_VAR to a folder of your own."
            )

    def _check_version(self, programs: Path) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        said = self._run(programs / "postgres", "--version").stdout.split()
        ours = said[-1].split(".")[0] if said else "?"
        if found != ours:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {found}, the installed wheel is {ours}: install the "
                "wheel of that version, or begin anew (make clean-var)."
            )

    def _open_socket_folder(self) -> None:
        """Make it, or refuse one that somebody else laid there first."""
        folder, account = self.socket_folder, self.account
        try:
            folder.mkdir(mode=0o700)
            system.give(folder, account)
        except FileExistsError:
            found = folder.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
                system.give(folder, account)
                found = folder.lstat()
            ours = stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid
            if not ours or stat.S_IMODE(found.st_mode) & 0o077:
                raise EmbeddedError(
                    f"{folder} is not a private folder of {account.name}: somebody else made it. "
                    "Remove it and start again."
                ) from None

    def _run(self, program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return system.run(self.account, self.data, program, *arguments)


def _try_lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tail(log: Path) -> str:
    try:
        return log.read_text(errors="replace")[-4000:]
    except OSError:
        return ""


def _reason(log: Path, done: subprocess.CompletedProcess[str]) -> str:
    """The line that says why, from the server's log or else from pg_ctl."""
    lines = _tail(log).splitlines()
    fatal = [line.split("  ", 1)[-1] for line in lines if "FATAL" in line or "PANIC" in line]
    said = [*done.stderr.strip().splitlines()[:1], *fatal[-1:]]
    return f"{said[-1] if said else 'no reason given'} (see {log})"
