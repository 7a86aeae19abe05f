"""Celery's file-system transport, made safe for several processes: a message appears whole or not at all.

Kombu's own writes a message in place and moves it through /tmp, so a reader may meet half of one, and
rewrites its table of queues in place. Here both are written beside their place and renamed into it. A
message taken by a worker that is killed is gone; the sweepers find its work again in the database.
"""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem, virtual
from kombu.utils.json import dumps, loads


def _write_whole(path: Path, content: str) -> None:
    beside = path.with_name(f".{uuid.uuid4().hex}.tmp")
    beside.write_text(content)
    beside.replace(path)


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - names alone, many times a second
            if name.startswith(".") or name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f".{uuid.uuid4().hex}.taken"
            try:
                (folder / name).rename(taken)  # of several readers one succeeds
            except FileNotFoundError:
                continue
            content = taken.read_text()
            taken.unlink()
            return loads(content)
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        table = self.get_table(exchange)
        if binding not in table:
            _write_whole(self._table(exchange), dumps([binding, *table]))

    def get_table(self, exchange: str) -> list[Any]:
        with contextlib.suppress(FileNotFoundError):
            rows = loads(self._table(exchange).read_text())
            return [filesystem.exchange_queue_t(*row) for row in rows]
        return []

    def _table(self, exchange: str) -> Path:
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # younger than its types
        return file


class Transport(filesystem.Transport):
    Channel = Channel
    #: Also the pause between tasks when both processes are busy; twenty looks a second cost next to nothing.
    polling_interval = 0.05

    def __init__(self, client: Any, **options: Any) -> None:
        super().__init__(client, **options)
        self.state = virtual.BrokerState()  # not one for the process: folders may differ
