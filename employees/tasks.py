from celery import shared_task

from employees.importing import checking, cleaning, writing
from employees.merging import finding
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


@shared_task(name="employees.find_duplicates")
def find_duplicates(job_id: int | None = None) -> None:
    if job_id is None:
        finding.find()
    else:
        runner.run(job_id, finding.find)
