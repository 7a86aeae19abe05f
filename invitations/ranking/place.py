"""One person's place in the pool of a class as it is today, without drawing the lottery.

Before a selection the seed is secret, so what can be said is who surely stands before a person (a smaller
tuple) and with how many the lottery will decide (the same tuple). selection.md, "Order".
"""

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils import timezone

from employees.models import Employee
from invitations.ranking.gates import gate_codes, gated_sql, values
from invitations.ranking.parameters import parameters
from trainings.models import TrainingClass


@dataclass(frozen=True)
class Place:
    """Where somebody would stand today. With a `code` the person is not in the pool and counts are 0."""

    code: str
    pool: int = 0
    #: People of the pool with a smaller tuple, and others with the very same one.
    ahead: int = 0
    equal: int = 0
    ever_trained: bool = False
    waiting_since: date | None = None
    service_start: date | None = None

    @property
    def first_rank(self) -> int:
        """The best rank the lottery can give."""
        return self.ahead + 1

    @property
    def last_rank(self) -> int:
        """The worst rank the lottery can give."""
        return self.ahead + self.equal + 1


def place_today(training_class: TrainingClass, employee: Employee, *, on: date | None = None) -> Place:
    """Gate code, or place in the pool of the class, of one person today. Stores nothing."""
    on = on or timezone.localdate()
    params = parameters(training_class)
    code = gate_codes(params, [employee.pk], on=on).get(employee.pk, "")
    own = employee.standing
    if code:
        return Place(code, 0, 0, 0, own.ever_trained, own.waiting_since, own.service_start)
    with connection.cursor() as cursor:
        cursor.execute(
            gated_sql(params)
            + """
            SELECT count(*),
                count(*) FILTER (WHERE (ever_trained, waiting_since, service_start)
                    < (%(ever)s, %(waiting)s, %(start)s)),
                count(*) FILTER (WHERE (ever_trained, waiting_since, service_start)
                    = (%(ever)s, %(waiting)s, %(start)s))
            FROM gated WHERE code = ''
            """,
            values(params, on, ever=own.ever_trained, waiting=own.waiting_since, start=own.service_start),
        )
        pool, ahead, equal = cursor.fetchone()
    return Place("", pool, ahead, max(0, equal - 1), own.ever_trained, own.waiting_since, own.service_start)
