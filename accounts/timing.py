"""Answers that take the same time whoever is asked for."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds that the answer to a request for a code takes at least: well above what the work behind it costs,
#: so that "nobody has this number" and "a mail is on its way" cannot be told apart by a clock.
ANSWER_SECONDS = 0.35


@contextmanager
def at_least(seconds: float = ANSWER_SECONDS) -> Iterator[None]:
    """Wait at the end until so many seconds have gone by since the beginning."""
    began = time.monotonic()
    try:
        yield
    finally:
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
