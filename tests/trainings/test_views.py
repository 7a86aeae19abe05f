"""Planning a class: what the form accepts, refuses and says; scheduling and cancelling."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.errors import Refusal
from audit.models import Event
from tests import factories
from trainings import actions
from trainings.models import TrainingClass
from trainings.seeds import commitment_of


@pytest.fixture
def fields(cast, tree):
    first = timezone.localdate() + timedelta(days=40)
    return {
        "programme": factories.programme().pk, "batch": "Angkatan I", "code": "K-1",
        "organiser": tree.bdk.pk, "place": "Surabaya", "first_day": first.isoformat(),
        "last_day": (first + timedelta(days=4)).isoformat(), "confirm_by": "",
        "seats": 30, "reserve": 10, "unit_cap": 0, "review_days": 0,
        "areas": [tree.east.pk], "allocation": "NASIONAL",
    }  # fmt: skip


@pytest.fixture
def organiser(client, cast):
    client.force_login(cast.organiser)
    return client


CREATE = "trainings:class_create"


def test_a_plan_becomes_a_draft_with_an_audit_event(organiser, cast, tree, fields):
    response = organiser.post(reverse(CREATE), fields)
    made = TrainingClass.objects.get()
    assert response["Location"] == reverse("invitations:class", args=[made.pk])
    assert (made.state, made.code, made.seats, made.reserve) == ("draft", "K-1", 30, 10)
    assert made.confirm_by == made.first_day - timedelta(days=3)
    assert [area.unit for area in made.areas.all()] == [tree.east]
    assert made.seeds.count() == 0
    event = Event.objects.get(verb="class.drafted")
    assert (event.actor_id, event.object_id) == (cast.organiser.pk, str(made.pk))


def test_without_a_code_the_portal_makes_one(organiser, fields):
    for _n in range(2):
        organiser.post(reverse(CREATE), fields | {"code": ""})
    codes = set(TrainingClass.objects.values_list("code", flat=True))
    year = fields["first_day"][:4]
    assert codes == {f"TEK-01-{year}-1", f"TEK-01-{year}-2"}


def changed(fields, **values):
    day = timezone.localdate()
    return fields | {
        key: (day + value).isoformat() if isinstance(value, timedelta) else value
        for key, value in values.items()
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"last_day": timedelta(days=39)}, "last_day"),
        ({"first_day": timedelta(0), "last_day": timedelta(days=1)}, "first_day"),
        ({"confirm_by": timedelta(days=40)}, "confirm_by"),
        ({"confirm_by": timedelta(days=-1)}, "confirm_by"),
        ({"seats": 0}, "seats"),
        ({"seats": ""}, "seats"),
        ({"areas": []}, "areas"),
        ({"allocation": "MANUAL"}, "areas"),
        ({"programme": 0}, "programme"),
        ({"first_day": "31-31-2026"}, "first_day"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_at_the_field(organiser, fields, values, field):
    response = organiser.post(reverse(CREATE), changed(fields, **values))
    assert set(response.context["form"].errors) == {field}
    assert TrainingClass.objects.count() == 0


@pytest.mark.parametrize(("seats", "accepted"), [(("10", "20"), True), (("10", "19"), False)])
def test_seats_set_by_hand_must_add_up(client, cast, tree, fields, seats, accepted):
    client.force_login(cast.central)
    data = fields | {
        "allocation": "MANUAL", "areas": [tree.east.pk, tree.central_java.pk],
        f"seats_{tree.east.pk}": seats[0], f"seats_{tree.central_java.pk}": seats[1],
    }  # fmt: skip
    response = client.post(reverse(CREATE), data)
    assert (response.status_code == 302) is accepted
    stored = {area.unit.code: area.seats for made in TrainingClass.objects.all() for area in made.areas.all()}
    assert stored == ({"KW35": 10, "KW33": 20} if accepted else {})


@pytest.mark.parametrize("field", ["organiser", "areas"])
def test_units_outside_the_scope_are_refused(organiser, tree, fields, field):
    outside = tree.pusdiklat.pk if field == "organiser" else [tree.central_java.pk]
    response = organiser.post(reverse(CREATE), fields | {field: outside})
    assert set(response.context["form"].errors) == {field}
    assert TrainingClass.objects.count() == 0


def test_the_action_refuses_what_the_form_would_not_offer(cast, tree, fields):
    first = timezone.localdate() + timedelta(days=40)
    plan = actions.Plan(
        programme=factories.programme("P2"), first_day=first, last_day=first, organiser=tree.pusdiklat,
        seats=3, confirm_by=first - timedelta(days=3), areas=[(tree.east, None)],
    )  # fmt: skip
    with pytest.raises(Refusal) as refusal:
        actions.save_draft(by=cast.organiser, plan=plan)
    assert refusal.value.code == "organiser"
    assert TrainingClass.objects.count() == 0


def test_scheduling_draws_the_seed_and_shows_its_commitment(organiser, fields):
    organiser.post(reverse(CREATE), fields)
    made = TrainingClass.objects.get()
    organiser.post(reverse("trainings:class_schedule", args=[made.pk]))
    made.refresh_from_db()
    seed = made.seeds.get()
    assert made.state == "scheduled"
    assert seed.commitment == commitment_of(seed.value)
    assert Event.objects.get(verb="class.scheduled").data["commitment"] == seed.commitment
    body = organiser.get(reverse("invitations:class", args=[made.pk])).content.decode()
    assert seed.commitment in body
    assert seed.value not in body


def test_scheduling_twice_draws_one_seed(organiser, fields):
    organiser.post(reverse(CREATE), fields)
    made = TrainingClass.objects.get()
    for _n in range(2):
        organiser.post(reverse("trainings:class_schedule", args=[made.pk]))
    assert made.seeds.count() == 1


def test_a_class_is_cancelled_with_a_reason_only(organiser, fields):
    organiser.post(reverse(CREATE), fields)
    made = TrainingClass.objects.get()
    address = reverse("invitations:cancel_class", args=[made.pk])
    organiser.post(address, {"reason": " "})
    made.refresh_from_db()
    assert made.state == "draft"
    organiser.post(address, {"reason": "Ruang tidak tersedia"})
    made.refresh_from_db()
    assert made.state == "cancelled"
    assert Event.objects.get(verb="class.cancelled").data["reason"] == "Ruang tidak tersedia"


def test_a_class_whose_names_are_being_chosen_keeps_its_plan(organiser, cast, tree, fields):
    from invitations.actions import start_selection

    made = factories.training_class(factories.programme("P3"), tree.bdk, [tree.east])
    start_selection(training_class=made, by=cast.organiser, in_background=False)
    organiser.post(reverse("trainings:class_edit", args=[made.pk]), fields)
    made.refresh_from_db()
    assert made.seats == 2


@pytest.mark.parametrize("name", ["trainings:class_list", "trainings:programme_list"])
def test_the_lists_cost_the_same_at_one_row_and_at_three(client, cast, tree, django_assert_num_queries, name):
    client.force_login(cast.central)
    factories.training_class(factories.programme("A"), tree.bdk, [tree.east])
    with CaptureQueriesContext(connection) as one:
        assert client.get(reverse(name)).content.decode().count("<tr><td") == 1
    for code in "BC":
        factories.training_class(factories.programme(code), tree.bdk, [tree.east])
    with django_assert_num_queries(len(one)):
        assert client.get(reverse(name)).content.decode().count("<tr><td") == 3


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("", ["FAR", "NEXT", "FROM-TODAY", "TO-TODAY", "YESTERDAY"]),
        ("coming", ["NEXT", "FAR"]),
        ("running", ["FROM-TODAY", "TO-TODAY"]),
        ("ended", ["YESTERDAY"]),
    ],
)
def test_the_list_is_narrowed_to_classes_that_come_run_or_have_ended(client, cast, tree, when, expected):
    client.force_login(cast.central)
    day = timezone.localdate()
    for code, first, last in (
        ("FAR", 90, 94), ("NEXT", 1, 5), ("FROM-TODAY", 0, 4), ("TO-TODAY", -4, 0), ("YESTERDAY", -5, -1),
    ):  # fmt: skip
        factories.training_class(
            factories.programme(code), tree.bdk, code=code,
            first_day=day + timedelta(days=first), last_day=day + timedelta(days=last),
        )  # fmt: skip
    page = client.get(reverse("trainings:class_list"), {"when": when} if when else {})
    assert [row.record.code for row in page.context["table"].page.object_list] == expected
    assert f'<option value="{when}" selected>' in page.content.decode()


def test_the_leaders_figure_of_classes_opens_these_classes(client, cast, tree):
    client.force_login(cast.leader)
    assert "/classes/?when=coming&amp;state=scheduled" in client.get(reverse("home")).content.decode()


def test_the_period_filter_keeps_the_classes_that_begin_in_it(client, cast, tree):
    client.force_login(cast.central)
    day = timezone.localdate()
    for code, days in (("NEAR", 10), ("FAR", 90)):
        factories.training_class(
            factories.programme(code), tree.bdk, code=code, first_day=day + timedelta(days=days)
        )
    query = {"since": day.isoformat(), "until": (day + timedelta(days=30)).isoformat()}
    table = client.get(reverse("trainings:class_list"), query).context["table"]
    assert [row.record.code for row in table.page.object_list] == ["NEAR"]
