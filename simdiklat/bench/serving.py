"""Web processes as they are run: pages a second with four clients at once, and the first page of a fresh one."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from django.conf import settings
from django.test import Client

from accounts.models import User
from simdiklat import scratch
from simdiklat.bench.lists import PAGES
from simdiklat.bench.measure import Figure, Setting
from simdiklat.chaos.engines import Process, free_port
from simdiklat.demo.accounts import PLANNER
from simdiklat.management.commands.run_portal import collect_static, services

_CLIENTS = 4
#: Seconds for which the clients fetch, and before that, until each process has answered each kind of page.
_SECONDS, _WARMING = 8.0, 6.0
#: Pages a second asked for on two cores; seconds for the first page of a fresh worker.
RATE, FIRST = 100.0, 2.0
_HOST = "127.0.0.1"
#: What people look at most: lists of people and of history, searches among them.
_MIX = [
    address
    for what in ("people, first page", "people, from a letter on", "people, search for a name", "history, first page")
    for address in PAGES[what][:8]
]  # fmt: skip


def measure(setting: Setting) -> Iterator[Figure]:
    """Both, against the empty page served in the same way."""
    collect_static()
    cookie = _session()
    long, warming = (0.2, 0.2) if setting.quick else (_SECONDS, _WARMING)
    # As docs/operators.md says: twice the cores and one.
    workers = 1 if setting.quick else 2 * len(os.sched_getaffinity(0)) + 1
    rate = Figure("list pages a second, four clients", "empty pages, signed in", 25, unit="/s", goal=RATE)
    with _web(setting.folder, workers) as port:
        _fetched(port, cookie, _MIX, warming, clients=4 * _CLIENTS)
        for _run in range(1 if setting.quick else setting.runs):
            rate.times.append(_fetched(port, cookie, _MIX, long))
            rate.floors.append(_fetched(port, cookie, ["/empty/"], long / 2))
    yield rate
    first = Figure("first page of a fresh worker, its start included", "empty page", 25, goal=FIRST)
    for _run in range(setting.runs):
        first.times.append(_first(setting.folder, cookie, "/employees/"))
        first.floors.append(_first(setting.folder, cookie, "/empty/"))
    yield first


def _session() -> str:
    """The cookie of somebody signed in, by force: there is nobody to show a second factor."""
    client = Client()
    client.force_login(User.objects.get(username=PLANNER))
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


@contextmanager
def _web(folder: Path, workers: int) -> Iterator[int]:
    """The portal's web process, as run_portal starts it, on a free port; ended with the block."""
    port = free_port()
    command = services(_HOST, port)["web"]
    command[command.index("simdiklat.wsgi:application")] = "simdiklat.bench.served:application"
    command[command.index("--workers") + 1] = str(workers)
    environment = {"DATABASE_URL": scratch.url(), "REQUIRE_SECOND_FACTOR": "0", "SIMDIKLAT_ENV": "local"}
    web = Process(f"web-{port}", [sys.executable, *command[1:]], folder, environment)
    web.start()
    try:
        _wait(port)
        yield port
    finally:
        web.kill()


def _wait(port: int) -> None:
    """Until somebody listens: the first request then waits for the worker, as a person would."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection((_HOST, port), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError("the web process did not come up")


def _first(folder: Path, cookie: str, address: str) -> float:
    with _web(folder, 1) as port:
        began = time.perf_counter()
        _get(http.client.HTTPConnection(_HOST, port, timeout=60), cookie, address)
        return time.perf_counter() - began


def _get(connection: http.client.HTTPConnection, cookie: str, address: str) -> None:
    connection.request("GET", address, headers={"Cookie": cookie, "Host": "localhost"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise AssertionError(f"{address} answered {answer.status}")


def _fetched(
    port: int, cookie: str, addresses: Sequence[str], seconds: float, *, clients: int = _CLIENTS
) -> float:
    """Pages a second that the clients got together, each fetching one after the other."""
    done = [0] * clients
    failed: list[BaseException] = []
    until = time.perf_counter() + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(_HOST, port, timeout=60)
        shapes = cycle([*addresses[number:], *addresses[:number]])
        try:
            while time.perf_counter() < until:
                _get(connection, cookie, next(shapes))
                done[number] += 1
        except BaseException as error:  # told by the one who waits
            failed.append(error)

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return sum(done) / (time.perf_counter() - began)
