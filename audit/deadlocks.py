"""Work that PostgreSQL ended because two had waited for each other."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import OperationalError, connection
from psycopg2.errors import DeadlockDetected

#: Times that such work is begun.
ATTEMPTS = 5
R = TypeVar("R")


def retrying(work: Callable[..., R]) -> Callable[..., R]:
    """Repeat the work when PostgreSQL ended it to resolve a deadlock; nothing of it was kept then.

    Two classes that each look for a reserve can meet over the same two people. And two rows of which only one
    may stay (sessions with the same trainer, seats of one person) can each wait to see whether the other does, when
    they are written at the same moment. Inside a larger transaction the error is passed on, since only the whole
    can be repeated.
    """

    @wraps(work)
    def repeated(*args: Any, **kwargs: Any) -> R:
        for _attempt in range(ATTEMPTS - 1):
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or not isinstance(error.__cause__, DeadlockDetected):
                    raise
        return work(*args, **kwargs)

    return repeated
