"""Killing an import while it writes: afterwards every batch is in or it is not, and it can go on."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from employees.importing import running, writing
from employees.importing.models import ImportRun
from employees.importing.staged import rows_table
from jobs import runner
from jobs.models import Job

State = ImportRun.State


@dataclass
class Report:
    """How often the worker was really killed, where, and what was wrong then (nothing, if all is well)."""

    kills: int = 0
    places: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def at_statement(number: int) -> Callable[[int], bool]:
    """A worker that is killed (-9) before its n-th statement. Call with the job; whether it was killed."""

    def work(job_id: int) -> bool:
        seen = 0

        def kill(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, params, many, context)

        child = _fork(job_id, kill)
        return _ended(child)

    return work


def after(seconds: float) -> Callable[[int], bool]:
    """A worker that is killed (-9) so long after its start, wherever it is. Whether it was killed."""

    def work(job_id: int) -> bool:
        child = _fork(job_id, None)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        return _ended(child)

    return work


def _fork(job_id: int, wrapper: Callable | None) -> int:
    child = os.fork()
    if child:
        return child
    try:
        connection.connection = None  # the parent's socket stays the parent's
        connection.ensure_connection()
        if wrapper is not None:
            connection.execute_wrappers.append(wrapper)
        runner.run(job_id, writing.write)
    finally:
        os._exit(0)


def _ended(child: int) -> bool:
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def torture(run: ImportRun, workers: Callable[[int], Callable[[int], bool]], kills: int) -> Report:
    """Write a confirmed run of people with a worker killed `kills` times; `workers(n)` gives the n-th.

    After each death the batches are compared with what the run says; then the portal's own means go on:
    the sweeper, and after too many attempts the planner.
    """
    report = Report()
    while report.kills < kills:
        run.refresh_from_db()
        if run.state != State.WRITING:
            break
        job_id = run.job_id
        if job_id is None:
            raise RuntimeError("a confirmed import has a job")
        if workers(report.kills)(job_id):
            report.kills += 1
        run.refresh_from_db()
        report.places.append(run.written_to)
        report.wrong += halves(run)
        _revive(run, job_id)
    run.refresh_from_db()
    if run.state == State.WRITING and run.job_id is not None:
        runner.run(run.job_id, writing.write)
    run.refresh_from_db()
    report.wrong += halves(run)
    if run.state != State.DONE:
        report.wrong.append(f"the import ended as {run.state}")
    return report


def halves(run: ImportRun) -> list[str]:
    """Rows that are in though their batch is not, or the other way round, in words."""
    with connection.cursor() as cursor:
        _wait_for_the_dead(cursor)
        cursor.execute(
            f"""
            SELECT count(*) FILTER (WHERE s.row <= %(to)s AND e.grade IS DISTINCT FROM s.grade),
                count(*) FILTER (WHERE s.row > %(to)s AND e.grade = s.grade)
            FROM {rows_table(run.pk)} s LEFT JOIN employees_employee e ON e.nip = s.nip
            WHERE s.outcome IN ('new', 'changed')
            """,
            {"to": run.written_to},
        )
        missing, early = cursor.fetchone()
    found = []
    if missing:
        found.append(f"{missing} rows up to {run.written_to} are not in")
    if early:
        found.append(f"{early} rows behind {run.written_to} are in")
    return found


def _wait_for_the_dead(cursor: Any) -> None:
    """A killed worker's statement may still be running on the server; its transaction ends with it."""
    for _turn in range(600):
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
        )
        if not cursor.fetchone()[0]:
            return
        time.sleep(0.05)


def _revive(run: ImportRun, job_id: int) -> None:
    """What happens when a worker comes back: the sweeper, or after its last attempt the planner."""
    long_ago = timezone.now() - timedelta(hours=1)
    Job.objects.filter(pk=job_id, state__in=("queued", "running")).update(
        created_at=long_ago, heartbeat_at=long_ago
    )
    runner.sweep()
    job = Job.objects.get(pk=job_id)
    if job.state == Job.State.FAILED:
        running.resume(run=run, by=run.confirmed_by)


def random_statements(dice: random.Random, most: int) -> Callable[[int], Callable[[int], bool]]:
    """Workers that each die before a random one of their first `most` statements."""
    return lambda _n: at_statement(dice.randint(1, most))


def random_moments(dice: random.Random, most: float) -> Callable[[int], Callable[[int], bool]]:
    """Workers that each die at a random moment of their first `most` seconds."""
    return lambda _n: after(dice.uniform(0.05, most))
