"""The planner's calendar: what it shows, copying into the next batch, subscribing and ending that."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts import limits
from accounts.models import RoleGrant
from audit.models import Event
from simdiklat import subscriptions
from tests import factories
from trainings.models import TrainingClass


@pytest.fixture
def planned(tree):
    first = timezone.localdate().replace(day=1) + timedelta(days=40)
    return factories.training_class(
        factories.programme(name="Pelatihan Arsip"), tree.bdk, [tree.east], first_day=first,
        batch="Angkatan I", place="Surabaya",
    )  # fmt: skip


def month_of(training_class):
    return reverse("calendar_month", args=[training_class.first_day.year, training_class.first_day.month])


def test_a_month_shows_each_class_on_its_days(client, cast, planned):
    client.force_login(cast.organiser)
    page = client.get(month_of(planned))
    bars = [bar for week in page.context["weeks"] for bar in week.bars]
    assert {bar.training_class for bar in bars} == {planned}
    assert sum(bar.span for bar in bars) == 5
    assert bars[0].begins
    assert page.context["count"] == 1
    client.force_login(cast.neighbour)
    assert not [bar for week in client.get(month_of(planned)).context["weeks"] for bar in week.bars]


def test_a_year_counts_the_running_classes_of_each_day(client, cast, planned):
    client.force_login(cast.organiser)
    page = client.get(reverse("calendar_year", args=[planned.first_day.year]))
    month = page.context["months"][planned.first_day.month - 1]
    assert month.count == 1
    marked = [
        day for small in page.context["months"] for week in small.weeks for day, load, _w, _f in week if load
    ]
    assert marked == [
        planned.first_day + timedelta(days=i)
        for i in range(5)
        if (planned.first_day + timedelta(days=i)).year == planned.first_day.year
    ]
    assert client.get("/calendar/1900/").status_code == 404
    assert client.get("/calendar/2026/13/").status_code == 404


@pytest.mark.parametrize("page", ["month", "year"])
def test_as_many_queries_at_one_class_as_at_three(client, cast, tree, planned, page):
    client.force_login(cast.organiser)
    address = (
        month_of(planned) if page == "month" else reverse("calendar_year", args=[planned.first_day.year])
    )

    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    queries()
    before = queries()
    for i in range(2):
        factories.training_class(
            factories.programme(f"X-{i}"), tree.bdk, [tree.east], first_day=planned.first_day
        )
    assert queries() == before


def test_a_class_is_copied_into_its_next_batch(client, cast, planned):
    client.force_login(cast.organiser)
    address = f"{reverse('trainings:class_create')}?copy={planned.pk}"
    form = client.get(address).context["form"]
    data = {
        name: form.initial[name]
        for name in ("batch", "place", "seats", "reserve", "unit_cap", "review_days", "allocation")
    }
    data |= {name: form.initial[name].isoformat() for name in ("first_day", "last_day", "confirm_by")}
    data |= {
        "programme": form.initial["programme"].pk,
        "organiser": form.initial["organiser"].pk,
        "areas": form.initial["areas"],
    }
    assert client.post(address, data).status_code == 302
    copy = TrainingClass.objects.exclude(pk=planned.pk).get()
    assert (copy.batch, copy.state, copy.place) == ("Angkatan II", "draft", "Surabaya")
    assert [area.unit.code for area in copy.areas.all()] == ["KW35"]
    assert copy.code != planned.code
    client.force_login(cast.central)
    assert client.get(address).status_code == 200
    RoleGrant.objects.filter(user=cast.organiser).delete()
    client.force_login(cast.operator)
    assert client.get(address).status_code == 403


def test_the_plan_of_the_year_as_a_file_is_in_scope(client, cast, planned, tree):
    factories.training_class(
        factories.programme("Z-9"), tree.pusdiklat, first_day=planned.first_day, code="CENTRAL"
    )
    client.force_login(cast.organiser)
    response = client.get(reverse("calendar_export", args=[planned.first_day.year]))
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["KODE_KELAS", planned.code]


def test_a_calendar_is_subscribed_and_follows_the_scope_of_the_day(client, cast, planned, tree):
    client.force_login(cast.organiser)
    assert subscriptions.address_of(cast.organiser) == ""
    made = client.post(reverse("calendar_subscribe"), follow=True)
    # The box with the new address stands open.
    assert 'id="tools" open' in made.content.decode()
    path = "/calendar/feed/" + subscriptions.address_of(cast.organiser).split("/feed/")[1]
    client.logout()
    response = client.get(path)
    assert response["Content-Type"].startswith("text/calendar")
    (event,) = Calendar.from_ical(response.content).walk("VEVENT")
    assert event["SUMMARY"] == "Pelatihan Arsip Angkatan I"
    assert event.decoded("DTSTART") == planned.first_day
    assert event.decoded("DTEND") == planned.last_day + timedelta(days=1)
    assert event["STATUS"] == "CONFIRMED"
    planned.state = "cancelled"
    planned.save()
    assert b"STATUS:CANCELLED" in client.get(path).content
    RoleGrant.objects.filter(user=cast.organiser).delete()
    assert client.get(path).status_code == 404


def test_an_ended_address_never_works_again(client, cast, planned):
    client.force_login(cast.operator)

    def path():
        return "/calendar/feed/" + subscriptions.address_of(cast.operator).split("/feed/")[1]

    client.post(reverse("calendar_subscribe"))
    first = path()
    client.post(reverse("calendar_subscribe"))
    second = path()
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    client.post(reverse("calendar_subscribe"), {"end": "1"})
    assert subscriptions.address_of(cast.operator) == ""
    assert client.get(second).status_code == 404
    client.post(reverse("calendar_subscribe"))
    assert [client.get(p).status_code for p in (first, second, path())] == [404, 404, 200]
    assert client.get(first[:-6] + "x" + first[-5:]).status_code == 404
    verbs = list(
        Event.objects.filter(verb__startswith="calendar.").order_by("pk").values_list("verb", flat=True)
    )
    assert verbs == ["calendar.address_made"] * 2 + ["calendar.address_ended", "calendar.address_made"]


def test_a_leaked_address_keeps_nobody_busy(client, cast, planned, monkeypatch):
    monkeypatch.setattr(limits, "CALENDAR", limits.Limit("few", 3, timedelta(hours=1)))
    paths = {}
    for user in (cast.operator, cast.organiser):
        subscriptions.make_address(by=user)
        paths[user] = "/calendar/feed/" + subscriptions.address_of(user).split("/feed/")[1]
    assert [client.get(paths[cast.operator]).status_code for _ in range(5)] == [200] * 3 + [429] * 2
    assert client.get(paths[cast.organiser]).status_code == 200


def test_the_address_of_somebody_deactivated_is_dead(client, cast, planned):
    subscriptions.make_address(by=cast.operator)
    path = "/calendar/feed/" + subscriptions.address_of(cast.operator).split("/feed/")[1]
    assert client.get(path).status_code == 200
    cast.operator.is_active = False
    cast.operator.save()
    assert client.get(path).status_code == 404
