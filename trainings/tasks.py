from celery import shared_task

from trainings.delivery import evaluating


@shared_task(name="trainings.follow_up_due")
def follow_up_due() -> None:
    evaluating.ask_due()
