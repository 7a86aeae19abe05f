from celery import shared_task

from employees.importing import checking, cleaning, writing
from jobs import runner


@shared_task(name="employees.check_import")
def check_import(job_id: int) -> None:
    runner.run(job_id, checking.check)


@shared_task(name="employees.write_import")
def write_import(job_id: int) -> None:
    runner.run(job_id, writing.write)


@shared_task(name="employees.clean_imports")
def clean_imports() -> None:
    cleaning.clean()
