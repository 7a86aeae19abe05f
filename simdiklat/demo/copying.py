"""COPY from Python: rows stream into one statement, so a trigger per statement runs once."""

from collections.abc import Iterable, Iterator

from django.db import connection


def copy_lines(table: str, columns: Iterable[str], lines: Iterable[str]) -> None:
    """Load finished lines of COPY's text format into a table, inside the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", _Stream(iter(lines)), 1 << 17)


def copy_rows(table: str, columns: Iterable[str], rows: Iterable[tuple]) -> None:
    """Load rows of plain values. Texts must not contain tabs, newlines or backslashes: the demo's do not."""
    copy_lines(table, columns, ("\t".join(map(_text, row)) + "\n" for row in rows))


def first_ids(table: str) -> int:
    """The id that the table's identity column would give next."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        return cursor.fetchone()[0]


def go_on_after(table: str) -> None:
    """Let the identity column go on after the highest id that was written."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM {table}", [table])


def _text(value: object) -> str:
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    return str(value)


class _Stream:
    """What COPY reads from: a file of which only the next piece exists."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines, self.rest = lines, ""

    def read(self, size: int) -> str:
        pieces, length = [self.rest], len(self.rest)
        while length < size:
            line = next(self.lines, None)
            if line is None:
                break
            pieces.append(line)
            length += len(line)
        whole = "".join(pieces)
        self.rest = whole[size:]
        return whole[:size]
