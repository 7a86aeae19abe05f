from celery import shared_task

from employees.exporting import work
from jobs import runner


@shared_task(name="employees.export")
def export(job_id: int) -> None:
    runner.run(job_id, work.run)
