"""Times on pages and papers: the organiser's clock with its zone, also where it is another day in WIB."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from time_machine import travel

from certificates.papers import attendance
from simdiklat import integrity
from tests import factories
from tests.trainings import running
from trainings import passes, times
from trainings.delivery.running import my_classes
from trainings.models import Grading, Session, Trainer

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 6)
#: 00.40 of 6 May in Jayapura is 22.40 of 5 May in Jakarta.
IN_SESSION = datetime(2026, 5, 5, 15, 40, tzinfo=UTC)


@pytest.fixture
def night(tree, cast):
    """A live session in WIT from 00.10 to 01.40 of 6 May, and a seat in it."""
    tree.bdk.time_zone = "WIT"
    tree.bdk.save()
    made = running.running_class(tree.bdk, first_day=DAY)
    session = running.lesson(
        made, starts=time(0, 10), ends=time(1, 40), mode="live", meeting="address",
        meeting_address="https://rapat.contoh.invalid/1",
    )  # fmt: skip
    return session, running.seat(made, cast.employee)


@pytest.mark.parametrize("zone", ["WIB", "WITA", "WIT"])
def test_hours_carry_the_organisers_zone(tree, zone):
    tree.bdk.time_zone = zone
    tree.bdk.save()
    session = running.lesson(running.running_class(tree.bdk))
    assert times.hours_text(session) == f"08.00–09.30 {zone}"
    assert times.moment_text(session, session.starts_at) == f"08.00 {zone}"
    session.starts = session.ends = None
    assert times.hours_text(session) == ""


def test_hours_in_english_have_a_colon(tree):
    session = running.lesson(running.running_class(tree.bdk))
    with translation.override("en"):
        assert times.hours_text(session) == "08:00–09:30 WIB"


def test_a_moment_on_another_day_says_the_day(night):
    session, _seat = night
    opens = session.starts_at - timedelta(minutes=30)
    with translation.override("id"):
        assert times.moment_text(session, opens) == "Selasa, 5 Mei 2026, 23.40 WIT"
    assert times.moment_text(session, session.ends_at) == "01.40 WIT"


@pytest.mark.parametrize(
    ("zone", "utc", "day"),
    [
        ("WIB", datetime(2026, 5, 5, 16, 59, tzinfo=UTC), date(2026, 5, 5)),
        ("WIB", datetime(2026, 5, 5, 17, 0, tzinfo=UTC), date(2026, 5, 6)),
        ("WITA", datetime(2026, 5, 5, 15, 59, tzinfo=UTC), date(2026, 5, 5)),
        ("WITA", datetime(2026, 5, 5, 16, 0, tzinfo=UTC), date(2026, 5, 6)),
        ("WIT", datetime(2026, 5, 5, 14, 59, tzinfo=UTC), date(2026, 5, 5)),
        ("WIT", datetime(2026, 5, 5, 15, 0, tzinfo=UTC), date(2026, 5, 6)),
    ],
)
def test_today_begins_with_the_classs_midnight(tree, zone, utc, day):
    tree.bdk.time_zone = zone
    made = running.running_class(tree.bdk, first_day=DAY)
    with travel(utc, tick=False):
        assert times.today_of(made) == day


def test_at_night_the_session_is_todays_where_it_is_held(client, night, cast):
    session, seat = night
    client.force_login(cast.employee_user)
    with travel(IN_SESSION, tick=False):
        (mine,) = my_classes(cast.employee_user, date(2026, 5, 5))
        assert mine.today == [session]
        body = client.get(reverse("trainings:my_class", args=[seat.pk])).content.decode()
        assert "card-gold" in body and "00.10–01.40 WIT" in body
        assert "00.10–01.40 WIT" in client.get(reverse("invitations:mine")).content.decode()
    with travel(IN_SESSION - timedelta(hours=1), tick=False):  # 23.40 in Jayapura: it is tomorrow's
        (mine,) = my_classes(cast.employee_user, date(2026, 5, 5))
        assert mine.today == []


def test_every_page_with_a_time_names_the_zone(client, night, cast):
    session, seat = night
    token = passes.join_token(session.pk, seat.pk)
    with travel(session.starts_at - timedelta(hours=3), tick=False):
        body = client.get(reverse("trainings:join", args=[token])).content.decode()
    assert "00.10–01.40 WIT" in body and "23.40 WIT" in body and "WIB" not in body
    client.force_login(cast.organiser)
    made = session.training_class
    with travel(IN_SESSION, tick=False):
        for name, pk in (
            ("agenda", made.pk), ("attendance", made.pk), ("screen", session.pk), ("roll", session.pk),
            ("scan", session.pk),
        ):  # fmt: skip
            body = client.get(reverse(f"trainings:{name}", args=[pk])).content.decode()
            assert "00.10–01.40 WIT" in body, name
        step = client.get(reverse("invitations:class", args=[made.pk]), {"step": "attendance"})
        assert step.status_code == 200
        form = client.get(reverse("trainings:session_edit", args=[session.pk])).content.decode()
        assert "(WIT)" in form
    client.force_login(cast.employee_user)
    with travel(IN_SESSION, tick=False):
        code = passes.room_code(session.pk, IN_SESSION)
        checked = client.get(reverse("trainings:check_in", args=[code])).content.decode()
    assert "00.10–01.40 WIT" in checked


def _change_zone(unit, zone):
    unit.time_zone = zone
    unit.save()


def test_sessions_to_come_follow_their_organiser_into_another_zone(tree):
    """08.00 stays 08.00 where the class is held; what has begun keeps the moments it was attended by."""
    tomorrow = timezone.localdate() + timedelta(days=1)
    made = running.running_class(
        tree.bdk, first_day=tomorrow - timedelta(days=3), last_day=tomorrow + timedelta(days=1)
    )
    begun, to_come = running.lesson(made), running.lesson(made, day=tomorrow)
    kept = begun.starts_at
    locked = running.lesson(running.running_class(tree.bdk, first_day=tomorrow))
    running.graded(locked.training_class)
    Grading.objects.filter(pk=locked.training_class_id).update(locked_at=timezone.now())

    _change_zone(tree.bdk, "WIT")
    for session in (begun, to_come, locked):
        session.refresh_from_db()
    assert begun.starts_at == kept
    assert locked.starts_at == datetime.combine(tomorrow, time(8), ZoneInfo("Asia/Jakarta"))
    assert to_come.starts_at == datetime.combine(tomorrow, time(8), ZoneInfo("Asia/Jayapura"))
    assert to_come.ends_at - to_come.starts_at == timedelta(minutes=90)
    assert to_come.minutes == 90
    made.organiser.refresh_from_db()
    begun.training_class = to_come.training_class = made
    assert (times.hours_text(begun), times.hours_text(to_come)) == ("08.00–09.30 WIB", "08.00–09.30 WIT")
    assert times.moment_text(begun, begun.starts_at) == "08.00 WIB"
    assert times.reckoned_elsewhere([begun, to_come]) == set()
    assert "agenda" not in integrity.problems()


def test_two_classes_that_share_a_trainer_follow_together(tree):
    tomorrow = timezone.localdate() + timedelta(days=1)
    trainer = Trainer.objects.create(name="Dra. Ajar")
    first, second = (running.running_class(tree.bdk, first_day=tomorrow) for _ in range(2))
    # Back to back: moved one after the other they would overlap for a moment, in one direction or the other.
    running.lesson(first, starts=time(8), ends=time(9), trainer=trainer)
    running.lesson(second, starts=time(9), ends=time(10), trainer=trainer)
    for zone in ("WITA", "WIB", "WIT"):
        _change_zone(tree.bdk, zone)
        tree.bdk.refresh_from_db()
        assert {
            times.zone_of(one) for one in Session.objects.select_related("training_class__organiser")
        } == {zone}


def test_what_would_clash_in_the_new_zone_stays_and_the_agenda_says_so(client, tree, cast):
    """A trainer of two organisers; the unit's change itself does not fail, and the other class follows."""
    tomorrow = timezone.localdate() + timedelta(days=1)
    trainer = Trainer.objects.create(name="Dra. Ajar")
    other_unit = factories.unit("BDK-LAIN", tree.root, "BDK")
    running.lesson(
        running.running_class(other_unit, first_day=tomorrow), starts=time(6), ends=time(7), trainer=trainer
    )
    clashing = running.running_class(tree.bdk, first_day=tomorrow)
    stays = running.lesson(clashing, starts=time(8), ends=time(9), trainer=trainer)  # 06.00 WIB, if in WIT
    follows = running.lesson(running.running_class(tree.bdk, first_day=tomorrow))
    before = stays.starts_at

    _change_zone(tree.bdk, "WIT")
    stays.refresh_from_db()
    follows.refresh_from_db()
    assert stays.starts_at == before
    assert follows.starts_at == datetime.combine(tomorrow, time(8), ZoneInfo("Asia/Jayapura"))
    assert list(integrity.problems()) == ["agenda"]
    client.force_login(cast.organiser)
    body = client.get(reverse("trainings:agenda", args=[clashing.pk])).content.decode()
    assert "notice-warning" in body and "08.00–09.00 WIB" in body
    body = client.get(reverse("trainings:agenda", args=[follows.training_class_id])).content.decode()
    assert "notice-warning" not in body and "08.00–09.30 WIT" in body
    # Saved again it would be reckoned anew, and what is in the way is said.
    answer = client.post(
        reverse("trainings:session_edit", args=[stays.pk]),
        {
            "day": tomorrow.isoformat(), "starts": "08:00", "ends": "09:00", "subject": stays.subject_id,
            "mode": "classroom", "trainer": f"t{trainer.pk}", "room": "", "title": "", "meeting": "",
        },
    )  # fmt: skip
    assert answer.status_code == 200 and "Dra. Ajar" in answer.content.decode()


def test_the_attendance_list_names_the_zone(night):
    session, _seat = night
    assert [column.label for column in attendance.columns(session.training_class)] == [
        f"00.10–01.40 WIT\n{session.name}"
    ]
