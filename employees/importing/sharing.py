"""The rows of a large workbook checked by two processes at once: this one, and a copy of it.

Nearly half of an import is Python looking at one row after the other, while the second processor has nothing to
do. The copy (a fork, so that the rows need not be carried over) checks every other block of rows and hands back
what the checks of all rows need. It touches no connection. Should it die, its blocks are checked here.
"""

import os
import pickle
import signal
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from tempfile import TemporaryFile
from typing import Any

from employees.importing.importer import Importer
from employees.importing.reading import Row, Source
from employees.importing.staging import Stage

#: Rows from which on a second process is worth its start.
SHARED_FROM = 20_000
#: Rows that one of the two checks before it skips as many.
BLOCK = 1_000

Report = Callable[[int, str], None]
Work = Callable[[Iterable[Row], Report], int]


def worthwhile(importer: Importer, source: Source) -> bool:
    """Whether the rows can be shared out, and are many enough, and there is a processor for it."""
    return (
        importer.shares_checks
        and source.in_memory
        and source.estimate >= SHARED_FROM
        and hasattr(os, "fork")
        and (os.cpu_count() or 1) > 1
    )


def check(importer: Importer, source: Source, work: Work, report: Report) -> int:
    """Check all rows by `work(rows, report)`, half of them elsewhere; return how many there are."""
    part = Stage(importer.staged)
    with TemporaryFile() as answer:
        try:
            child = os.fork()
            if child == 0:
                _help(importer, part, source, work, answer)
            try:
                read = work(_blocks(source.rows(), 0), lambda done, message: report(done * 2, message))
            except BaseException:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                raise
            _pid, status = os.waitpid(child, 0)
            if status:
                return read + work(_blocks(source.rows(), 1), report)
            answer.seek(0)
            more, found = pickle.load(answer)  # noqa: S301 - written by our own copy, into a file without a name
            importer.absorb(found)
            importer.stage.take(part)
            return read + int(more)
        finally:
            part.close()


def _help(importer: Importer, part: Stage, source: Source, work: Work, answer: Any) -> None:
    """What the copy does. It ends here, whatever happens: what is above it on the stack is the parent's."""
    code = 1
    try:
        importer.stage = part
        read = work(_blocks(source.rows(), 1), lambda _done, _message: None)
        part.flush()
        pickle.dump((read, importer.found()), answer, pickle.HIGHEST_PROTOCOL)
        answer.flush()
        code = 0
    finally:
        os._exit(code)


def _blocks(rows: Iterator[Row], first: int) -> Iterator[Row]:
    """Every other block of the rows, from the first or the second one on."""
    mine = first == 0
    while block := list(islice(rows, BLOCK)):
        if mine:
            yield from block
        mine = not mine
