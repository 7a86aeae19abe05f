"""The whole synthetic ministry in one transaction: all of it or nothing."""

import time
from collections.abc import Callable, Iterable
from datetime import date
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from audit import log
from audit.errors import Refusal
from employees.models import Employee, ServiceArea, Unit
from simdiklat.demo import (
    DEMO_PASSWORD,
    MINIMUM,
    accounts,
    catalogue,
    certificates,
    copying,
    history,
    people,
    regions,
    units,
)
from simdiklat.demo.classes import Planner
from simdiklat.demo.people import DemoPerson
from simdiklat.demo.units import DemoUnit
from trainings.models import HistoryRecord, Programme, TrainingClass

_EMPLOYEE_COLUMNS = (
    "id", "nip", "external_id", "name", "front_title", "back_title", "sex", "birth_date", "status", "activity",
    "grade", "position_kind", "level", "position", "unit_id", "service_start", "retirement_date", "email",
    "phone", "user_id",
)  # fmt: skip
_USER_COLUMNS = (
    "id", "password", "is_superuser", "username", "email", "is_staff", "is_active", "date_joined", "full_name",
    "language",
)  # fmt: skip


def seed(employees: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Fill an empty database with a ministry of so many people; return the counts and the seconds taken.

    The same number on the same day gives the same ministry, but for the lottery's seeds and the
    password's salt. Raises Refusal, with nothing changed, when there is data already or too few are asked
    for.
    """
    if employees < MINIMUM:
        raise Refusal(f"A ministry needs at least {MINIMUM} people: give --employees {MINIMUM} or more.")
    begun = time.monotonic()

    def step(words: str) -> None:
        tell(f"{time.monotonic() - begun:6.1f} s  {words}")

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('simdiklat_seed_demo'))")
            # The trigram indexes are merged seldom and in large pieces; the sorts stay in memory.
            cursor.execute("SET LOCAL gin_pending_list_limit = '128MB'")
            cursor.execute("SET LOCAL work_mem = '128MB'")
        _refuse_if_filled()
        counts = _fill(employees, timezone.localdate(), step)
        step("checking references and committing")
    _settle(step)
    return counts | {"seconds": round(time.monotonic() - begun, 1)}


def _refuse_if_filled() -> None:
    for model, words in (
        (Unit, "units"), (Employee, "employees"), (Programme, "programmes"), (TrainingClass, "classes"),
        (HistoryRecord, "training history"),
    ):  # fmt: skip
        if model.objects.exists():
            raise Refusal(
                f"The database already holds {words}; the demo fills an empty one only. Nothing was changed."
            )
    taken = (
        User.objects.filter(username__in=[name for name, *_ in accounts.SIGN_INS])
        .order_by("username")
        .first()
    )
    if taken:
        raise Refusal(
            f'There is already an account "{taken.username}", a name the demo needs. Nothing was changed.'
        )


def _fill(employees: int, today: date, step: Callable[[str], None]) -> dict[str, int]:
    # Not for secrets: a fixed start makes the same ministry every time.
    rng = Random(f"simdiklat {employees}")  # noqa: S311
    tree = units.build(employees, copying.first_ids("employees_unit"), rng)
    _store_units(tree, today)
    step(f"{len(tree):,} units")
    programmes = catalogue.create()
    step(f"{len(programmes)} programmes")

    password_hash = make_password(DEMO_PASSWORD)
    accounts.create_role_accounts(tree, password_hash, today)
    everybody = people.build(
        tree, copying.first_ids("employees_employee"), copying.first_ids("accounts_user"), today, rng
    )
    step(f"{len(everybody):,} people invented")
    copying.copy_rows("accounts_user", _USER_COLUMNS, _users(everybody, password_hash))
    copying.go_on_after("accounts_user")
    step("accounts stored")
    copying.copy_rows("employees_employee", _EMPLOYEE_COLUMNS, (person.columns for person in everybody))
    copying.go_on_after("employees_employee")
    _analyze("employees_employee", "accounts_user", "trainings_standing")
    step("people stored")

    found = history.categories(everybody, today, rng)
    made = Planner(tree, programmes, today, rng).everything(everybody, found)
    step(f"{len(made.classes)} classes")
    writer = history.HistoryWriter(today, rng)
    copying.copy_lines(
        "trainings_historyrecord", writer.columns, writer.lines(everybody, found, made.records)
    )
    step(f"{writer.count:,} records of training history, standing computed by the database")
    issued = certificates.issue()
    step(f"{issued} certificates")
    counts = {
        "employees": len(everybody),
        "units": len(tree),
        "programmes": len(programmes),
        "classes": len(made.classes),
        "history": writer.count,
    }
    log.record("demo.seeded", by=None, object_type="ministry", data=counts)
    return counts


def _store_units(tree: list[DemoUnit], today: date) -> None:
    copying.copy_rows(
        "employees_unit",
        ("id", "code", "name", "kind", "parent_id", "province_code", "time_zone"),
        (
            (u.id, u.code, u.name, u.kind, u.parent, u.province, regions.time_zone(u.province))
            for u in tree
        ),
    )  # fmt: skip
    copying.go_on_after("employees_unit")
    by_code = {unit.code: unit.id for unit in tree}
    # Two training centres opened within the demo's ten years; until then others served their areas.
    opened = date(today.year - 4, 1, 1)
    moved = {province for _centre, provinces in regions.FORMER_AREAS for province in provinces}
    links: list[tuple[str, str, date, date | None]] = [
        (centre, province, opened if province in moved else date(today.year - 10, 1, 1), None)
        for centre, _name, _kind, _home, provinces in regions.CENTRES
        for province in provinces
    ]
    links += [
        (centre, province, date(today.year - 10, 1, 1), date(today.year - 5, 12, 31))
        for centre, provinces in regions.FORMER_AREAS
        for province in provinces
    ]
    ServiceArea.objects.bulk_create(
        ServiceArea(organiser_id=by_code[centre], area_id=by_code[f"KW{province}"], since=since, until=until)
        for centre, province, since, until in links
    )


def _users(everybody: Iterable[DemoPerson], password_hash: str) -> Iterable[tuple]:
    joined = timezone.now().isoformat()
    for person in everybody:
        columns = person.columns
        yield (
            columns[19], password_hash, False, person.number, columns[17], False, True, joined, columns[3], "id",
        )  # fmt: skip


def _analyze(*tables: str) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {table}")


def _settle(step: Callable[[str], None]) -> None:
    """Leave fresh statistics and visibility maps, so that the first ranking is as fast as the second."""
    with connection.cursor() as cursor:
        if connection.in_atomic_block:  # in a test: VACUUM does not run inside a transaction
            cursor.execute("ANALYZE")
        else:
            cursor.execute("VACUUM ANALYZE")
    step("statistics")


def figures(today: date) -> dict[str, float]:
    """Shares of the people in active service: untrained for two years, never trained, trained 10 times or more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH active AS (
                SELECT s.* FROM trainings_standing s JOIN employees_employee e ON e.id = s.employee_id
                WHERE e.activity = 'AKTIF'
            ), many AS (
                SELECT h.employee_id, count(*) FROM trainings_historyrecord h
                JOIN active ON active.employee_id = h.employee_id
                WHERE h.result IN ('LULUS', 'HADIR') AND h.jp >= 20
                GROUP BY h.employee_id HAVING count(*) >= 10
            )
            SELECT count(*),
                count(*) FILTER (WHERE last_training IS NULL OR last_training < %s::date - interval '2 years'),
                count(*) FILTER (WHERE NOT ever_trained),
                (SELECT count(*) FROM many)
            FROM active
            """,
            [today],
        )
        active, untrained, never, many = cursor.fetchone()
    return {"untrained": untrained / active, "never": never / active, "again_and_again": many / active}
