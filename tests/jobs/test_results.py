"""What the page of a failed job says, and what the log."""

import pytest

from audit.errors import Refusal
from jobs import runner
from jobs.models import Job

pytestmark = pytest.mark.django_db


def failed(cast, error: Exception) -> Job:
    job = Job.objects.create(task="none", title="x", owner=cast.central)

    def work(job: Job) -> None:
        raise error

    try:
        runner.run(job.pk, work)
    finally:
        job.refresh_from_db()
    return job


def test_a_refusal_is_told_in_its_own_words(cast, client):
    job = failed(cast, Refusal("Too late for that."))
    client.force_login(cast.central)
    assert "Too late for that." in client.get(f"/jobs/{job.pk}/").content.decode()


def test_an_unforeseen_error_is_for_the_log_alone(cast, client):
    with pytest.raises(RuntimeError) as raised:
        failed(cast, RuntimeError("Key (nip)=(198603022010121001) exists"))
    job = Job.objects.get()
    assert raised.value.__notes__ == [f"in job {job.pk}, none"]
    client.force_login(cast.central)
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert (job.state, job.error) == (Job.State.FAILED, "")
    assert "notice-error" in page and "198603" not in page
