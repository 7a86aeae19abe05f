"""Checking in: fresh codes only, once, by the server's clock, whatever the line and the device do."""

import json
from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from tests.races import at_once
from tests.trainings import running
from trainings import passes
from trainings.delivery import checkin
from trainings.delivery.checkin import Answer, Sent
from trainings.models import Attendance, Participation, Scan

JAKARTA = timezone.get_default_timezone()


def moment(session, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(session.day, time(hour, minute), JAKARTA)


@pytest.fixture
def today(tree, cast):
    """A session of today, 08:00 to 09:30, with the employee seated."""
    training_class = running.running_class(tree.bdk, first_day=timezone.localdate())
    session = running.lesson(training_class)
    running.seat(training_class, cast.employee)
    return session


def enter(session, cast, at, code=None):
    with travel(at, tick=False):
        return checkin.by_room_code(
            code or passes.room_code(session.pk, timezone.now()), employee_id=cast.employee.pk
        )


@pytest.mark.parametrize(
    ("hour", "minute", "answer", "late"),
    [(6, 59, Answer.EARLY, 0), (7, 30, Answer.OK, 0), (8, 0, Answer.OK, 0), (8, 12, Answer.OK, 12), (9, 31, Answer.OVER, 0)],
)  # fmt: skip
def test_when_one_can_check_in_and_how_late_one_is(today, cast, hour, minute, answer, late):
    found = enter(today, cast, moment(today, hour, minute))
    assert found.answer == answer
    marks = list(Attendance.objects.values_list("status", "late_minutes"))
    assert marks == ([("HADIR", late)] if answer == Answer.OK else [])


def test_twice_is_once_and_another_mark_is_not_overwritten(today, cast):
    at = moment(today, 8)
    assert enter(today, cast, at).answer == Answer.OK
    assert enter(today, cast, at + timedelta(minutes=5)).answer == Answer.ALREADY
    assert Attendance.objects.get().late_minutes == 0
    Attendance.objects.update(status="IZIN")
    assert enter(today, cast, at).answer == Answer.MARKED


def test_yesterdays_code_another_sessions_and_a_forged_one_are_refused(today, cast, tree):
    now = moment(today, 8, 30)
    yesterday = passes.room_code(today.pk, now - timedelta(days=1))
    assert enter(today, cast, now, yesterday).answer == Answer.STALE
    assert (
        enter(today, cast, now, passes.room_code(today.pk, now - timedelta(seconds=120))).answer
        == Answer.STALE
    )
    # A clock of another host that runs ahead by more than a step is no excuse either.
    assert (
        enter(today, cast, now, passes.room_code(today.pk, now + timedelta(seconds=60))).answer
        == Answer.STALE
    )
    other = running.lesson(running.running_class(tree.bdk, first_day=timezone.localdate()))
    assert enter(today, cast, now, passes.room_code(other.pk, now)).answer == Answer.STRANGER
    good = passes.room_code(today.pk, now)
    for bad in (
        "",
        "x",
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        good.replace(str(today.pk), "999", 1),
        "9" * 300,
    ):
        assert enter(today, cast, now, bad or "..").answer == Answer.FORGED
    assert not Attendance.objects.exists()


def test_the_address_in_the_code_marks_and_says_so(client, today, cast):
    with travel(moment(today, 8, 5), tick=False):
        client.force_login(cast.employee_user)
        address = reverse("trainings:check_in", args=[passes.room_code(today.pk, timezone.now())])
        body = client.get(address).content.decode()
    assert "checked-yes" in body
    assert Attendance.objects.get().late_minutes == 5
    body = client.get(reverse("trainings:check_in", args=["1.2.abc"])).content.decode()
    assert "checked-no" in body


def test_who_has_to_sign_in_first_may_take_a_few_minutes_but_not_an_hour(client, today, cast):
    start = moment(today, 8)
    for minutes, answer in ((5, "checked-yes"), (60, "checked-no")):
        Attendance.objects.all().delete()
        client.logout()
        with travel(start, tick=False) as clock:
            address = reverse("trainings:check_in", args=[passes.room_code(today.pk, timezone.now())])
            sent = client.get(address)
            assert sent.status_code == 302
            assert reverse("accounts:login") in sent["Location"]
            clock.shift(timedelta(minutes=minutes))
            client.force_login(cast.employee_user)
            assert answer in client.get(address).content.decode()
    # A stale code does not even ask to sign in.
    client.logout()
    assert client.get(address).status_code == 200


# --- Devices that were offline, or whose clock is wrong ---------------------------------------------


def kept(client, address, *scans):
    answer = client.post(address, json.dumps({"scans": list(scans)}), content_type="application/json")
    return answer.json()["answers"]


def test_a_scan_kept_offline_counts_at_the_time_the_code_was_shown(client, today, cast):
    shown = moment(today, 8, 3)
    code, one = passes.room_code(today.pk, shown), str(uuid4())
    send = reverse("trainings:send_scans")
    with travel(shown + timedelta(hours=4), tick=False):
        client.force_login(cast.employee_user)
        first = kept(client, send, {"id": one, "code": code, "age": 4 * 3600 - 10})
        again = kept(client, send, {"id": one, "code": code, "age": 4 * 3600 + 50})
    assert first[0]["accepted"]
    assert again[0]["accepted"]
    mark = Attendance.objects.get()
    assert (mark.at, mark.late_minutes, mark.offline) == (shown, 3, True)
    assert Scan.objects.count() == 1


@pytest.mark.parametrize(
    ("hours_later", "age", "answer"),
    [
        (4, 10, Answer.STALE),  # says that it scanned a moment ago what was shown hours ago
        (4, 9 * 3600, Answer.STALE),  # says that it scanned before the code was shown
        (4, -30, Answer.CLOCK),
        (4, float("nan"), Answer.CLOCK),
        (30, 30 * 3600, Answer.CLOCK),  # more than a day old
        (4, 4 * 3600, Answer.OK),
    ],
)
def test_the_age_must_agree_with_the_code(today, cast, hours_later, age, answer):
    shown = moment(today, 8, 3)
    code = passes.room_code(today.pk, shown)
    with travel(shown + timedelta(hours=hours_later), tick=False):
        found = checkin.take_room_scan(
            Sent(uuid4(), code, age), employee_id=cast.employee.pk, by_id=cast.employee_user.pk
        )
    assert found.answer == answer
    assert Attendance.objects.count() == (answer == Answer.OK)


def test_the_committee_scans_personal_codes_and_types_numbers(client, today, cast, tree):
    seat = Participation.objects.get()
    other = running.seat(running.running_class(tree.bdk, first_day=today.day), cast.stranger)
    send = reverse("trainings:scans", args=[today.pk])
    with travel(moment(today, 8, 7), tick=False):
        client.force_login(cast.organiser)
        answers = kept(
            client, send,
            {"id": str(uuid4()), "code": passes.person_code(seat.pk), "age": 1},
            {"id": str(uuid4()), "code": passes.person_code(other.pk), "age": 1},
            {"id": str(uuid4()), "code": "rubbish", "age": 1},
        )  # fmt: skip
        assert [one["accepted"] for one in answers] == [True, False, False]
        assert "Sari" in answers[0]["text"]
        typed = client.post(reverse("trainings:scan", args=[today.pk]), {"code": cast.employee.nip_display})
        assert typed.status_code == 302
        wrong = client.post(reverse("trainings:scan", args=[today.pk]), {"code": cast.stranger.nip})
        assert "invalid-feedback" in wrong.content.decode()
    mark = Attendance.objects.get()
    assert (mark.channel, mark.late_minutes, mark.recorded_by) == ("scan", 6, cast.organiser)
    client.force_login(cast.organiser)
    for bad in ("[]", "{", '{"scans": [{"id": "x"}]}', '{"scans": 5}'):
        assert client.post(send, bad, content_type="application/json").status_code == 400
    client.force_login(cast.operator)
    assert client.post(send, "{}", content_type="application/json").status_code == 403


def test_what_is_no_scan_of_a_participant_is_answered_and_not_kept_for_ever(client, today, cast):
    code = passes.room_code(today.pk, moment(today, 8))
    with travel(moment(today, 8, 1), tick=False):
        client.force_login(cast.organiser)  # an account of an office, which is nobody's seat
        (one,) = kept(client, reverse("trainings:send_scans"), {"id": str(uuid4()), "code": code, "age": 5})
        assert (one["accepted"], one["text"]) == (False, str(Answer.STRANGER.label))
        (one,) = kept(
            client,
            reverse("trainings:scans", args=[today.pk]),
            {"id": str(uuid4()), "code": "1986\x0003", "age": 5},
        )
        assert one["accepted"] is False
    assert not Attendance.objects.exists()


def test_the_camera_is_given_to_the_pages_that_scan_and_to_no_other(client, today, cast):
    client.force_login(cast.organiser)
    for name, args, allowed in (
        ("scan", [today.pk], "(self)"), ("scanner", [], "(self)"), ("roll", [today.pk], "()"),
    ):  # fmt: skip
        policy = client.get(reverse(f"trainings:{name}", args=args))["Permissions-Policy"]
        assert f"camera={allowed}" in policy.split(", "), name
        assert "microphone=()" in policy, name


def test_what_a_device_keeps_is_kept_for_the_person_who_scanned(client, cast):
    client.force_login(cast.employee_user)
    body = client.get(reverse("trainings:scanner")).content.decode()
    assert f'data-queue="mine-{cast.employee_user.pk}"' in body


def test_a_participant_sees_only_the_own_class_page(client, today, cast):
    seat = Participation.objects.get()
    client.force_login(cast.employee_user)
    body = client.get(reverse("trainings:my_class", args=[seat.pk])).content.decode()
    assert "Arsip dinamis" in body
    assert "<svg" in body
    assert " style=" not in body
    client.force_login(cast.operator)
    assert client.get(reverse("trainings:my_class", args=[seat.pk])).status_code == 404


def test_the_screen_changes_its_code(client, today, cast):
    address = reverse("trainings:screen", args=[today.pk])
    links = []
    for second in (0, 10, 25):
        with travel(moment(today, 8) + timedelta(seconds=second), tick=False):
            client.force_login(cast.organiser)
            body = client.get(address, headers={"HX-Request": "true"}).content.decode()
        links.append(body.split('id="room-link"')[0].rsplit('href="', 1)[1].split('"')[0])
    assert links[0] == links[1] != links[2]
    client.force_login(cast.operator)
    assert client.get(address).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_five_thousand_check_ins_on_real_connections_lose_none_and_double_none(tree, cast):
    number, lines = 5000, 8
    training_class = running.running_class(tree.bdk, first_day=timezone.localdate(), seats=number)
    session = running.lesson(training_class)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH people AS (INSERT INTO employees_employee
                (external_id, name, sex, birth_date, status, unit_id, service_start, retirement_date, position_kind)
                SELECT 'W' || n, 'Peserta ' || n, 'P', '1990-01-01', 'PNS', %s, '2015-01-01', '2048-01-01', ''
                FROM generate_series(1, %s) n RETURNING id)
            INSERT INTO trainings_participation (training_class_id, employee_id, state, source)
            SELECT %s, id, 'confirmed', 'self' FROM people
            """,
            [tree.madrasah.pk, number, training_class.pk],
        )
    people = list(Participation.objects.order_by("pk").values_list("employee_id", flat=True))
    began, code = moment(session, 8, 4), passes.room_code(session.pk, moment(session, 8, 4))

    def line(place: int) -> list[Answer]:
        # Everybody once, and every tenth a second time over another line.
        own = people[place::lines] + people[(place + 1) % lines :: lines][::10]
        return [checkin.by_room_code(code, employee_id=one, seen_at=began).answer for one in own]

    found = at_once(*(lambda place=place: line(place) for place in range(lines)))
    answers = [answer for answers in found for answer in answers]
    assert answers.count(Answer.OK) == number
    assert answers.count(Answer.ALREADY) == len(answers) - number
    assert Attendance.objects.count() == number
    assert Attendance.objects.values("participation").distinct().count() == number
