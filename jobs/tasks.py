from celery import shared_task

from jobs import runner


@shared_task(name="jobs.sweep")
def sweep() -> None:
    runner.sweep()
