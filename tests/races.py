"""Several works at the same moment, each on a real connection of its own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run the works in threads with connections of their own, from one starting shot; return the results."""
    barrier = threading.Barrier(len(works))
    results: list = [None] * len(works)

    def run(place, work):
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            results[place] = work()
        except Exception as error:  # handed to the test, which looks at every result
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive()
    return results
