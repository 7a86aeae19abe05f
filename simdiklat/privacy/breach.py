"""Whose data an account or an export has touched: the list for a breach notice (UU 27/2022 art. 46: 3 × 24 h)."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.requests import number_in
from accounts.roles import Permission
from audit.errors import Refusal
from audit.models import Reading
from employees.models import Employee
from employees.scoping import scope_roots, within

HEADINGS = (
    "NIP",
    "ID_PEGAWAI",
    "NAMA",
    "KODE_SATUAN_KERJA",
    "EMAIL",
    "NO_HP",
    "KALI",
    "PERTAMA",
    "TERAKHIR",
    "CARA",
)


@dataclass(frozen=True)
class Touched:
    """One person: how often the data was shown, first and last when, by which ways."""

    person: Employee
    times: int
    first: datetime
    last: datetime
    kinds: list[str]


@dataclass
class Report:
    """Who was touched, and by how many readings. `hidden`: people outside the reader's scope, only counted."""

    people: list[Touched]
    readings: int
    hidden: int

    @property
    def units(self) -> int:
        return len({one.person.unit_id for one in self.people})


def report(
    *,
    account: str = "",
    export: str = "",
    since: date | None = None,
    until: date | None = None,
    by: Any = None,
) -> Report:
    """Everybody whose data the account (user name) or the export (its number in the log of reading) showed.

    `since` and `until` are days, both inclusive. `by` keeps to the reader's scope; None (a command) sees all.
    Refusal: neither account nor export, or there is no such one.
    """
    found = _readings(account, export)
    found = found.between(_start(since), _start(until + timedelta(days=1)) if until else None)
    keys = list(found.exclude(subjects=[]).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT COALESCE(e.merged_into_id, subject) AS person, count(DISTINCT r.id), min(r.at), max(r.at),
                array_agg(DISTINCT r.kind)
            FROM audit_reading r CROSS JOIN LATERAL unnest(r.subjects) AS subject
            LEFT JOIN employees_employee e ON e.id = subject
            WHERE r.id = ANY (%s) GROUP BY person
            """,
            [keys],
        )
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    people = Employee.objects.filter(pk__in=list(rows)).select_related("unit").order_by("name", "pk")
    if by is not None:
        people = people.filter(within(scope_roots(by, Permission.SEE_AUDIT), "unit__path"))
    touched = [Touched(person, *rows[person.pk]) for person in people]
    return Report(touched, len(keys), len(rows) - len(touched))


def _readings(account: str, export: str) -> Any:
    if export:
        found = Reading.objects.filter(pk=number_in(export) or 0)
        if not found.exists():
            raise Refusal(_("The log of reading has no entry with the number %(id)s.") % {"id": export})
        return found
    if not account:
        raise Refusal(_("Name an account or an export."))
    user = User.objects.filter(username=account).first()
    if user is None:
        raise Refusal(_("There is no account called %(name)s.") % {"name": account})
    return Reading.objects.by_account(user.pk)


def _start(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def rows(found: Report) -> Iterator[tuple[str, ...]]:
    """The lines of the CSV, headings first; times in ISO."""
    yield HEADINGS
    for one in found.people:
        person = one.person
        yield (
            person.nip or "", person.external_id or "", person.full_name, person.unit.code, person.email,
            person.phone, str(one.times), _iso(one.first), _iso(one.last), "|".join(sorted(one.kinds)),
        )  # fmt: skip


def _iso(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds")


def write_csv(found: Report, stream: IO[str]) -> int:
    """Write the report; cells that a spreadsheet would take for a formula are made harmless. Number of people."""
    writer = csv.writer(stream)
    for line in rows(found):
        writer.writerow(
            [f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in line]
        )
    return len(found.people)
