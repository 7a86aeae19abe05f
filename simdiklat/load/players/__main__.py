"""The people of an invitation day, played by Locust against a running portal.

A process of its own, started by path and without Django: Locust changes Python's sockets for all of it.
Its script (JSON, written by `world`) says who comes, with which links and passwords; its report (JSON)
says how long each kind of request took and what each person was told.

    python simdiklat/load/players script.json report.json

They do as browsers do: cookies, tokens and redirects, the style sheets and scripts of a page once for each
browser, an address of their own in X-Forwarded-For as the portal's proxy would write it.
"""

# First, before anything opens a socket.
from locust import events  # isort: skip
from locust.env import Environment  # isort: skip

import json
import sys
import time
from pathlib import Path
from typing import Any

import gevent
from browser import Browser, Day
from people import Employee, Operator, Planner

#: Seconds that may pass after the last arrival until everybody has finished.
PATIENCE = 180.0


class _Environment(Environment):
    """Locust's own, with the day that its users share."""

    day: Day


def arrivals(runner: Any, day: Day) -> None:
    """Employees come by themselves, at random moments at the day's rate, however long the answers take."""
    rate, ends = day.script["rate"], time.monotonic() + day.script["seconds"]
    due = time.monotonic()
    while day.coming:
        due += day.dice.expovariate(rate)
        if due > ends:
            break
        gevent.sleep(max(0.0, due - time.monotonic()))
        day.late = max(day.late, time.monotonic() - due)
        # Each takes its person from the list as it starts.
        runner.spawn_users({"Employee": 1})
        gevent.sleep(0)


def play(script: dict[str, Any]) -> dict[str, Any]:
    """The whole day; returns the report."""
    day = Day(script)
    Browser.host = script["base"]
    env = _Environment(user_classes=[Employee, Operator, Planner], events=events, catch_exceptions=True)
    env.day = day
    runner = env.create_local_runner()
    staff = {"Operator": len(script["operators"]), "Planner": len(script["planners"])}
    runner.spawn_users(staff)
    while day.ready < sum(staff.values()):
        gevent.sleep(0.05)
    failed = list(env.stats.errors.values())
    env.stats.clear_all()
    began, cpu = time.monotonic(), time.process_time()
    Path(script["begun"]).touch()
    day.begun.set()
    arrivals(runner, day)
    played = time.monotonic() - began
    day.over.set()
    until = time.monotonic() + PATIENCE
    while runner.user_count and time.monotonic() < until:
        gevent.sleep(0.05)
    report = {
        "played": played,
        "seconds": time.monotonic() - began,
        "processor": time.process_time() - cpu,
        "late": day.late,
        "failed_before": sum(error.occurrences for error in failed),
        "unfinished": runner.user_count,
        "silent": day.silent,
        "selections": day.selections,
        "answers": day.answers,
        "files": day.files,
        "kinds": [
            {
                "kind": entry.name,
                "count": entry.num_requests,
                "errors": entry.num_failures,
                "longest": entry.max_response_time,
                "times": sorted(entry.response_times.items()),
            }
            for entry in env.stats.entries.values()
        ],
        "errors": [
            {"kind": error.name, "error": str(error.error), "count": error.occurrences}
            for error in [*failed, *env.stats.errors.values()]
        ],
        "exceptions": [
            {"error": one["msg"], "trace": one["traceback"], "count": one["count"]}
            for one in runner.exceptions.values()
        ],
    }
    runner.quit()
    return report


if __name__ == "__main__":
    script_file, report_file = map(Path, sys.argv[1:3])
    found = play(json.loads(script_file.read_text()))
    report_file.write_text(json.dumps(found))
