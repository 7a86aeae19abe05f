from celery import shared_task

from simdiklat.privacy import retention


@shared_task(name="simdiklat.retention")
def end_what_is_past() -> None:
    retention.run()
