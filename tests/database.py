"""The test database: a copy of one that is migrated once, without waiting for disks; emptied after a test
that commits.

Django empties it by TRUNCATE of every table and makes content types and permissions anew: half a second of
processor time after each such test. Here only tables with rows are emptied, and what stood in them when the
database was made comes back.
"""

import fcntl
import hashlib
import io
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase

from simdiklat import scratch

#: Rows that no test changes; they are left where they are.
LEFT = {"django_content_type", "auth_permission"}
_by_django = TransactionTestCase._fixture_teardown
#: What stood in the tables when the database was made, in COPY's format: table → rows.
_made: dict[str, str] = {}
#: What is lost by this is lost in a power cut only, and then the tests' own server is made anew.
_HASTE = ("fsync", "full_page_writes")


def hasten() -> None:
    """Let the tests' own server wait for no disk; one that somebody else set up is left as it is."""
    if settings.LOCAL:
        with connection._nodb_cursor() as cursor:
            for name in _HASTE:
                cursor.execute(f"ALTER SYSTEM SET {name} = off")
            cursor.execute("SELECT pg_reload_conf()")


def prepare() -> None:
    """Have the tests' databases copied from one that stands on the tests' own server, migrated.

    The first process makes it, the others wait for it; it stays until a migration changes.
    """
    if not settings.LOCAL:
        return
    stem = "simdiklat_for_tests_"
    name, unfinished = stem + _migrations()[:16], stem + "new"
    with (Path(settings.VAR_DIR) / "test-database.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not scratch.exists(name):
            for (old,) in scratch._server("SELECT datname FROM pg_database WHERE datname ^@ %s", [stem]):
                scratch.drop(old)
            with scratch.scratch_database(unfinished, Path(settings.VAR_DIR), keep=True):
                pass
            scratch._server(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    connection.settings_dict["TEST"]["TEMPLATE"] = name


def _migrations() -> str:
    """A digest of all migrations of all apps."""
    digest = hashlib.sha256()
    for config in apps.get_app_configs():
        for file in sorted(Path(config.path).glob("migrations/*.py")):
            digest.update(f"{config.label} {file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def remember() -> None:
    """Keep what stands in the tables of a new database; before the first test."""
    _made.clear()
    with connection.cursor() as cursor:
        for table in _with_rows(cursor, set(_tables()) - LEFT):
            rows = io.StringIO()
            cursor.copy_expert(f"COPY {_quoted(table)} TO STDOUT", rows)
            _made[table] = rows.getvalue()


def emptied(case: Any) -> None:
    """In place of `TransactionTestCase._fixture_teardown`."""
    if not _may_switch_triggers_off():
        _by_django(case)
        return
    tables = set(_tables())
    with transaction.atomic(), connection.cursor() as cursor:
        # As TRUNCATE does: wait for the end of whatever a killed process still has under way.
        cursor.execute(f"LOCK TABLE {', '.join(map(_quoted, sorted(tables)))} IN ACCESS EXCLUSIVE MODE")
        # Neither do triggers note the removal, nor is there an order of foreign keys to keep.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in _with_rows(cursor, tables - LEFT):
            cursor.execute(f"DELETE FROM {_quoted(table)}")
        for table, rows in _made.items():
            cursor.copy_expert(f"COPY {_quoted(table)} FROM STDIN", io.StringIO(rows))


def _tables() -> list[str]:
    """The tables that Django's `flush` empties."""
    names: list[str] = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return names


def _with_rows(cursor: Any, tables: set[str]) -> list[str]:
    asked = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {_quoted(table)})" for table in sorted(tables)
    )
    cursor.execute(asked)
    return [name for (name,) in cursor.fetchall()]


def _may_switch_triggers_off() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


def _quoted(name: str) -> str:
    quoted: str = connection.ops.quote_name(name)
    return quoted
