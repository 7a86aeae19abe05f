"""What a selection does to fairness: who it reaches, and the ministry's share without training after it."""

from dataclasses import dataclass
from datetime import date

from django.core.cache import cache
from django.db.models import Avg, Count, F, Q
from django.db.models.functions import Extract
from django.utils import timezone

from employees.filters import UNTRAINED_YEARS, years_before
from employees.models import Employee
from invitations.codes import Outcome
from invitations.models import Selection

#: Seconds for which the ranked pool's numbers are kept; they never change once there is a proposal.
POOL_KEPT = 24 * 60 * 60
#: Seconds for which the ministry's numbers are kept, as those of the figures are.
MINISTRY_KEPT = 300


@dataclass(frozen=True)
class Reach:
    """Whom a proposal reaches, on the day of its run: people, and mean waits in whole days."""

    selected: int
    never_trained: int
    #: Selected people without training that counts for two years, those who never had one included.
    untrained: int
    mean_wait: int
    mean_wait_of_pool: int


@dataclass(frozen=True)
class Ministry:
    """The ministry's active people today, and those of them without training that counts for two years."""

    active: int
    untrained: int


def reach(selection: Selection) -> Reach:
    """Whom the proposal reaches as it was ranked; marks made since are not in it. Needs a proposal."""
    key = f"invitations:reach:{selection.pk}:{selection.evidence_sha256}"
    found: Reach | None = cache.get(key)
    if found is None:
        found = _reach(selection, selection.run_on or timezone.localdate())
        cache.set(key, found, POOL_KEPT)
    return found


def _reach(selection: Selection, on: date) -> Reach:
    chosen = Q(outcome=Outcome.SELECTED)
    limit = years_before(on, UNTRAINED_YEARS)
    # Means of days since a fixed day: dates themselves have no mean in SQL.
    since = Extract(F("waiting_since"), "epoch")
    numbers = (
        selection.candidates.filter(rank__isnull=False)
        .order_by()
        .aggregate(
            selected=Count("pk", filter=chosen),
            never=Count("pk", filter=chosen & Q(ever_trained=False)),
            untrained=Count("pk", filter=chosen & (Q(ever_trained=False) | Q(waiting_since__lt=limit))),
            own=Avg(since, filter=chosen),
            pool=Avg(since),
        )
    )
    return Reach(
        selected=numbers["selected"],
        never_trained=numbers["never"],
        untrained=numbers["untrained"],
        mean_wait=_days(numbers["own"], on),
        mean_wait_of_pool=_days(numbers["pool"], on),
    )


def _days(epoch: float | None, on: date) -> int:
    """Days from a mean moment (seconds since 1970) until the day; 0 without one."""
    return 0 if epoch is None else round((on - date(1970, 1, 1)).days - float(epoch) / 86_400)


def ministry() -> Ministry:
    """The ministry today, at most five minutes old."""
    key = f"invitations:ministry:{timezone.localdate()}"
    found: Ministry | None = cache.get(key)
    if found is None:
        limit = years_before(timezone.localdate(), UNTRAINED_YEARS)
        active = Employee.objects.active().order_by()
        found = Ministry(active.count(), active.untrained_since(limit).count())
        cache.set(key, found, MINISTRY_KEPT)
    return found
