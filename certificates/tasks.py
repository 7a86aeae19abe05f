from celery import shared_task

from certificates.delivery import zips
from jobs import runner


@shared_task(name="certificates.zip_class")
def zip_class(job_id: int) -> None:
    runner.run(job_id, zips.work)
