"""The rows of one import between preview and writing: tables of its own, named by its number.

Unlogged: they can always be made again from the uploaded file. After a crash of the database they are
empty, which `lost` notices, and the file is checked again.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, models
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from employees.importing.importer import Comparison, Faults


class Outcome(models.TextChoices):
    """What the check made of a row."""

    NEW = "new", gettext_lazy("New")
    CHANGED = "changed", gettext_lazy("Different")
    UNCHANGED = "unchanged", gettext_lazy("Unchanged")
    #: Not found by number, but somebody very like it is stored: a human decides.
    LIKELY = "likely", gettext_lazy("Likely the same person")
    #: Right in itself, but at odds with what is stored or with another row.
    CONFLICTING = "conflicting", gettext_lazy("Conflicting")
    REJECTED = "rejected", gettext_lazy("Rejected")
    MISSING = "missing", gettext_lazy("Missing from the file")


#: Outcomes that are rows of the staged table; the others are faults or stored rows.
STAGED = (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.LIKELY)


def rows_table(run_id: int) -> str:
    return f"staged_import_{run_id:d}"


def faults_table(run_id: int) -> str:
    return f"staged_import_{run_id:d}_faults"


def missing_table(run_id: int) -> str:
    return f"staged_import_{run_id:d}_missing"


def drop(cursor: Any, run_id: int) -> None:
    """Remove what is staged of a run; nothing happens when there is nothing."""
    cursor.execute(
        f"DROP TABLE IF EXISTS {rows_table(run_id)}, {faults_table(run_id)}, {missing_table(run_id)}"
    )


def make(cursor: Any, run_id: int, comparison: Comparison) -> None:
    """Keep the resolved rows of `incoming`, each with its outcome and, when changed, what changes."""
    drop(cursor, run_id)
    table = rows_table(run_id)
    theirs = ", ".join(f"t.{name}" for name, _heading in comparison.fields)
    ours = ", ".join(f"i.{name}" for name, _heading in comparison.fields)
    cursor.execute(
        f"""
        CREATE UNLOGGED TABLE {table} AS
        SELECT i.*, {comparison.label} AS label, t.id AS target_id,
            CASE WHEN t.id IS NULL THEN 'new'
                 WHEN ROW({theirs}) IS DISTINCT FROM ROW({ours}) OR {comparison.changed} THEN 'changed'
                 ELSE 'unchanged' END AS outcome,
            NULL::jsonb AS changes, NULL::bigint AS twin_id, NULL::text AS twin_label,
            NULL::jsonb AS given, ''::text AS decision
        FROM incoming i LEFT JOIN {comparison.table} t ON {comparison.match};
        ALTER TABLE {table} ADD PRIMARY KEY (row);
        CREATE INDEX ON {table} (outcome, row);
        CREATE UNLOGGED TABLE {faults_table(run_id)}
            (row integer NOT NULL, field text NOT NULL, reason text NOT NULL, conflicting boolean NOT NULL,
             label text NOT NULL);
        CREATE UNLOGGED TABLE {missing_table(run_id)} AS {comparison.missing or "SELECT 0::bigint AS id WHERE false"};
        ALTER TABLE {missing_table(run_id)} ADD PRIMARY KEY (id);
        ANALYZE {table} (row, outcome, target_id);
        """
    )
    note_changes(cursor, run_id, comparison)


def note_changes(cursor: Any, run_id: int, comparison: Comparison, row: int | None = None) -> None:
    """Keep of every changed row (or of one) each field with its stored and its new value."""
    pairs = ", ".join(
        f"('{heading}', to_jsonb(t.{name}), to_jsonb(i.{name}))" for name, heading in comparison.fields
    )
    match = "t.id = i.target_id"
    cursor.execute(
        f"""
        UPDATE {rows_table(run_id)} i SET changes = COALESCE((
            SELECT jsonb_object_agg(f.heading, jsonb_build_array(f.old, f.new))
            FROM (VALUES {pairs}) AS f (heading, old, new) WHERE f.old IS DISTINCT FROM f.new), '{{}}')
        FROM {comparison.table} t WHERE {match} AND i.outcome = 'changed'
            {"" if row is None else "AND i.row = %s"}
        """,
        [] if row is None else [row],
    )


def keep_faults(
    cursor: Any, run_id: int, faults: Faults, conflicting: set[int], labels: dict[int, str]
) -> None:
    """Keep what is wrong with the rejected rows; those in `conflicting` are right in themselves."""
    values = [
        (row, column, reason, row in conflicting, labels.get(row, ""))
        for row, found in faults.items()
        for column, reason in found
    ]
    for start in range(0, len(values), 5_000):
        part = values[start : start + 5_000]
        cursor.execute(
            f"INSERT INTO {faults_table(run_id)} (row, field, reason, conflicting, label) "
            "SELECT * FROM unnest(%s::int[], %s::text[], %s::text[], %s::bool[], %s::text[])",
            [list(column) for column in zip(*part, strict=True)],
        )
    cursor.execute(f"CREATE INDEX ON {faults_table(run_id)} (conflicting, row)")


def add_conflicts(cursor: Any, run_id: int, rows: Iterable[tuple[int, str]]) -> None:
    """Rows that turned out to be at odds while they were written, with the reason of each."""
    found = list(rows)
    if not found:
        return
    numbers, reasons = map(list, zip(*found, strict=True))
    cursor.execute(
        f"INSERT INTO {faults_table(run_id)} (row, field, reason, conflicting, label) "
        f"SELECT row, '*', f.reason, true, s.label FROM unnest(%s::int[], %s::text[]) AS f (row, reason) "
        f"JOIN {rows_table(run_id)} s USING (row)",
        [numbers, reasons],
    )
    cursor.execute(f"UPDATE {rows_table(run_id)} SET outcome = 'conflicting' WHERE row = ANY (%s)", [numbers])


def lost(cursor: Any, run_id: int) -> bool:
    """Whether the staged rows are gone: dropped, or emptied by a crash of the database."""
    cursor.execute("SELECT to_regclass(%s)", [rows_table(run_id)])
    if cursor.fetchone()[0] is None:
        return True
    cursor.execute(f"SELECT NOT EXISTS (SELECT 1 FROM {rows_table(run_id)})")
    return bool(cursor.fetchone()[0])


def outcome_counts(cursor: Any, run_id: int) -> dict[str, int]:
    """Rows by outcome, the missing ones included. Only what is staged; see `lost`."""
    cursor.execute(f"SELECT outcome, count(*) FROM {rows_table(run_id)} GROUP BY outcome")
    counts = dict(cursor.fetchall())
    cursor.execute(
        f"SELECT conflicting, count(DISTINCT row) FROM {faults_table(run_id)} GROUP BY conflicting"
    )
    for conflicting, number in cursor.fetchall():
        counts["conflicting" if conflicting else "rejected"] = number
    cursor.execute(f"SELECT count(*) FROM {missing_table(run_id)}")
    counts["missing"] = cursor.fetchone()[0]
    return counts


def faults_of(cursor: Any, run_id: int) -> Faults:
    """All faults by row, and the rows that still wait for a decision, as the errors file wants them."""
    faults = Faults()
    cursor.execute(f"SELECT row, field, reason FROM {faults_table(run_id)} ORDER BY row, ctid")
    for row, field, reason in cursor.fetchall():
        faults.add(row, field, reason)
    cursor.execute(f"SELECT row, twin_label FROM {rows_table(run_id)} WHERE outcome = 'likely' ORDER BY row")
    for row, twin in cursor.fetchall():
        faults.add(
            row, "*", _("Likely the same person as %(person)s; nobody has decided.") % {"person": twin}
        )
    return faults


# --- Reading pages ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A row of a list as people read it. `details`: (heading, before, after) or (heading, "", reason)."""

    row: int | None
    label: str
    details: list[tuple[str, str, str]]
    target_id: int | None = None
    decision: str = ""


class Lines:
    """The rows of one outcome, read a page at a time; the count is the run's own."""

    def __init__(self, run_id: int, outcome: str, count: int, comparison: Comparison) -> None:
        self.run_id, self.outcome, self._count, self.comparison = run_id, outcome, count, comparison

    def count(self) -> int:
        return self._count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, part: slice) -> list[Line]:
        start, stop = part.start or 0, part.stop or self._count
        with connection.cursor() as cursor:
            if self.outcome == Outcome.MISSING:
                return self._missing(cursor, start, stop)
            if self.outcome in STAGED:
                return self._staged(cursor, start, stop)
            return self._faulty(cursor, start, stop)

    def _staged(self, cursor: Any, start: int, stop: int) -> list[Line]:
        cursor.execute(
            f"SELECT row, label, changes, COALESCE(twin_id, target_id), twin_label, decision "
            f"FROM {rows_table(self.run_id)} WHERE outcome = %s ORDER BY row OFFSET %s LIMIT %s",
            [self.outcome, start, stop - start],
        )
        found = cursor.fetchall()
        names = self._names(cursor, [_json(changes) for _r, _l, changes, *_rest in found])
        lines = []
        for row, label, changes, target, twin, decision in found:
            details = [
                (heading, self._shown(names, heading, old), self._shown(names, heading, new))
                for heading, (old, new) in sorted(_json(changes).items())
            ]
            if self.outcome == Outcome.LIKELY:
                details = [(_("Stored"), "", twin)]
            lines.append(Line(row, label, details, target, decision))
        return lines

    def _faulty(self, cursor: Any, start: int, stop: int) -> list[Line]:
        cursor.execute(
            f"""
            WITH page AS (
                SELECT row FROM {faults_table(self.run_id)} WHERE conflicting = %s
                GROUP BY row ORDER BY row OFFSET %s LIMIT %s
            )
            SELECT f.row, max(f.label), array_agg(f.field ORDER BY f.ctid), array_agg(f.reason ORDER BY f.ctid)
            FROM page JOIN {faults_table(self.run_id)} f USING (row) GROUP BY f.row ORDER BY f.row
            """,
            [self.outcome == Outcome.CONFLICTING, start, stop - start],
        )
        return [
            Line(row, label, [(field, "", reason) for field, reason in zip(fields, reasons, strict=True)])
            for row, label, fields, reasons in cursor.fetchall()
        ]

    def _missing(self, cursor: Any, start: int, stop: int) -> list[Line]:
        label = {
            "employees_employee": "t.name || ' · ' || COALESCE(t.nip, t.external_id, '')",
        }.get(self.comparison.table, "t.name || ' · ' || t.code")
        cursor.execute(
            f"SELECT t.id, {label} FROM {missing_table(self.run_id)} m JOIN {self.comparison.table} t USING (id) "
            "ORDER BY m.id OFFSET %s LIMIT %s",
            [start, stop - start],
        )
        return [Line(None, label, [], pk) for pk, label in cursor.fetchall()]

    def _names(self, cursor: Any, changes: Sequence[dict[str, Any]]) -> dict[tuple[str, Any], str]:
        """Names of what keys in the changes mean."""
        names: dict[tuple[str, Any], str] = {}
        headings = dict(self.comparison.fields)
        for name, (table, column) in self.comparison.references.items():
            heading = headings.get(name, "")
            keys = {key for change in changes for key in change.get(heading, ()) if key is not None}
            if keys:
                cursor.execute(f"SELECT id, {column} FROM {table} WHERE id = ANY (%s)", [list(keys)])
                names |= {(heading, pk): text for pk, text in cursor.fetchall()}
        for name, words in self.comparison.words.items():
            names |= {(headings[name], code): str(word) for code, word in words.items()}
        return names

    @staticmethod
    def _shown(names: dict[tuple[str, Any], str], heading: str, value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(map(str, value)) or "–"
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if value is None or value == "":
            return "–"
        return names.get((heading, value), _day(str(value)))


def _day(text: str) -> str:
    """An ISO date as people write it; any other text as it is."""
    if len(text) == 10 and text[4] == text[7] == "-":
        try:
            return date_format(date.fromisoformat(text), "j F Y")
        except ValueError:
            return text
    return text


def _json(value: Any) -> dict[str, Any]:
    if not value:
        return {}
    found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found
