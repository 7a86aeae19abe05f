"""Creating, claiming, reporting and finishing jobs.

A worker claims a job by one conditional UPDATE, so a task that is delivered twice runs once. The work
itself must be safe to repeat: a worker killed in the middle is followed by another.
"""

import logging
from collections.abc import Callable
from typing import Any

import pghistory
from celery import current_app
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from jobs.models import Job
from jobs.querysets import MAX_ATTEMPTS, stale_after

logger = logging.getLogger(__name__)


class JobStopped(Exception):
    """Raised inside the work when its owner asked to stop it."""


def enqueue(
    *, task: str, title: str, owner: Any, params: dict[str, Any] | None = None, result_url: str = ""
) -> Job:
    """Record a job in the caller's transaction and wake a worker once it is committed. Returns the job.

    `result_url`: the page to which its progress leads when it is done, where that is known beforehand.
    """
    job = Job.objects.create(task=task, title=title, owner=owner, params=params or {}, result_url=result_url)
    transaction.on_commit(lambda: wake(job.pk, task))
    return job


def wake(job_id: int, task: str) -> None:
    """Tell the broker about a job. A broker that is down loses nothing: the sweeper comes back to it."""
    try:
        current_app.send_task(task, args=[job_id], retry=False)
    except Exception:  # any transport error; the row is the truth and the sweeper repeats this
        logger.exception("The broker did not take job %s; the sweeper will", job_id)


def claim(job_id: int) -> Job | None:
    """Make this process the one that works on the job; None when it is finished or someone else is on it."""
    now = timezone.now()
    claimed = (
        Job.objects.filter(pk=job_id)
        .filter(Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, heartbeat_at__lt=now - stale_after()))
        .update(
            state=Job.State.RUNNING,
            started_at=now,
            heartbeat_at=now,
            attempts=F("attempts") + 1,
            error="",
        )
    )
    return Job.objects.get(pk=job_id) if claimed else None


def progress(
    job: Job, *, done: int | None = None, total: int | None = None, message: str | None = None
) -> None:
    """Report progress and a sign of life; raise JobStopped when the owner has stopped the job.

    Must be called outside the work's own transaction to be seen while the work goes on.
    """
    values: dict[str, Any] = {"heartbeat_at": timezone.now()}
    values |= {k: v for k, v in {"done": done, "total": total, "message": message}.items() if v is not None}
    if not Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(**values):
        raise JobStopped
    for name, value in values.items():
        setattr(job, name, value)


def stop(job_id: int) -> bool:
    """Stop a job that has not finished; whether there was something to stop.

    A worker that is on it notices at its next report of progress; what it has committed stays.
    """
    unfinished = Job.objects.filter(pk=job_id, state__in=(Job.State.QUEUED, Job.State.RUNNING))
    return bool(unfinished.update(state=Job.State.STOPPED, finished_at=timezone.now()))


def finish(
    job: Job, *, result: dict[str, Any] | None = None, result_url: str = "", result_file: str = ""
) -> None:
    """Mark the job done with what it produced."""
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.DONE,
        finished_at=timezone.now(),
        result=result or {},
        result_url=result_url or F("result_url"),
        result_file=result_file,
        done=F("total"),
    )


def run(job_id: int, work: Callable[[Job], dict[str, Any] | None]) -> None:
    """Claim the job and do `work(job)`; what it returns becomes the result, its `file` the result file.

    An exception with a `user_message` is a refusal: the job fails with that sentence. When the database
    ended the connection, or could not do what was asked just then, the job stays as it is and the sweeper
    has it tried again. Any other exception fails the job, and is raised so that the worker's log has the
    trace; its words, which may hold somebody's data or tell about the inside, are not for the page.
    """
    job = claim(job_id)
    if job is None:
        return
    try:
        with pghistory.context(user=job.owner_id, job=job.pk):
            result = work(job)
    except JobStopped:
        Job.objects.filter(pk=job.pk).update(state=Job.State.STOPPED, finished_at=timezone.now())
        return
    except (OperationalError, InterfaceError):
        raise  # nothing of the work was kept, and nothing is wrong with it
    except Exception as error:
        Job.objects.filter(pk=job.pk).update(
            state=Job.State.FAILED,
            finished_at=timezone.now(),
            error=str(getattr(error, "user_message", "")),
        )
        if not hasattr(error, "user_message"):
            error.add_note(f"in job {job.pk}, {job.task}")
            raise
        return
    finish(job, result=result, result_file=(result or {}).get("file", ""))


def sweep() -> int:
    """Queue again every job the broker or a killed worker forgot; return how many.

    A job that was tried MAX_ATTEMPTS times fails visibly instead of circling for ever.
    """
    now = timezone.now()
    Job.objects.forgotten().filter(attempts__gte=MAX_ATTEMPTS).update(
        state=Job.State.FAILED,
        finished_at=now,
        error=f"Stopped after {MAX_ATTEMPTS} attempts that did not come to an end.",
    )
    rows = list(Job.objects.forgotten().values_list("pk", "task"))
    for job_id, task in rows:
        if Job.objects.forgotten().filter(pk=job_id).update(state=Job.State.QUEUED, heartbeat_at=now):
            wake(job_id, task)
    return len(rows)
