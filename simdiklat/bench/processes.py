"""Works at the same moment, each in a process of its own with a connection of its own."""

from __future__ import annotations

import multiprocessing
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from django.db import connection, connections

#: As the worker processes of the portal begin: a copy of this one. Without database connections, which are
#: closed before and opened anew on both sides.
_FORK = multiprocessing.get_context("fork")
#: Seconds between two looks at who waits.
_LOOK_EVERY = 0.02

Work = Callable[[], Any]


def at_once(works: Sequence[Work], waits: Counter[str] | None = None) -> tuple[float, list[Any]]:
    """Seconds from the starting shot to the last end, and what each work returned.

    Into `waits` is counted, look by look, which statements waited for a lock. RuntimeError with the
    traceback of a work that failed.
    """
    connections.close_all()
    shot = _FORK.Event()
    pipes: list[Connection] = []
    processes = []
    for work in works:
        here, there = _FORK.Pipe()
        process = _FORK.Process(target=_run, args=(work, shot, there), daemon=True)
        process.start()
        there.close()
        pipes.append(here)
        processes.append(process)
    for pipe in pipes:
        pipe.recv()  # its connection is open
    over = threading.Event()
    looking = threading.Thread(target=_look, args=(over, waits)) if waits is not None else None
    if looking:
        looking.start()
    began = time.perf_counter()
    shot.set()
    results = [pipe.recv() for pipe in pipes]
    taken = time.perf_counter() - began
    over.set()
    if looking:
        looking.join()
    for process in processes:
        process.join()
    for worked, result in results:
        if not worked:
            raise RuntimeError(result)
    return taken, [result for _worked, result in results]


def _run(work: Work, shot: Any, pipe: Connection) -> None:
    try:
        connection.ensure_connection()
        pipe.send("ready")
        shot.wait()
        answer = True, work()
    except BaseException:
        answer = False, traceback.format_exc()
    pipe.send(answer)
    connections.close_all()


def _look(over: threading.Event, waits: Counter[str]) -> None:
    """Count, again and again, the statements that wait for a lock; "looks" is how often was looked."""
    try:
        with connection.cursor() as cursor:
            while not over.wait(_LOOK_EVERY):
                cursor.execute(
                    """
                    SELECT a.wait_event, regexp_replace(left(a.query, 160), '\\s+', ' ', 'g'),
                        (SELECT string_agg(DISTINCT regexp_replace(left(b.query, 60), '\\s+', ' ', 'g'), ' | ')
                         FROM pg_stat_activity b WHERE b.pid = ANY (pg_blocking_pids(a.pid)))
                    FROM pg_stat_activity a
                    WHERE a.datname = current_database() AND a.wait_event_type = 'Lock'
                    """
                )
                waits["looks"] += 1
                for event, query, behind in cursor.fetchall():
                    waits[f"{event}: {query[:70]} (behind: {behind})"] += 1
    finally:
        connection.close()
