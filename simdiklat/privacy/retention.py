"""How long what is kept about people is kept: one list, each line with its reason; run every night by beat.

Not here, because nothing of it ends: the chain of audit events (who changed what; removing one would break
the proof), training history and certificates (a civil servant's record for life), selections with their
evidence. Personnel records follow SIMPEG. Sessions, sign-in codes and counters end in accounts.tasks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from audit import log
from audit.models import Reading
from jobs.models import Job
from outbox.models import Message

#: Rows of one transaction: short locks, and a run that is killed loses nothing.
BATCH = 5_000


@dataclass(frozen=True)
class Policy:
    """One kind of data: kept for `keep`, then removed as `ends` says. `why` is shown in the docs."""

    name: str
    keep: timedelta
    why: str
    #: What is past its time on a day.
    due: Callable[[datetime], QuerySet[Any]]
    #: Ends these rows and returns how many.
    end: Callable[[QuerySet[Any]], int]


def _delete(rows: QuerySet[Any]) -> int:
    return rows.delete()[0]


def _delete_changes(rows: QuerySet[Any]) -> int:
    with pgtrigger.ignore(f"{rows.model._meta.label}:append_only"):
        return rows.delete()[0]


def _blank(rows: QuerySet[Any]) -> int:
    return rows.update(body="", smtp_answer="")


def _drop_files(rows: QuerySet[Any]) -> int:
    """The rows stay and say what was done; their files go, before the row forgets them."""
    folder = Path(settings.RESULTS_DIR)
    for name in rows.values_list("result_file", flat=True):
        (folder / Path(name).name).unlink(missing_ok=True)
    return rows.update(result_file="")


def _changes() -> Iterator[type[Model]]:
    """The tables that hold rows as they were (audit/tracking.py)."""
    return (model for model in apps.get_models() if hasattr(model, "pgh_tracked_model"))


def policies() -> list[Policy]:
    """The whole policy, in the order in which it runs."""
    years = timedelta(days=366)
    listed = [
        Policy(
            "readings", Reading.KEPT_YEARS * years,
            "Whoever wants to know who saw the own data can look back five years; the database refuses less.",
            lambda day: Reading.objects.filter(at__lt=day), _delete,
        ),
        Policy(
            "result files of jobs", timedelta(days=30),
            "A download is fetched within days; a copy of many people's data must not lie about.",
            lambda day: Job.objects.filter(finished_at__lt=day).exclude(result_file=""), _drop_files,
        ),
        Policy(
            "bodies of messages", timedelta(days=365),
            "Who was told what and when stays on the row; the text as sent is needed for a year of questions.",
            lambda day: Message.objects.filter(state=Message.State.SENT, sent_at__lt=day).exclude(body=""),
            _blank,
        ),
        Policy(
            "answered corrections", 5 * years,
            "As long as somebody may ask why a record was or was not corrected.",
            lambda day: apps.get_model("employees", "CorrectionRequest").objects.filter(answered_at__lt=day),
            _delete,
        ),
    ]  # fmt: skip
    listed.extend(_policy_of_changes(model, 5 * years) for model in _changes())
    return listed


def _policy_of_changes(model: type[Model], keep: timedelta) -> Policy:
    return Policy(
        f"changes of {str(model._meta.model_name).removesuffix('event')}",
        keep,
        "What a record said before a change answers objections and audits, for five years.",
        lambda day: model._default_manager.filter(pgh_created_at__lt=day),
        _delete_changes,
    )


def run(*, dry_run: bool = False, now: datetime | None = None) -> dict[str, int]:
    """End everything that is past its time, batch by batch; how many rows of each kind.

    With `dry_run` nothing is changed and the counts say what would end. A run that ends something leaves one
    audit event.
    """
    now = now or timezone.now()
    counts: dict[str, int] = {}
    for policy in policies():
        due = policy.due(now - policy.keep)
        counts[policy.name] = due.count() if dry_run else _in_batches(policy, due)
    ended = {name: count for name, count in counts.items() if count}
    if ended and not dry_run:
        log.record("retention.run", by=None, object_type="retention", data=ended)
    return counts


def _in_batches(policy: Policy, due: QuerySet[Any]) -> int:
    total = 0
    while True:
        with transaction.atomic():
            keys = list(due.order_by("pk").values_list("pk", flat=True)[:BATCH])
            if not keys:
                return total
            policy.end(due.model._default_manager.filter(pk__in=keys))
        total += len(keys)
