"""Completion: all or nothing, once, whatever happens in between."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, connections
from django.utils import timezone

from accounts.models import RoleGrant
from audit.errors import Refusal
from audit.models import Event
from simdiklat.integrity import problems
from tests import factories
from tests.races import at_once
from tests.simdiklat.test_integrity import tamper
from tests.trainings import running
from trainings import actions, completion
from trainings.delivery.completing import months_after
from trainings.models import (
    Completion,
    Grading,
    HistoryRecord,
    Hold,
    ParticipantResult,
    ResultChange,
    RuleSettings,
)


@pytest.fixture
def heard(monkeypatch) -> list[Any]:
    """What the hooks were called with; no hook of another room is called."""
    calls: list[Any] = []
    monkeypatch.setattr(completion, "_completed", [lambda *given: calls.append(given)])
    monkeypatch.setattr(completion, "_changed", [lambda *given: calls.append(given)])
    return calls


def prepared(tree) -> dict[str, Any]:
    """A class that ended yesterday: one passed, one failed, one absent, one ill, one withdrawn, one released."""
    training_class = running.running_class(tree.bdk)
    session = running.lesson(training_class)
    people = {
        name: factories.employee(tree.madrasah) for name in ["passed", "failed", "absent", "ill", "withdrew"]
    }
    seats = {name: running.seat(training_class, person) for name, person in people.items()}
    running.seat(training_class, factories.employee(tree.madrasah), state="released")
    component = running.graded(training_class)
    for name, value in (("passed", 80), ("failed", 50), ("withdrew", 90)):
        running.mark(session, seats[name])
        running.score(component, seats[name], value)
    running.mark(session, seats["ill"], "SAKIT")
    return {"class": training_class, "people": people, "seats": seats}


def locked(tree, by) -> dict[str, Any]:
    made = prepared(tree)
    actions.withdraw(
        participation=made["seats"]["withdrew"], by=by, day=made["class"].first_day, reason="Tugas mendadak"
    )
    actions.lock_results(training_class=made["class"], by=by)
    return made


def test_completion_writes_history_standing_holds_and_tells_the_other_rooms_once(tree, cast, heard):
    made = locked(tree, cast.organiser)
    people, training_class = made["people"], made["class"]
    before = HistoryRecord.objects.count()
    done = actions.complete(training_class=training_class, by=cast.organiser)
    results = dict(HistoryRecord.objects.values_list("employee_id", "result"))
    assert results == {
        people["passed"].pk: "LULUS",
        people["failed"].pk: "TIDAK_LULUS",
        people["absent"].pk: "TIDAK_HADIR",
        people["ill"].pk: "TIDAK_HADIR",
        people["withdrew"].pk: "MENGUNDURKAN_DIRI",
    }
    assert HistoryRecord.objects.count() == before + 5
    record = HistoryRecord.objects.get(employee=people["passed"])
    assert (record.jp, record.training_class, record.organiser) == (8, training_class, "BDK Surabaya")
    for person in people.values():
        person.standing.refresh_from_db()
    assert people["passed"].standing.last_training == training_class.last_day
    assert people["failed"].standing.last_training is None
    # Only the absence without notice is held against somebody.
    hold = Hold.objects.get()
    assert hold.employee == people["absent"]
    assert hold.until == months_after(training_class.last_day, 6)
    assert done.counts["holds"] == 1
    ((told_class, records, by),) = heard
    assert (told_class, by) == (training_class, cast.organiser)
    assert {r.pk for r in records} == set(HistoryRecord.objects.values_list("pk", flat=True))
    # Again: the same completion, nothing more.
    assert actions.complete(training_class=training_class, by=cast.central) == done
    assert len(heard) == 1
    assert Hold.objects.count() == 1
    assert Event.objects.filter(verb="class.completed").count() == 1


def test_no_hold_where_the_setting_says_none(tree, cast, heard):
    RuleSettings.objects.update(absence_hold_months=0)
    made = locked(tree, cast.organiser)
    actions.complete(training_class=made["class"], by=cast.organiser)
    assert not Hold.objects.exists()


def test_a_record_that_came_by_a_file_is_taken_over_not_doubled(tree, cast, heard):
    made = locked(tree, cast.organiser)
    training_class = made["class"]
    factories.history(
        made["people"]["passed"], training_class.last_day, training_class.programme, result="HADIR"
    )
    actions.complete(training_class=training_class, by=cast.organiser)
    record = HistoryRecord.objects.get(employee=made["people"]["passed"])
    assert (record.result, record.training_class) == ("LULUS", training_class)


def test_what_stands_in_the_way_is_said(tree, cast, heard):
    made = prepared(tree)
    with pytest.raises(Refusal, match=r"[Kk]unci|Lock"):
        actions.complete(training_class=made["class"], by=cast.organiser)
    with pytest.raises(Refusal):
        actions.complete(training_class=made["class"], by=cast.operator)
    today = running.running_class(tree.bdk, first_day=timezone.localdate())
    with pytest.raises(Refusal):
        actions.complete(training_class=today, by=cast.organiser)
    assert not Completion.objects.exists()


def test_a_hook_that_fails_undoes_everything(tree, cast, monkeypatch):
    made = locked(tree, cast.organiser)

    def fails(*given):
        assert HistoryRecord.objects.exists()
        raise RuntimeError("no paper")

    monkeypatch.setattr(completion, "_completed", [fails])
    with pytest.raises(RuntimeError):
        actions.complete(training_class=made["class"], by=cast.organiser)
    assert not HistoryRecord.objects.exists()
    assert not Completion.objects.exists()
    assert not Hold.objects.exists()
    made["people"]["passed"].standing.refresh_from_db()
    assert made["people"]["passed"].standing.last_training is None


@pytest.mark.django_db(transaction=True)
def test_raced_and_killed_the_history_is_written_once(tree, cast, monkeypatch):
    made = locked(tree, cast.organiser)
    calls: list[int] = []

    def killed(*given):
        # As a power cut would: the server ends the connection in the middle of the transaction.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(completion, "_completed", [killed])
    (lost,) = at_once(lambda: actions.complete(training_class=made["class"], by=cast.organiser))
    assert isinstance(lost, OperationalError)
    assert not HistoryRecord.objects.exists()
    monkeypatch.setattr(completion, "_completed", [lambda *given: calls.append(1)])
    work = lambda: actions.complete(training_class=made["class"], by=cast.organiser).pk  # noqa: E731 - one line thrice
    assert at_once(work, work, work) == [made["class"].pk] * 3
    assert calls == [1]
    assert HistoryRecord.objects.count() == 5
    assert Hold.objects.count() == 1
    connections.close_all()


@pytest.fixture
def second(tree):
    user = get_user_model().objects.create_user("second", "second@contoh.invalid", "x")
    RoleGrant.objects.create(
        user=user, role="organiser", unit=tree.bdk, since=timezone.localdate() - timedelta(days=9)
    )
    return user


def test_a_change_after_the_lock_is_a_new_version_by_two_officers(tree, cast, heard, second):
    made = locked(tree, cast.organiser)
    training_class, absent = made["class"], made["people"]["absent"]
    actions.complete(training_class=training_class, by=cast.organiser)
    result = ParticipantResult.objects.current().get(employee=absent)
    with pytest.raises(Refusal):
        actions.request_change(result=result, by=cast.organiser, outcome="HADIR", reason=" ")
    change = actions.request_change(
        result=result, by=cast.organiser, outcome="HADIR", reason="Daftar hadir kertas ditemukan"
    )
    with pytest.raises(Refusal):
        actions.request_change(result=result, by=second, outcome="LULUS", reason="Dua kali")
    with pytest.raises(Refusal):
        actions.decide_change(change=change, by=cast.organiser, approve=True)
    new = actions.decide_change(change=change, by=second, approve=True)
    assert (new.version, new.current, new.outcome) == (2, True, "HADIR")
    assert ParticipantResult.objects.filter(employee=absent).count() == 2
    record = HistoryRecord.objects.get(employee=absent)
    assert record.result == "HADIR"
    absent.standing.refresh_from_db()
    assert absent.standing.last_training == training_class.last_day
    assert not Hold.objects.exists()
    assert heard[-1] == (training_class, record, "TIDAK_HADIR", second)
    with pytest.raises(Refusal):
        actions.decide_change(change=change, by=second, approve=True)


def test_a_refused_change_leaves_everything(tree, cast, heard, second):
    made = locked(tree, cast.organiser)
    result = ParticipantResult.objects.current().get(employee=made["people"]["failed"])
    change = actions.request_change(result=result, by=cast.organiser, outcome="LULUS", reason="Salah hitung")
    assert actions.decide_change(change=change, by=second, approve=False) == result
    assert ParticipantResult.objects.filter(employee=made["people"]["failed"]).count() == 1
    assert ResultChange.objects.get().state == "refused"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trainings_participantresult SET outcome = 'LULUS'",
        "DELETE FROM trainings_participantresult",
        "UPDATE trainings_attendance SET status = 'HADIR', late_minutes = 3",
        "DELETE FROM trainings_attendance",
        "UPDATE trainings_score SET score = 100",
        "UPDATE trainings_component SET weight = 10",
        "UPDATE trainings_session SET day = day + 1",
    ],
)
def test_the_database_keeps_what_is_locked(tree, cast, statement):
    locked(tree, cast.organiser)
    with pytest.raises(Exception, match=r"locked|never changed"), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_a_mark_and_the_lock_at_the_same_moment_leave_no_mark_uncounted(tree, cast):
    for _turn in range(3):
        made = prepared(tree)
        session = made["class"].agenda.get()
        outcome = at_once(
            lambda: actions.lock_results(training_class=made["class"], by=cast.organiser),  # noqa: B023 - run in this turn
            lambda: running.mark(session, made["seats"]["absent"]),  # noqa: B023 - run in this turn
        )
        result = ParticipantResult.objects.get(employee=made["people"]["absent"])
        came = not isinstance(outcome[1], Exception)
        assert (result.attended_minutes > 0) == came
        assert Grading.objects.get(pk=made["class"].pk).locked


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [("2026-08-31", 6, "2027-02-28"), ("2026-01-31", 1, "2026-02-28"), ("2026-06-15", 12, "2027-06-15")],
)
def test_months_after(day, months, expected):
    from datetime import date

    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("statement", "invariant"),
    [
        ("UPDATE trainings_historyrecord SET result = 'HADIR' WHERE result = 'TIDAK_LULUS'", "results"),
        ("DELETE FROM trainings_participantresult", "results"),
        ("UPDATE trainings_participantresult SET outcome = 'HADIR' WHERE outcome = 'LULUS'", "results"),
        ("UPDATE trainings_session SET day = day + 60", "agenda"),
        ("UPDATE trainings_session SET active = false", "agenda"),
    ],
)
def test_check_data_finds_what_was_changed_behind_the_portals_back(tree, cast, heard, statement, invariant):
    made = locked(tree, cast.organiser)
    actions.complete(training_class=made["class"], by=cast.organiser)
    assert not {"results", "agenda"} & set(problems())
    tamper(statement)
    assert invariant in problems()
