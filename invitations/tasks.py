from celery import shared_task

from invitations.delivery import issuing, proposing, reminders, verifying
from invitations.letters import bundles
from jobs import runner


@shared_task(name="invitations.rank")
def rank(job_id: int) -> None:
    runner.run(job_id, lambda job: proposing.propose(job.params["selection"]))


@shared_task(name="invitations.issue")
def issue(job_id: int) -> None:
    runner.run(job_id, lambda job: issuing.issue(job.params["selection"]))


@shared_task(name="invitations.verify")
def verify_evidence(job_id: int) -> None:
    runner.run(job_id, lambda job: verifying.verify_selection(job.params["selection"]))


@shared_task(name="invitations.expire_due")
def expire_due() -> None:
    issuing.expire_due()


@shared_task(name="invitations.remind_due")
def remind_due() -> None:
    reminders.remind_due()


@shared_task(name="invitations.set_letters")
def set_letters(job_id: int) -> None:
    runner.run(job_id, bundles.work)
