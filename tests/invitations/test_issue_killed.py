"""A worker killed between any two statements of issuing: afterwards each person is invited once."""

import os
import signal
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from invitations import actions, tasks
from invitations.models import Invitation, Selection
from jobs import runner
from jobs.models import Job
from outbox.models import Message
from simdiklat.integrity import problems
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def in_a_worker_killed_at(statement: int, job_id: int) -> bool:
    """Run the issue task in a process of its own that is killed (-9) before its n-th statement.

    Returns whether it was killed; False: the task needs fewer statements than that and came to its end.
    """
    child = os.fork()
    if child == 0:
        connection.connection = None  # the parent's socket stays the parent's
        connection.ensure_connection()
        seen = 0

        def kill(execute, sql, params, many, context):
            nonlocal seen
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(kill):
            tasks.issue(job_id)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status) == signal.SIGKILL
    assert os.WEXITSTATUS(status) == 0
    return False


def restart_a_worker(job_id: int) -> None:
    """What happens when a worker comes back: the sweeper finds the job and it is run again."""
    long_ago = timezone.now() - timedelta(hours=1)
    Job.objects.filter(pk=job_id, state__in=["queued", "running"]).update(created_at=long_ago)
    Job.objects.filter(pk=job_id, state="running").update(heartbeat_at=long_ago)
    runner.sweep()
    tasks.issue(job_id)


def test_killed_between_any_two_statements_everybody_is_invited_once(cast, tree, settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path
    for i in range(6):
        factories.employee(tree.surabaya, name=f"Orang {i}")
    programme = factories.programme(resets_wait=False, jp=2)
    statement = 0
    killed = True
    while killed:
        statement += 1
        # A class of its own each time, a week after the last, so that nobody has two at once.
        first_day = timezone.localdate() + timedelta(days=30 + 7 * statement)
        training_class = factories.training_class(
            programme, tree.bdk, [tree.surabaya], seats=4, reserve=2, first_day=first_day
        )
        selection = actions.start_selection(
            training_class=training_class, by=cast.central, in_background=False
        )
        actions.run_selection(selection.pk)
        # One of the chosen has passed the programme meanwhile, so that a seat is offered on as well.
        chosen = Selection.objects.get(pk=selection.pk).candidates.chosen().last()
        history = factories.history(chosen.employee, timezone.localdate(), programme, title=f"h{statement}")
        actions.approve(selection=selection, by=cast.central)
        job = Job.objects.latest("pk")
        killed = in_a_worker_killed_at(statement, job.pk)
        restart_a_worker(job.pk)

        job.refresh_from_db()
        assert job.state == Job.State.DONE, (statement, job.state, job.error)
        invited = Invitation.objects.filter(training_class=training_class)
        assert invited.count() == invited.values("employee").distinct().count() == 4, statement
        keys = {f"invitation:{pk}:invitation:0" for pk in invited.values_list("pk", flat=True)}
        assert set(Message.objects.filter(key__in=keys).values_list("key", flat=True)) == keys
        training_class.refresh_from_db()
        assert training_class.seats_taken == 4
        history.delete()
    assert statement > 15  # it was really killed at many places
    assert problems() == {}
