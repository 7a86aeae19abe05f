"""The table of an invitation day: requests by kind, how long they took, and what the processors did."""

from __future__ import annotations

from collections import Counter
from typing import Any

#: What a browser fetches beside the pages; it does not count among them.
STATIC = "style sheets, scripts, icons"


def percentile(times: Counter[int], share: float) -> int:
    """The milliseconds within which this share of the requests was answered; 0 where there were none."""
    wanted = times.total() * share
    reached = 0
    for milliseconds, number in sorted(times.items()):
        reached += number
        if reached >= wanted:
            return milliseconds
    return 0


def table(report: dict[str, Any]) -> list[str]:
    """Requests by kind, and all pages together. Times are Locust's: from 100 ms on rounded to two digits."""
    seconds = report["seconds"]
    lines = [
        f"{'requests':<44} {'count':>7} {'per s':>7} {'p50':>6} {'p95':>6} {'p99':>6} {'longest':>8} {'errors':>7}"
    ]

    def line(what: str, count: int, times: Counter[int], longest: float, errors: int) -> str:
        p50, p95, p99 = (percentile(times, share) for share in (0.5, 0.95, 0.99))
        return f"{what:<44} {count:>7,} {count / seconds:>7.2f} {p50:>6} {p95:>6} {p99:>6} {longest:>8.0f} {errors:>7}"

    pages: Counter[int] = Counter()
    total = {"count": 0, "errors": 0, "longest": 0.0}
    # A failed click has no time of its own: it stands under the kind it belongs to, as an error.
    for kind in sorted({entry["kind"] for entry in report["kinds"]}):
        entries = [entry for entry in report["kinds"] if entry["kind"] == kind]
        times: Counter[int] = Counter()
        for entry in entries:
            times.update({int(ms): number for ms, number in entry["times"]})
        count, errors = (sum(entry[name] for entry in entries) for name in ("count", "errors"))
        longest = max(entry["longest"] for entry in entries)
        lines.append(line(kind, count, times, longest, errors))
        if kind != STATIC:
            pages += times
            total = {
                "count": total["count"] + count,
                "errors": total["errors"] + errors,
                "longest": max(total["longest"], longest),
            }
    lines.append(
        line(
            "all but style sheets, scripts, icons",
            int(total["count"]),
            pages,
            total["longest"],
            int(total["errors"]),
        )
    )
    return lines


def errors(report: dict[str, Any]) -> int:
    """Requests that failed, at the sign-in before the day as well, people who did not finish, and mistakes of the players themselves."""
    failed = report["failed_before"] + sum(entry["errors"] for entry in report["kinds"])
    return int(failed + report["unfinished"] + sum(one["count"] for one in report["exceptions"]))


def processors(used: dict[str, float], report: dict[str, Any], cores: int) -> list[str]:
    """Each part's seconds of the processors during the day, and its share of one core."""
    parts = sorted({**used, "players": report["processor"]}.items(), key=lambda item: -item[1])
    seconds = report["seconds"]
    lines = [f"{'processors':<20} {'seconds':>8} {'of one core':>12}"]
    lines += [f"{part:<20} {spent:>8.1f} {spent / seconds:>12.0%}" for part, spent in parts]
    whole = sum(spent for _part, spent in parts)
    lines.append(f"{'together':<20} {whole:>8.1f} {whole / seconds:>12.0%} of {cores * 100} %")
    return lines
