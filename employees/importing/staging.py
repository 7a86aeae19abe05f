"""Accepted rows on their way into the database: COPY into a temporary table, then one statement each."""

import csv
from collections.abc import Sequence
from tempfile import TemporaryFile
from typing import Any


class Stage:
    """Accepted rows on their way into a temporary table (`row` and the given columns)."""

    def __init__(self, columns: Sequence[tuple[str, str]], *, table: str = "incoming") -> None:
        """`columns`: (name, SQL type); a type ending in " NULL" takes an empty value as NULL."""
        self.columns = columns
        self.table = table
        # COPY needs a real file: the rows never are in memory together.
        self._file = TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed by close()
        self._writer = csv.writer(self._file, lineterminator="\n")
        self.add = self._writer.writerow  # add((row, *values)); None and "" are the same

    def load(self, cursor: Any, rejected: Sequence[int]) -> None:
        """Make the table for this transaction and fill it with all rows but the rejected."""
        definitions = ", ".join(
            f"{name} {kind.removesuffix(' NULL')}{'' if kind.endswith(' NULL') else ' NOT NULL'}"
            for name, kind in self.columns
        )
        texts = ", ".join(
            name for name, kind in self.columns if kind.startswith(("text", "varchar")) and "NULL" not in kind
        )
        # Nothing else in this transaction's session may be meant by the name.
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{self.table}")
        cursor.execute(f"CREATE TEMP TABLE {self.table} (row integer NOT NULL, {definitions}) ON COMMIT DROP")
        self._file.flush()
        self._file.seek(0)
        keep_empty = f", FORCE_NOT_NULL ({texts})" if texts else ""
        cursor.copy_expert(f"COPY {self.table} FROM STDIN WITH (FORMAT csv, NULL ''{keep_empty})", self._file)
        if rejected:
            cursor.execute(f"DELETE FROM {self.table} WHERE row = ANY (%s)", [list(rejected)])
        cursor.execute(f"ANALYZE {self.table}")

    def flush(self) -> None:
        """Let everything added so far be in the file, which a forked copy of this process shares."""
        self._file.flush()

    def take(self, other: "Stage") -> None:
        """Add the rows of another stage of the same columns."""
        self._file.flush()
        other._file.seek(0)
        while part := other._file.buffer.read(1 << 20):
            self._file.buffer.write(bytes(part))

    def close(self) -> None:
        self._file.close()


#: Size up to which a trigram index gathers what comes in a bulk load before it merges it.
GATHERED = "256MB"
#: New rows after which it is merged at the latest: until then each search looks through all of it.
MERGED_EVERY = 30_000


def gather(cursor: Any) -> None:
    """For the rest of the transaction, let trigram indexes gather new rows; `merge_gathered` must follow.

    Merged at once and sorted, they cost a tenth of what they cost in the usual portions of 4 MB.
    """
    cursor.execute("SELECT set_config('gin_pending_list_limit', %s, true)", [GATHERED])


def merge_gathered(cursor: Any, table: str) -> None:
    """Merge what the trigram indexes of a table have gathered; outside the transaction that wrote it.

    Nothing is lost where this is not reached: searches read what was gathered, and the next writer or
    autovacuum merges it. Left to them, too, where somebody else owns the table.
    """
    cursor.execute(
        """
        SELECT gin_clean_pending_list(c.oid::regclass) FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
        WHERE i.indrelid = %s::regclass AND a.amname = 'gin' AND pg_has_role(c.relowner, 'USAGE')
        """,
        [table],
    )


def upsert(
    cursor: Any,
    table: str,
    *,
    columns: Sequence[str],
    updatable: Sequence[str],
    changed: str = "false",
    new: str = "i.id IS NULL",
) -> tuple[int, int, int]:
    """Write `incoming` into `table`: one INSERT of the new rows, then one UPDATE of those that differ.

    `columns` go into new rows, `updatable` into existing ones (matched by `id`), `changed` is one more
    SQL reason to update a row. Returns how many were created, updated, unchanged.
    """
    cursor.execute(f"SELECT count(*), count(*) FILTER (WHERE {new}) FROM incoming i")
    total, fresh = cursor.fetchone()
    if fresh:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(f'i.{c}' for c in columns)} "
            f"FROM incoming i WHERE {new} ORDER BY i.row"
        )
    updated = 0
    if total > fresh:
        theirs = ", ".join(f"t.{name}" for name in updatable)
        ours = ", ".join(f"i.{name}" for name in updatable)
        cursor.execute(
            f"UPDATE {table} t SET {', '.join(f'{name} = i.{name}' for name in updatable)} "
            f"FROM incoming i WHERE t.id = i.id AND NOT ({new}) "
            f"AND (ROW({theirs}) IS DISTINCT FROM ROW({ours}) OR {changed})"
        )
        updated = cursor.rowcount
    return fresh, updated, total - fresh - updated


def new_ids(cursor: Any, table: str, codes: Sequence[str]) -> dict[str, int]:
    """Fresh ids of a table for these codes, so that rows can refer to each other before they are written."""
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, len(codes)]
    )
    return dict(zip(codes, (pk for (pk,) in cursor.fetchall()), strict=True))
