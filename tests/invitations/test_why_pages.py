"""Why me, why not; who looked; objections."""

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleGrant
from audit.errors import Refusal
from audit.models import Event
from employees.actions import note_viewed
from employees.models import Employee
from invitations import actions, explain, ranking
from invitations.models import Objection
from outbox.models import Message
from outbox.rendering import preview
from tests import factories
from trainings.models import Hold, Programme, RuleSettings

pytestmark = pytest.mark.django_db

OBJECT = "invitations:object"


@pytest.fixture(autouse=True)
def clean(settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def training_class(cast, tree):
    """One seat and one reserve for East Java: Sari was never trained, A long ago, B lately, C retires."""
    today = timezone.localdate()
    for name, days in (("A", 2000), ("B", 100)):
        person = factories.employee(tree.surabaya, name=name)
        factories.history(person, today - timedelta(days=days), title=f"Pelatihan {name}")
    factories.employee(tree.surabaya, name="C", retirement_date=today + timedelta(days=200))
    return factories.training_class(factories.programme(), tree.bdk, [tree.east], seats=1, reserve=1)


@pytest.fixture
def selection(cast, training_class):
    started = actions.start_selection(training_class=training_class, by=cast.central, in_background=False)
    actions.run_selection(started.pk)
    actions.approve(selection=started, by=cast.central, in_background=False)
    actions.issue(started.pk)
    started.refresh_from_db()
    return started


@pytest.fixture
def as_person(client, cast, django_user_model):
    """Sign in as an employee by name."""

    def sign_in(name):
        person = Employee.objects.get(name=name)
        if person.user is None:
            person.user = django_user_model.objects.create_user(person.nip, person.email, "x")
            person.save()
        client.force_login(person.user)
        return person

    return sign_in


# --- Place ----------------------------------------------------------------------------------------


def test_the_place_before_a_selection_equals_the_rank_of_a_run_today(cast, training_class, as_person):
    rows = ranking.preview(training_class).rows
    assert [Employee.objects.get(pk=row.employee_id).name for row in rows] == ["Sari Wulandari", "A", "B"]
    for row in rows:
        place = ranking.place_today(training_class, Employee.objects.get(pk=row.employee_id))
        assert (place.code, place.first_rank, place.last_rank, place.pool) == ("", row.rank, row.rank, 3)
    assert ranking.place_today(training_class, Employee.objects.get(name="C")).code == "retiring"


def test_equal_dates_leave_the_rank_to_the_lottery(cast, tree, training_class):
    same = {"service_start": cast.employee.service_start}
    for _n in range(2):
        factories.employee(tree.surabaya, **same)
    place = ranking.place_today(training_class, cast.employee)
    assert (place.first_rank, place.last_rank, place.pool) == (1, 3, 5)


@pytest.mark.parametrize(("name", "code"), [("A", ""), ("C", "retiring")])
def test_a_coming_class_shows_the_place_or_what_keeps_one_out(client, training_class, as_person, name, code):
    as_person(name)
    response = client.get(reverse("invitations:why_class", args=[training_class.pk]))
    assert response.context["place"].code == code
    if code:
        assert str(explain.code_text(code)) in response.content.decode()
    else:
        assert response.context["place"].first_rank == 2
    seed = training_class.seeds.get()
    assert seed.value not in response.content.decode()


def test_the_place_is_kept_until_something_it_rests_on_changes(
    client, cast, tree, training_class, as_person, monkeypatch
):
    counted = []
    count = ranking.place_today
    monkeypatch.setattr(
        ranking, "place_today", lambda *given, **more: counted.append(1) or count(*given, **more)
    )
    address = reverse("invitations:why_class", args=[training_class.pk])

    def shown():
        place = client.get(address).context["place"]
        return place.code, place.pool

    as_person("A")
    assert [shown(), shown(), len(counted)] == [("", 3), ("", 3), 1]
    # A setting that brings somebody in: C retires in 200 days.
    RuleSettings.objects.update(retirement_months=1)
    assert shown() == ("", 4)
    # One that moves people in line without touching who is in the pool is counted anew, too.
    RuleSettings.objects.update(minimum_jp=200)
    assert (shown(), len(counted)) == (("", 4), 3)
    # The catalogue.
    Programme.objects.filter(pk=training_class.programme_id).update(target_positions=["DOSEN"])
    assert shown() == ("position", 0)
    Programme.objects.filter(pk=training_class.programme_id).update(target_positions=[])
    assert (shown(), len(counted)) == (("", 4), 4)
    # What keeps the person out is asked each time.
    Hold.objects.create(
        employee=Employee.objects.get(name="A"), until=timezone.localdate() + timedelta(days=30), reason="x",
    )  # fmt: skip
    assert shown() == ("hold", 0)


@pytest.mark.parametrize(("name", "outcome"), [("Sari Wulandari", "selected"), ("A", "reserve"), ("C", "")])
def test_an_issued_selection_shows_rank_tuple_and_code(client, selection, as_person, name, outcome):
    as_person(name)
    response = client.get(reverse("invitations:why_selection", args=[selection.pk]))
    body = response.content.decode()
    candidate = response.context["candidate"]
    if outcome:
        assert candidate.outcome == outcome
        assert candidate.lottery in body
        assert len(response.context["tuple"]) == 4
    else:
        assert candidate is None
        assert str(explain.code_text("retiring")) in body
    assert selection.seed.value in body
    others = {"Sari Wulandari", "Pelatihan A", "Pelatihan B"} - {name}
    main = body[body.index("<main") :]
    assert not [other for other in others if other in main]


def test_only_the_lottery_number_looks_like_a_hash():
    from django.template.loader import render_to_string

    words = "x" * 64  # a sentence may be as long as a hash
    shown = render_to_string("invitations/_tuple.html", {"tuple": [("a", words), ("b", "c" * 64)]})
    assert f"<dd>{words}</dd>" in shown
    assert f'<dd class="hash">{"c" * 64}</dd>' in shown


def test_whoever_moved_away_still_reads_the_own_rank(client, cast, tree, selection, as_person):
    person = as_person("A")
    person.unit = tree.semarang
    person.save()
    address = reverse("invitations:why_selection", args=[selection.pk])
    assert client.get(address).context["candidate"].rank == 2
    stranger = as_person("Budi Santoso")
    assert stranger.unit == tree.semarang
    assert client.get(address).status_code == 404


def test_a_proposal_is_nobody_s_business_before_it_is_issued(client, cast, training_class, as_person):
    started = actions.start_selection(training_class=training_class, by=cast.central, in_background=False)
    actions.run_selection(started.pk)
    as_person("Sari Wulandari")
    assert client.get(reverse("invitations:why_selection", args=[started.pk])).status_code == 404
    assert list(client.get(reverse("invitations:why")).context["past"]) == []


def test_classes_for_other_areas_are_not_offered(client, cast, tree, as_person, training_class):
    other = factories.training_class(factories.programme("X"), tree.pusdiklat, [tree.central_java])
    everywhere = factories.training_class(factories.programme("Y"), tree.pusdiklat, [])
    as_person("Sari Wulandari")
    coming = set(client.get(reverse("invitations:why")).context["coming"])
    assert coming == {training_class, everywhere}
    assert client.get(reverse("invitations:why_class", args=[other.pk])).status_code == 404


def test_a_deferred_person_reads_the_own_reason(client, cast, tree, as_person, training_class):
    training_class.review_days = 2
    training_class.save()
    started = actions.start_selection(training_class=training_class, by=cast.central, in_background=False)
    actions.run_selection(started.pk)
    sari = started.candidates.get(employee=cast.employee)
    actions.defer(candidate=sari, by=cast.operator, reason="DINAS", text="Panitia haji")
    actions.close_review(selection=started, by=cast.central, reason="x")
    actions.approve(selection=started, by=cast.central, in_background=False)
    actions.issue(started.pk)
    as_person("Sari Wulandari")
    address = reverse("invitations:why_selection", args=[started.pk])
    assert "Panitia haji" in client.get(address).content.decode()
    as_person("A")
    body = client.get(address).content.decode()
    assert "Panitia haji" not in body and "Sari" not in body


@pytest.mark.parametrize("name", ["why", "object"])
def test_whoever_is_no_employee_finds_nothing_here(client, cast, name):
    client.force_login(cast.admin)
    assert client.get(reverse(f"invitations:{name}")).status_code == 404


# --- Who looked -----------------------------------------------------------------------------------


def test_the_person_reads_who_opened_the_page_and_when(client, cast):
    address = reverse("employees:detail", args=[cast.employee.pk])
    client.force_login(cast.neighbour)
    assert client.get(address).status_code == 404
    client.force_login(cast.operator)
    for _n in range(2):
        assert client.get(address).status_code == 200
    client.force_login(cast.employee_user)
    readings = client.get(reverse("invitations:why")).context["readings"]
    assert [reading.actor_label for reading in readings] == ["Operator", "Operator"]
    assert note_viewed(employee=cast.employee, by=cast.employee_user) is False
    assert note_viewed(employee=cast.employee, by=cast.central) is True


def test_the_page_costs_the_same_at_one_row_and_at_three(
    client, cast, tree, selection, django_assert_num_queries
):
    def add(user, number):
        note_viewed(employee=cast.employee, by=user)
        made = factories.training_class(factories.programme(f"Z{number}"), tree.bdk, [tree.east])
        actions.object_to(employee=cast.employee, by=cast.employee_user, text="x", training_class=made)

    add(cast.operator, 1)
    client.force_login(cast.employee_user)
    address = reverse("invitations:why")
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        assert len(client.get(address).context["readings"]) == 1
    add(cast.central, 2)
    add(cast.auditor, 3)
    with django_assert_num_queries(len(one)):
        shown = client.get(address).context
    assert (len(shown["readings"]), len(shown["objections"]), len(shown["coming"])) == (3, 3, 4)


# --- Objections -----------------------------------------------------------------------------------


def test_an_objection_is_filed_answered_and_told(client, cast, selection):
    client.force_login(cast.employee_user)
    address = f"{reverse(OBJECT)}?selection={selection.pk}"
    client.post(address, {"text": " "})
    assert Objection.objects.count() == 0
    client.post(address, {"text": "TMT saya salah."})
    objection = Objection.objects.get()
    assert (objection.employee, objection.selection, objection.training_class) == (
        cast.employee, selection, selection.training_class,
    )  # fmt: skip
    assert objection.due_on == timezone.localdate() + timedelta(days=14)
    assert client.post(address, {"text": "Lagi"}).context["form"].non_field_errors()
    assert Objection.objects.count() == 1

    client.force_login(cast.organiser)
    assert list(client.get("/").context["objections"]) == [objection]
    assert "TMT saya salah." in client.get(reverse("invitations:objections")).content.decode()
    answer = reverse("invitations:answer_objection", args=[objection.pk])
    client.post(answer, {"answer": ""})
    objection.refresh_from_db()
    assert objection.state == "open"
    client.post(answer, {"answer": "Data sudah benar menurut SK."})
    objection.refresh_from_db()
    assert (objection.state, objection.answered_by) == ("answered", cast.organiser)
    with pytest.raises(Refusal):
        actions.answer_objection(objection=objection, by=cast.organiser, answer="lagi")

    message = Message.objects.get(kind="objection_answered")
    assert (message.recipient, message.about_id) == (cast.employee_user, objection.pk)
    for language in ("id", "en"):
        message.language = language
        mail = preview(message)
        for text in (mail.text, mail.html):
            assert "Data sudah benar menurut SK." in text and "TMT saya salah." in text
    client.force_login(cast.employee_user)
    own = client.get(reverse("invitations:own_objection", args=[objection.pk])).content.decode()
    assert "Data sudah benar menurut SK." in own
    verbs = list(Event.objects.filter(object_type="objection").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["objection.filed", "objection.answered"]
    # Not content with the answer: a new objection is possible now.
    client.post(address, {"text": "Saya tetap keberatan."})
    assert Objection.objects.filter(state="open").count() == 1


def test_an_objection_in_general_reaches_the_planners_of_the_person_s_area(client, cast, tree):
    general = actions.object_to(employee=cast.employee, by=cast.employee_user, text="Urutan saya")
    with pytest.raises(Refusal):
        actions.object_to(employee=cast.employee, by=cast.employee_user, text="Urutan saya")
    other = factories.unit("BDK-SMG", tree.root, "BDK")
    for user, sees in ((cast.central, True), (cast.organiser, True)):
        assert Objection.objects.for_officer(user).filter(pk=general.pk).exists() is sees
    RoleGrant.objects.filter(user=cast.organiser).update(unit=other)
    client.force_login(cast.organiser)
    assert client.get(reverse("invitations:answer_objection", args=[general.pk])).status_code == 404
    elsewhere = get_user_model().objects.get(pk=cast.organiser.pk)  # its scope is read anew
    with pytest.raises(Refusal) as refusal:
        actions.answer_objection(objection=general, by=elsewhere, answer="x")
    assert refusal.value.code == "permission"


def test_nobody_objects_for_somebody_else_or_reads_it(client, cast, selection, as_person):
    with pytest.raises(Refusal) as refusal:
        actions.object_to(employee=cast.employee, by=cast.operator, text="x", selection=selection)
    assert refusal.value.code == "permission"
    mine = actions.object_to(
        employee=cast.employee, by=cast.employee_user, text="rahasia", selection=selection
    )
    as_person("A")
    assert client.get(reverse("invitations:own_objection", args=[mine.pk])).status_code == 404
    assert "rahasia" not in client.get(reverse("invitations:why")).content.decode()


@pytest.mark.parametrize(
    ("who", "status"),
    [("organiser", 200), ("central", 200), ("operator", 403), ("auditor", 403), ("employee_user", 403)],
)
def test_who_answers_objections(client, cast, selection, who, status):
    objection = actions.object_to(
        employee=cast.employee, by=cast.employee_user, text="x", selection=selection
    )
    client.force_login(getattr(cast, who))
    assert client.get(reverse("invitations:objections")).status_code == status
    assert client.get(reverse("invitations:answer_objection", args=[objection.pk])).status_code == status


def test_the_list_of_objections_costs_the_same_at_one_row_and_at_three(
    client, cast, tree, selection, django_assert_num_queries
):
    def add(number):
        made = factories.training_class(factories.programme(f"Z{number}"), tree.bdk, [tree.east])
        actions.object_to(employee=cast.employee, by=cast.employee_user, text="x", training_class=made)

    add(1)
    client.force_login(cast.organiser)
    addresses = [reverse("invitations:objections"), "/"]
    counts = []
    for address in addresses:
        client.get(address)
        with CaptureQueriesContext(connection) as one:
            client.get(address)
        counts.append(len(one))
    add(2)
    add(3)
    for address, count in zip(addresses, counts, strict=True):
        with django_assert_num_queries(count):
            response = client.get(address)
    assert response.context["objection_count"] == 3


def test_an_overdue_objection_is_marked(client, cast, selection):
    objection = actions.object_to(
        employee=cast.employee, by=cast.employee_user, text="x", selection=selection
    )
    assert objection.overdue is False
    Objection.objects.update(due_on=date(2026, 1, 1))
    client.force_login(cast.organiser)
    assert "state-bad" in client.get(reverse("invitations:objections")).content.decode()


def test_the_database_refuses_an_answer_without_a_name(cast, selection):
    actions.object_to(employee=cast.employee, by=cast.employee_user, text="x", selection=selection)
    with pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.update(state="answered", answer="x")
