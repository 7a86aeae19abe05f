"""A database of its own beside the portal's, on the same server: for measuring and for fault runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import override_settings


@contextmanager
def scratch_database(
    name: str, folder: Path, *, keep: bool = False, template: str = "template0"
) -> Iterator[bool]:
    """Let this process work on the database `name`, migrated; its files go under `folder`.

    Yields whether the database was there before. It is dropped at the end, and before, unless `keep`. It
    begins as a copy of `template`, by default an empty one. The portal's own database is not touched. Needs
    a role that may create databases.
    """
    settings = connection.settings_dict
    portal = settings["NAME"]
    if name == portal:
        raise ValueError(f"{name} is the portal's own database")
    existed = exists(name)
    if existed and not keep:
        drop(name)
    if not existed or not keep:
        connections.close_all()  # nobody may be in a database that is copied
        _server(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\' STRATEGY FILE_COPY')
    connections.close_all()
    settings["NAME"] = name
    try:
        with override_settings(
            EVIDENCE_DIR=folder / "evidence",
            RESULTS_DIR=folder / "results",
            EMAIL_FILE_PATH=str(folder / "mail"),
        ):
            call_command("migrate", verbosity=0, interactive=False)
            yield existed and keep
    finally:
        connections.close_all()
        settings["NAME"] = portal
        if not keep:
            drop(name)


def url(name: str | None = None) -> str:
    """DATABASE_URL of a database on the server in use, for another process; by default of the present one."""
    connection.ensure_connection()  # the embedded server's address is known once it runs
    known = connection.settings_dict
    login = ":".join(quote(known[part], safe="") for part in ("USER", "PASSWORD") if known[part])
    host, port = known["HOST"], f":{known['PORT']}" if known["PORT"] else ""
    # A unix socket's folder is written as a path; its port is then the usual one.
    place = f"/{host}" if host.startswith("/") else f"{host}{port}"
    return f"postgres://{login}@{place}/{name or known['NAME']}"


def _server(sql: str, values: list[Any] | None = None) -> list[tuple]:
    """Do something outside any database of ours."""
    with connection._nodb_cursor() as cursor:  # as Django's own test databases are made
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def exists(name: str) -> bool:
    """Whether the server has a database of this name."""
    return bool(_server("SELECT 1 FROM pg_database WHERE datname = %s", [name]))


def drop(name: str) -> None:
    """Remove a scratch database, whoever is in it; nothing happens when there is none."""
    _server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
