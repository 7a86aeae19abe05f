"""The engines of the tests are real, and the portal's two brokers both deliver."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
import psycopg2
import pytest
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone

from jobs.models import Job
from jobs.querysets import MAX_ATTEMPTS
from tests.engines import Mailbox, celery_worker, database_url_for

pytestmark = pytest.mark.engines


def given_up_job(owner: Any) -> Job:
    job = Job.objects.create(task="nobody.knows", title="Forgotten", owner=owner, attempts=MAX_ATTEMPTS)
    Job.objects.filter(pk=job.pk).update(
        created_at=timezone.now() - timedelta(days=1), heartbeat_at=timezone.now() - timedelta(days=1)
    )
    return job


def wait_until_failed(job: Job, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job.refresh_from_db()
        if job.state == Job.State.FAILED:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("broker", ["files", "redis"])
def test_a_worker_takes_tasks_before_and_after_being_killed(
    broker: str,
    transactional_db: None,
    django_user_model: Any,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    url = request.getfixturevalue("redis_url") if broker == "redis" else ""
    owner = django_user_model.objects.create_user("owner", "owner@contoh.invalid", "x", full_name="Owner")
    with celery_worker(tmp_path / "a var", redis_url=url) as worker:
        job = given_up_job(owner)
        worker.send("jobs.sweep")
        assert wait_until_failed(job), worker.log.read_text()

        worker.kill()
        job = given_up_job(owner)
        worker.send("jobs.sweep")  # nobody is there; the broker keeps it
        worker.start()
        assert wait_until_failed(job), worker.log.read_text()


def test_the_test_database_has_an_address_for_other_processes(transactional_db: None) -> None:
    known = environ.Env.db_url_config(database_url_for())
    assert known["ENGINE"] == "django.db.backends.postgresql"
    assert known["NAME"].startswith("test_")
    with psycopg2.connect(
        **{"host": known["HOST"], "port": known["PORT"] or 5432},
        **{"user": known["USER"], "password": known["PASSWORD"], "dbname": known["NAME"]},
    ) as connection:
        assert connection.info.dbname == known["NAME"]


def test_mail_arrives_and_can_be_refused(mailbox: Mailbox) -> None:
    def send() -> int:
        backend = get_connection(
            "django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=mailbox.port
        )
        return EmailMessage(
            "Undangan", "Isi", "a@contoh.invalid", ["b@contoh.invalid"], connection=backend
        ).send()

    assert send() == 1
    assert [message["Subject"] for message in mailbox.messages] == ["Undangan"]
    mailbox.refusals.append("451 later")
    with pytest.raises(Exception, match="later"):
        send()
    assert len(mailbox.messages) == 1


@pytest.mark.browser
def test_the_browser_opens_a_page(page: Any) -> None:
    page.set_content("<title>Simdiklat</title>")
    assert page.title() == "Simdiklat"
