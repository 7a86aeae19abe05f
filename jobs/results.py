"""Whether the file of a finished job may still be fetched: the room that made it says so, when it is asked for."""

from collections.abc import Callable

from jobs.models import Job

_guards: dict[str, Callable[[Job], bool]] = {}


def guard(task: str, allowed: Callable[[Job], bool]) -> None:
    """Let `allowed(job)` decide for the jobs of this task, each time somebody wants the file."""
    _guards[task] = allowed


def may_fetch(job: Job) -> bool:
    """Whether the job's owner may have its file now; files of tasks that nobody guards are always theirs."""
    allowed = _guards.get(job.task)
    return allowed is None or allowed(job)
