"""Plans of the hot statements as PostgreSQL carried them out: for docs/performance.md, to be argued about."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

#: A list of columns longer than this says nothing in a document.
_LONGEST = 160


@dataclass(frozen=True)
class Plan:
    """One statement, its long lists of columns left out, and the lines of its plan."""

    what: str
    sql: str
    lines: list[str]


def explain(what: str, sql: str, parameters: Any = None) -> Plan:
    """Carry the statement out, take it back, and return how it was done. Triggers are timed as well."""
    if parameters is None:  # a statement as it was sent: its % are no places for values
        sql, parameters = sql.replace("%", "%%"), []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}", parameters)
        lines = [line for (line,) in cursor.fetchall()]
        transaction.set_rollback(True)
    return Plan(what, _shortened(sql.replace("%%", "%")), lines)


def slowest(what: str, work: Callable[[], Any]) -> Plan:
    """The plan of the slowest SELECT that the work sends."""
    work()  # the first time fills caches
    with CaptureQueriesContext(connection) as captured:
        work()
    selects = [
        query
        for query in captured.captured_queries
        # Who acts is told to the triggers before each change, in one sending with it.
        if query["sql"].startswith("SELECT") and not query["sql"].startswith("SELECT set_config(")
    ]
    if not selects:
        raise ValueError(f"{what} reads nothing from the database")
    return explain(what, max(selects, key=lambda query: float(query["time"]))["sql"])


def _shortened(sql: str) -> str:
    """The statement on one line, without quotation marks around names and without long lists of columns."""
    one = re.sub(r'"(\w+)"', r"\1", " ".join(sql.split()))
    return re.sub(
        r"SELECT (DISTINCT )?((?:(?! FROM ).)*) FROM ",
        lambda found: f"SELECT {found[1] or ''}{found[2] if len(found[2]) <= _LONGEST else '…'} FROM ",
        one,
    )
