from celery import shared_task

from outbox import delivery


@shared_task(name="outbox.deliver_due", ignore_result=True)
def deliver_due() -> None:
    delivery.deliver_due()
