"""The main job through a real worker and beat, on both brokers: finished whatever is killed or forgotten."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis
from django.db import connection
from kombu import pools

from invitations import actions
from invitations.models import Candidate, Invitation, Selection
from jobs.models import Job
from outbox.models import Message
from simdiklat.celery import app
from simdiklat.integrity import problems
from tests import factories
from tests.engines import Beat, Mailbox, Worker

pytestmark = [pytest.mark.engines, pytest.mark.django_db(transaction=True)]

#: The sweepers of a test come by every second, and what is two seconds old counts as forgotten.
QUICK = {
    "JOBS_SWEEP_SECONDS": "1",
    "OUTBOX_SWEEP_SECONDS": "1",
    "JOBS_STALE_SECONDS": "2",
    "JOBS_LOST_SECONDS": "2",
    "ISSUE_DELAY_SECONDS": "0",
}
SEATS, RESERVE = 6, 2


@pytest.fixture(params=["files", "redis"])
def engines(
    request: pytest.FixtureRequest, tmp_path: Path, mailbox: Mailbox, settings: Any
) -> Iterator[tuple[Worker, Beat]]:
    """A worker and a beat, not yet started, on one broker; this process wakes the same worker."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    environment = {**QUICK, "EMAIL_URL": mailbox.url}
    worker = Worker(tmp_path / "a var", redis_url=url, **environment)
    beat = Beat(tmp_path / "a var", redis_url=url, **environment)
    settings.EVIDENCE_DIR = worker.var / "evidence"  # where the worker writes it
    for folder in ("queue", "control"):
        (worker.var / "broker" / folder).mkdir(parents=True)
    with waking(worker):
        yield worker, beat
    for process in (beat, worker):
        if process.process is not None:
            process.kill()  # an orderly end would only cost time


@contextmanager
def waking(worker: Worker) -> Iterator[None]:
    """Let this process's tasks go to the worker's broker."""
    names = ("broker_url", "broker_transport", "broker_transport_options")
    before = {name: app.conf[name] for name in names}
    broker = worker.connection()
    files = not worker.environment["REDIS_URL"]
    point_at(
        broker_url="filesystem://localhost" if files else worker.environment["REDIS_URL"],
        broker_transport="simdiklat.broker:Transport" if files else None,
        broker_transport_options=broker.transport_options,
    )
    try:
        yield
    finally:
        point_at(**before)


def point_at(**broker: Any) -> None:
    app.conf.update(broker)
    pools.reset()
    app._pool = app.amqp._producer_pool = None  # what Celery itself forgets after a fork


def empty_the_broker(worker: Worker) -> int:
    """Throw away every waiting task; return how many there were."""
    if url := worker.environment["REDIS_URL"]:
        with redis.Redis.from_url(url) as client:
            waiting: int = client.llen("celery")
            client.flushall()
        return waiting
    files = list((worker.var / "broker" / "queue").glob("*.msg"))
    for file in files:
        file.unlink()
    return len(files)


def until(done: Callable[[], Any], worker: Worker, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, worker.log.read_text()[-4000:]
        time.sleep(0.1)


def reached(selection: Selection, state: str) -> bool:
    selection.refresh_from_db()
    assert selection.state != Selection.State.FAILED, selection.error
    return selection.state == state


@pytest.fixture
def started(cast: Any, tree: Any) -> Callable[[], Selection]:
    """Starts the selection of a class for which there are more people than places."""

    def start() -> Selection:
        for i in range(SEATS + RESERVE + 2):
            factories.employee(tree.surabaya, name=f"Orang {i}")
        training_class = factories.training_class(
            factories.programme(), tree.bdk, [tree.surabaya], seats=SEATS, reserve=RESERVE
        )
        return actions.start_selection(training_class=training_class, by=cast.central)

    return start


def check_all_invited_once(mailbox: Mailbox) -> None:
    """Each of the class's people has one invitation, one message, one mail; the jobs are done."""
    invited = Invitation.objects.order_by("rank")
    assert list(invited.values_list("rank", flat=True)) == list(range(1, SEATS + 1))
    assert invited.values("employee").distinct().count() == SEATS
    keys = {f"invitation:{pk}:invitation:0" for pk in invited.values_list("pk", flat=True)}
    assert set(Message.objects.values_list("key", "state")) == {(key, "sent") for key in keys}
    assert Counter(to for recipients in mailbox.recipients for to in recipients) == Counter(
        invited.values_list("employee__email", flat=True)
    )
    assert Counter(Job.objects.values_list("state", flat=True)) == {"done": 2}
    assert problems() == {}


def all_sent() -> bool:
    return Message.objects.exists() and not Message.objects.exclude(state="sent").exists()


def test_from_the_planners_click_to_one_mail_each(
    engines: tuple[Worker, Beat], started: Callable, cast: Any, mailbox: Mailbox
) -> None:
    worker, beat = engines
    worker.launch(), beat.launch()
    worker.wait(), beat.wait()
    selection = started()
    until(lambda: reached(selection, "proposed"), worker)
    assert (selection.selected_count, selection.reserve_count) == (SEATS, RESERVE)
    actions.approve(selection=selection, by=cast.central)
    until(lambda: reached(selection, "issued"), worker)
    until(all_sent, worker)
    until(lambda: not Job.objects.exclude(state="done").exists(), worker)
    check_all_invited_once(mailbox)


def test_a_broker_that_was_emptied_loses_nothing(
    engines: tuple[Worker, Beat], started: Callable, cast: Any, mailbox: Mailbox
) -> None:
    worker, beat = engines
    selection = started()
    assert empty_the_broker(worker) == 1
    worker.launch(), beat.launch()
    worker.wait(), beat.wait()
    until(lambda: reached(selection, "proposed"), worker)
    worker.kill()
    actions.approve(selection=selection, by=cast.central)
    empty_the_broker(worker)
    assert reached(selection, "approved")
    worker.start()
    until(lambda: reached(selection, "issued"), worker)
    until(all_sent, worker)
    until(lambda: not Job.objects.exclude(state="done").exists(), worker)
    check_all_invited_once(mailbox)


@contextmanager
def nobody_writes(table: str) -> Iterator[Callable[[], list[int]]]:
    """Hold the table, so that a worker stalls where it writes to it; yields who does (process ids there)."""
    known = connection.get_connection_params()
    holder = psycopg2.connect(
        **{name: known[name] for name in ("dbname", "host", "port", "user", "password") if known.get(name)}
    )
    try:
        with holder.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")

        def stalled() -> list[int]:
            with holder.cursor() as cursor:
                cursor.execute(
                    "SELECT pid FROM pg_locks WHERE NOT granted AND relation = %s::regclass", [table]
                )
                return [pid for (pid,) in cursor.fetchall()]

        yield stalled
    finally:
        holder.close()


def test_a_worker_killed_while_it_ranks_and_one_while_it_issues(
    engines: tuple[Worker, Beat], started: Callable, cast: Any, mailbox: Mailbox
) -> None:
    worker, beat = engines
    worker.launch(), beat.launch()
    worker.wait(), beat.wait()
    with nobody_writes("invitations_candidate") as stalled:
        selection = started()
        until(stalled, worker)
        assert reached(selection, "ranking")
        worker.kill()
    assert not Candidate.objects.exists()
    assert Job.objects.get().state == "running"
    worker.start()
    until(lambda: reached(selection, "proposed"), worker)
    assert selection.candidates.count() == selection.pool_size == SEATS + RESERVE + 3  # and Sari

    with nobody_writes("outbox_message") as stalled:  # the invitations are written, the messages are not
        actions.approve(selection=selection, by=cast.central)
        until(stalled, worker)
        worker.kill()
        assert not Invitation.objects.exists()
        assert reached(selection, "approved")
    worker.start()
    until(lambda: reached(selection, "issued"), worker)
    until(all_sent, worker)
    until(lambda: not Job.objects.exclude(state="done").exists(), worker)
    assert list(Job.objects.order_by("pk").values_list("task", "attempts")) == [
        ("invitations.rank", 2),
        ("invitations.issue", 2),
    ]
    check_all_invited_once(mailbox)


@pytest.mark.parametrize("engines", ["files"], indirect=True)
def test_work_whose_database_connection_is_cut_is_begun_again(
    engines: tuple[Worker, Beat], started: Callable, cast: Any, mailbox: Mailbox
) -> None:
    worker, beat = engines
    worker.launch(), beat.launch()
    worker.wait(), beat.wait()
    with nobody_writes("invitations_candidate") as stalled:
        selection = started()
        until(stalled, worker)
        cut(stalled())
    until(lambda: reached(selection, "proposed"), worker)
    with nobody_writes("outbox_message") as stalled:
        actions.approve(selection=selection, by=cast.central)
        until(stalled, worker)
        cut(stalled())
    until(lambda: reached(selection, "issued"), worker)
    until(all_sent, worker)
    until(lambda: not Job.objects.exclude(state="done").exists(), worker)
    assert list(Job.objects.order_by("pk").values_list("attempts", flat=True)) == [2, 2]
    check_all_invited_once(mailbox)


def cut(pids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [pids])
