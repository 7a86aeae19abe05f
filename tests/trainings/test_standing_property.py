"""The standing the database keeps, held against plain Python: after any writes, in any order, at once."""

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from employees.models import Employee, Unit
from tests import factories
from tests.invitations import model, world
from tests.profiles import THOROUGH, tries
from trainings.models import HistoryRecord, NthTraining, Programme, RuleSettings, Standing

pytestmark = pytest.mark.timeout(3600 if THOROUGH else 300)

PROGRAMMES = ["TEK-1", "tek-1", "MOOC-1", "LAMA-9"]
STARTS = [date(2010, 3, 1), date(2011, 3, 1), date(2016, 5, 5)]


def stored_standings() -> dict[int, tuple]:
    return {
        row.employee_id: (row.last_training, row.ever_trained, row.waiting_since, row.service_start)
        for row in Standing.objects.all()
    }


def expected_by_the_view() -> dict[int, tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT employee_id, service_start, last_training FROM trainings_standing_expected")
        return {
            number: (last, last is not None, last or start, start)
            for number, start, last in cursor.fetchall()
        }


def expected_by_the_model() -> dict[int, tuple]:
    """The plain-Python standing of everybody, from the rows that are in the database now."""
    catalogue = [model.Programme(p.code, resets_wait=p.resets_wait) for p in Programme.objects.all()]
    history = [
        model.History(h.employee_id, h.programme_code, h.last_day, h.result, h.kind, h.jp)
        for h in HistoryRecord.objects.all()
    ]
    rules = model.Settings(minimum_jp=RuleSettings.current().minimum_jp)
    found = {}
    for row in Employee.objects.all():
        person = model.Person(row.pk, row.nip, row.external_id, "", service_start=row.service_start)
        ever, since, start = model.standing(person, history, catalogue, rules, timezone.localdate())
        found[row.pk] = (since if ever else None, ever, since, start)
    return found


def taken_part() -> dict[int, list[date]]:
    """The last days of everybody's trainings taken part in, the latest first."""
    days: dict[int, list[date]] = {}
    for record in HistoryRecord.objects.all():
        if record.result in ("LULUS", "HADIR"):
            days.setdefault(record.employee_id, []).append(record.last_day)
    return {person: sorted(found, reverse=True) for person, found in days.items()}


def numbered() -> dict[int, list[date]]:
    """The same as the database keeps it; fails on a gap."""
    days: dict[int, list[date]] = {}
    for row in NthTraining.objects.order_by("employee_id", "number"):
        own = days.setdefault(row.employee_id, [])
        own.append(row.last_day)
        assert row.number == len(own)
    return days


def agree() -> None:
    assert numbered() == taken_part()
    stored = stored_standings()
    assert stored == expected_by_the_model()
    assert stored == expected_by_the_view()


# --- Any sequence of writes ----------------------------------------------------------------------


class Writer:
    """One kind of write per method, each drawing what it needs."""

    def __init__(self, data: st.DataObject, unit: Unit) -> None:
        self.draw = data.draw
        self.unit = unit
        self.people = [self.new_person() for _ in range(3)]

    def new_person(self) -> Employee:
        return factories.employee(self.unit, service_start=self.draw(st.sampled_from(STARTS)))

    def record(self) -> HistoryRecord:
        drawn = self.draw(world.records(0, timezone.localdate()))
        row = world.history_row(self.draw(st.sampled_from(self.people)), drawn)
        row.programme_code = self.draw(st.sampled_from([*PROGRAMMES, ""]))
        row.identity = HistoryRecord.identity_of(row.programme_code, row.title)
        return row

    def fresh(self, most: int) -> list[HistoryRecord]:
        """Records that are not there yet, each once."""
        there = set(HistoryRecord.objects.values_list("employee_id", "identity", "last_day"))
        rows = {(r.employee_id, r.identity, r.last_day): r for r in (self.record() for _ in range(most))}
        return [row for key, row in rows.items() if key not in there]

    def one_of(self, queryset: Any) -> Any:
        rows = list(queryset.order_by("pk"))
        return self.draw(st.sampled_from(rows)) if rows else None

    def insert(self) -> None:
        for row in self.fresh(1):
            row.save()

    def copy(self) -> None:
        """COPY, the way bulk imports load."""
        columns = ["employee_id", "programme_code", "title", "identity", "kind", "organiser", "first_day",
                   "last_day", "jp", "result", "certificate_number"]  # fmt: skip
        lines = "".join(
            "\t".join(str(getattr(row, column)) for column in columns) + "\n" for row in self.fresh(6)
        )
        with connection.cursor() as cursor:
            cursor.copy_expert(
                f"COPY trainings_historyrecord ({', '.join(columns)}) FROM STDIN", io.StringIO(lines)
            )

    def upsert(self) -> None:
        """One statement that inserts some rows and updates others."""
        rows = {(r.employee_id, r.identity, r.last_day): r for r in (self.record() for _ in range(4))}
        HistoryRecord.objects.bulk_create(
            rows.values(),
            update_conflicts=True,
            unique_fields=["employee", "identity", "last_day"],
            update_fields=["result", "kind", "jp"],
        )

    def change_result(self) -> None:
        if row := self.one_of(HistoryRecord.objects):
            row.result = self.draw(st.sampled_from(["LULUS", "HADIR", "TIDAK_HADIR"]))
            row.jp = self.draw(st.sampled_from([19, 20, 21]))
            row.save()

    def give_to_another(self) -> None:
        """A record moves to another person: both stand differently."""
        if row := self.one_of(HistoryRecord.objects):
            other = self.draw(st.sampled_from(self.people))
            if not HistoryRecord.objects.filter(
                employee=other, identity=row.identity, last_day=row.last_day
            ).exists():
                HistoryRecord.objects.filter(pk=row.pk).update(employee=other)

    def move_day(self) -> None:
        if row := self.one_of(HistoryRecord.objects):
            day = row.last_day - timedelta(days=self.draw(st.integers(1, 4000)))
            HistoryRecord.objects.filter(pk=row.pk).update(first_day=day, last_day=day)

    def delete(self) -> None:
        if row := self.one_of(HistoryRecord.objects):
            row.delete()

    def delete_all_of_a_result(self) -> None:
        HistoryRecord.objects.filter(result=self.draw(st.sampled_from(["LULUS", "HADIR"]))).delete()

    def add_programme(self) -> None:
        known = set(Programme.objects.values_list("code", flat=True))
        new = [code for code in PROGRAMMES if code not in known]
        chosen = self.draw(st.lists(st.sampled_from(new), unique=True)) if new else []
        Programme.objects.bulk_create(
            world.programme_row(model.Programme(code, resets_wait=self.draw(st.booleans())))
            for code in chosen
        )

    def change_programme(self) -> None:
        if row := self.one_of(Programme.objects):
            row.resets_wait = not row.resets_wait
            row.save()

    def rename_programme(self) -> None:
        known = set(Programme.objects.values_list("code", flat=True))
        row, new = self.one_of(Programme.objects), [code for code in PROGRAMMES if code not in known]
        if row and new:
            row.code = self.draw(st.sampled_from(new))
            row.resets_wait = self.draw(st.booleans())
            row.save()

    def drop_programme(self) -> None:
        if row := self.one_of(Programme.objects):
            row.delete()

    def change_settings(self) -> None:
        RuleSettings.objects.update(minimum_jp=self.draw(st.sampled_from([0, 10, 20, 21, 100])))

    def start_earlier(self) -> None:
        person = self.draw(st.sampled_from(self.people))
        Employee.objects.filter(pk=person.pk).update(service_start=self.draw(st.sampled_from(STARTS)))

    def hire(self) -> None:
        self.people.append(self.new_person())


WRITES = [name for name, method in vars(Writer).items() if callable(method) and name not in {
    "__init__", "new_person", "record", "fresh", "one_of",
}]  # fmt: skip


@pytest.mark.django_db
@tries(60)
@given(data=st.data())
def test_standing_follows_every_write(data: st.DataObject) -> None:
    with world.undone():
        writer = Writer(data, factories.unit("MENAG"))
        agree()
        for name in data.draw(st.lists(st.sampled_from(WRITES), min_size=1, max_size=14)):
            getattr(writer, name)()
            agree()
        since = data.draw(st.sampled_from(STARTS) | st.dates(date(2009, 1, 1), timezone.localdate()))
        least, more = data.draw(st.integers(0, 4)), data.draw(st.none() | st.integers(0, 2))
        most = None if more is None else least + more
        times = {person: sum(day >= since for day in days) for person, days in taken_part().items()}
        found = Employee.objects.trained_times(since, least=least, most=most)
        assert set(found.values_list("pk", flat=True)) == {
            pk
            for pk in Employee.objects.values_list("pk", flat=True)
            if least <= times.get(pk, 0) and (most is None or times.get(pk, 0) <= most)
        }


@pytest.mark.django_db
@tries(30)
@given(drawn=world.worlds())
def test_standing_of_a_whole_ministry_loaded_at_once(drawn: model.World) -> None:
    with world.undone():
        stored = world.store(drawn)
        agree()
        today = timezone.localdate()
        standings = stored_standings()
        for person in drawn.people:
            ever, since, start = model.standing(person, drawn.history, drawn.catalogue, drawn.settings, today)
            assert standings[stored.people[person.id].pk][1:] == (ever, since, start)


# --- Two connections at once ---------------------------------------------------------------------


@pytest.fixture
def committed(test_database: None, django_db_blocker: Any) -> Iterator[list[Employee]]:
    """Two people whose rows are really committed; what the test wrote is deleted afterwards.

    Not `transaction=True`: its flush would also empty the rows that migrations write.
    """
    with django_db_blocker.unblock():
        unit = factories.unit("BALAPAN")
        people = [factories.employee(unit, service_start=STARTS[0]) for _ in range(2)]
        try:
            yield people
        finally:
            HistoryRecord.objects.all().delete()
            Programme.objects.all().delete()
            Employee.objects.filter(unit=unit).delete()
            unit.delete()
            RuleSettings.objects.update(minimum_jp=20)
            connection.close()


def at_once(*writes: Callable[[], Any]) -> None:
    """Run each in a transaction of its own connection, all having written before the first commits.

    A write that has to wait for another's commit gives up its place in the rendezvous after a while:
    then the first commits and the other goes on.
    """
    meeting = threading.Barrier(len(writes))

    def run(write: Callable[[], Any]) -> None:
        try:
            with transaction.atomic():
                write()
                try:
                    meeting.wait(timeout=0.3)
                except threading.BrokenBarrierError:
                    return
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(len(writes)) as pool:
        for done in [pool.submit(run, write) for write in writes]:
            done.result(timeout=30)


def passed_on(person: Employee, day: date, code: str = "TEK-1") -> HistoryRecord:
    return world.history_row(person, model.History(0, code, day))


class TestRaces:
    """Each race is run several times, in both orders of starting."""

    def test_two_records_of_one_person(self, committed: list[Employee]) -> None:
        for n in range(6):
            early, late = date(2020, 1, 1 + n), date(2021, 1, 1 + n)
            first, second = passed_on(committed[0], early), passed_on(committed[0], late)
            at_once(*([first.save, second.save] if n % 2 else [second.save, first.save]))
            assert stored_standings()[committed[0].pk][0] == late
            agree()

    def test_one_record_comes_while_another_goes(self, committed: list[Employee]) -> None:
        for n in range(6):
            going = passed_on(committed[0], date(2022, 1, 1 + n))
            going.save()
            coming = passed_on(committed[0], date(2019, 1, 1 + n))
            at_once(*([going.delete, coming.save] if n % 2 else [coming.save, going.delete]))
            assert stored_standings()[committed[0].pk][0] == date(2019, 1, 1 + n)
            agree()

    def test_bulk_loads_that_name_the_same_people_in_opposite_order(self, committed: list[Employee]) -> None:
        for n in range(6):
            one = [passed_on(p, date(2018, 1, 1 + n)) for p in committed]
            two = [passed_on(p, date(2018, 2, 1 + n)) for p in reversed(committed)]
            at_once(
                lambda one=one: HistoryRecord.objects.bulk_create(one),
                lambda two=two: HistoryRecord.objects.bulk_create(two),
            )
            assert {row[0] for row in stored_standings().values()} == {date(2018, 2, 1 + n)}
            agree()

    def test_history_against_the_catalogue(self, committed: list[Employee]) -> None:
        programme = factories.programme("TEK-1", resets_wait=False)
        for n in range(6):
            resets = not programme.resets_wait
            programme.resets_wait = resets
            record = passed_on(committed[0], date(2020, 1, 1 + n))
            at_once(*([record.save, programme.save] if n % 2 else [programme.save, record.save]))
            assert stored_standings()[committed[0].pk][0] == (record.last_day if resets else None)
            agree()

    def test_history_against_a_programme_that_enters_the_catalogue(self, committed: list[Employee]) -> None:
        for n in range(6):
            code = f"BARU-{n}"
            entering = world.programme_row(model.Programme(code, resets_wait=False))
            record = passed_on(committed[1], date(2020, 1, 1 + n), code)
            at_once(*([record.save, entering.save] if n % 2 else [entering.save, record.save]))
            assert stored_standings()[committed[1].pk][0] is None
            agree()

    def test_history_against_the_settings(self, committed: list[Employee]) -> None:
        for n in range(6):
            record = passed_on(committed[0], date(2020, 1, 1 + n), f"LAMA-{n}")
            record.jp = 30
            minimum = 40 if n % 2 else 20
            change = lambda minimum=minimum: RuleSettings.objects.update(minimum_jp=minimum)  # noqa: E731
            at_once(*([record.save, change] if n % 3 else [change, record.save]))
            assert stored_standings()[committed[0].pk][0] == (None if n % 2 else record.last_day)
            agree()

    def test_history_against_the_first_day_of_service(self, committed: list[Employee]) -> None:
        person = committed[0]
        for n in range(6):
            start = STARTS[n % 3]
            move = lambda start=start: Employee.objects.filter(pk=person.pk).update(service_start=start)  # noqa: E731
            record = replace(model.History(0, "LAMA-9", date(2020, 1, 1 + n)), result="HADIR")
            row = world.history_row(person, record)
            at_once(*([row.save, move] if n % 2 else [move, row.save]))
            assert stored_standings()[person.pk] == (row.last_day, True, row.last_day, start)
            agree()

    def test_two_writers_and_the_catalogue(self, committed: list[Employee]) -> None:
        programme = factories.programme("TEK-1", resets_wait=True)
        for n in range(4):
            rows = [passed_on(person, date(2020, 1, 1 + n)) for person in committed]
            programme.resets_wait = not programme.resets_wait
            at_once(rows[0].save, programme.save, rows[1].save)
            agree()
