"""The offices' review, overrides, the evidence and the record, as pages."""

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleGrant
from accounts.roles import Role
from audit.models import Event
from invitations import actions, evidence
from invitations.actions import proving
from invitations.models import Override, Selection
from jobs.models import Job
from tests import factories
from tests.conftest import PASSWORD
from trainings.models import Programme

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(cast, tree):
    user = get_user_model().objects.create_user("officer", "officer@contoh.invalid", PASSWORD)
    RoleGrant.objects.create(user=user, role=Role.ORGANISER, unit=tree.bdk, since=date(2020, 1, 1))
    return user


def propose(cast, areas, **fields) -> Selection:
    """A proposal of the centre for these areas with a review of three days."""
    made = factories.training_class(
        factories.programme(f"R-{Programme.objects.count()}"), fields.pop("organiser"), areas,
        review_days=3, **fields,
    )  # fmt: skip
    started = actions.start_selection(training_class=made, by=cast.central, in_background=False)
    actions.run_selection(started.pk)
    started.refresh_from_db()
    return started


@pytest.fixture
def people(tree):
    """P0 … P3 of Surabaya, P0 waiting longest after Sari, who was never trained."""
    today = timezone.localdate()
    made = [factories.employee(tree.surabaya, name=f"P{i}") for i in range(4)]
    for i, person in enumerate(made):
        factories.history(person, today - timedelta(days=2000 - 100 * i))
    return made


@pytest.fixture
def selection(cast, tree, people):
    """Sari and P0 are proposed, P1 and P2 are the reserve, P3 waits; in review for three days."""
    return propose(cast, [tree.east], organiser=tree.bdk, seats=2, reserve=2)


@pytest.fixture
def national(cast, tree, people):
    """A national class in review: Sari (east), Budi (Central Java) and P0 are proposed."""
    return propose(cast, [tree.root], organiser=tree.pusdiklat, seats=3, reserve=2)


def row(selection, name):
    return selection.candidates.get(employee__name=name)


def body(client, name, *args, **query) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


# --- Review ---------------------------------------------------------------------------------------


def test_the_region_s_home_names_what_is_in_review_with_days_and_people(client, cast, selection):
    client.force_login(cast.operator)
    found = client.get("/").context["reviews"]
    assert [(one.pk, days, n) for one, days, n in found] == [(selection.pk, 4, 2)]
    client.force_login(cast.neighbour)
    assert client.get("/").context["reviews"] == []


def test_an_office_sees_only_its_own_proposed_names(client, cast, national):
    client.force_login(cast.neighbour)
    page = body(client, "invitations:review", national.pk)
    assert "Budi Santoso" in page
    assert "Sari Wulandari" not in page and "P0" not in page
    assert reverse("invitations:defer", args=[row(national, "Budi Santoso").pk]) in page
    client.force_login(cast.operator)
    page = body(client, "invitations:review", national.pk)
    assert "Sari Wulandari" in page and "Budi Santoso" not in page


@pytest.mark.parametrize(
    ("who", "status"),
    [("operator", 200), ("neighbour", 404), ("organiser", 403), ("auditor", 403), ("employee_user", 403)],
)
def test_who_opens_the_review(client, cast, selection, who, status):
    client.force_login(getattr(cast, who))
    assert client.get(reverse("invitations:review", args=[selection.pk])).status_code == status


def test_deferring_needs_a_coded_reason_and_both_lines_say_why(client, cast, selection):
    client.force_login(cast.operator)
    address = reverse("invitations:defer", args=[row(selection, "P0").pk])
    for given in ({}, {"reason": "LAINNYA"}):
        assert client.post(address, given).status_code == 200
    assert selection.marks.count() == 0
    response = client.post(address, {"reason": "HAMIL"}, follow=True)
    page = response.content.decode()
    assert {change.employee.name: change.kind for change in response.context["changes"]} == {
        "P0": "deferred", "P1": "moved_up",
    }  # fmt: skip
    texts = {change.employee.name: change.text for change in response.context["changes"]}
    assert "P1" in texts["P0"] and "P0" in texts["P1"]
    assert texts["P1"] in page and reverse("invitations:defer", args=[row(selection, "P1").pk]) in page


def test_nobody_defers_a_neighbour_s_person(client, cast, national):
    client.force_login(cast.neighbour)
    address = reverse("invitations:defer", args=[row(national, "Sari Wulandari").pk])
    assert client.post(address, {"reason": "SAKIT"}).status_code == 404
    assert national.marks.count() == 0


def test_the_reason_of_another_office_s_person_stays_there(client, cast, national):
    """Whoever moves up sees that somebody gave way, but neither the name nor the reason."""
    actions.defer(candidate=row(national, "Budi Santoso"), by=cast.neighbour, reason="HAMIL", text="rahasia")
    client.force_login(cast.operator)
    response = client.get(reverse("invitations:review", args=[national.pk]))
    assert [change.employee.name for change in response.context["changes"]] == ["P1"]
    page = response.content.decode()
    assert "Budi" not in page and "rahasia" not in page
    client.force_login(cast.central)
    page = body(client, "invitations:selection", national.pk)
    assert "Budi Santoso" in page and "rahasia" in page


def test_a_refused_deferral_says_why(client, cast, selection):
    actions.close_review(selection=selection, by=cast.organiser, reason="semua kantor setuju")
    client.force_login(cast.operator)
    response = client.post(reverse("invitations:defer", args=[row(selection, "P0").pk]), {"reason": "SAKIT"})
    assert response.context["form"].non_field_errors()
    assert selection.marks.count() == 0
    assert "invitations:defer" not in body(client, "invitations:review", selection.pk)
    assert client.get("/").context["reviews"] == []


def test_the_review_is_ended_early_with_a_reason_and_then_approved(client, cast, selection):
    client.force_login(cast.organiser)
    assert "action_url" not in client.get(reverse("invitations:selection", args=[selection.pk])).context
    address = reverse("invitations:close_review", args=[selection.pk])
    client.post(address, {"reason": ""})
    selection.refresh_from_db()
    assert selection.review_days_left() == 4
    client.post(address, {"reason": "Semua kantor sudah menjawab"})
    selection.refresh_from_db()
    assert selection.review_days_left() == 0
    page = client.get(reverse("invitations:selection", args=[selection.pk]))
    assert page.context["action_url"] == reverse("invitations:approve", args=[selection.pk])


def test_the_names_as_they_stand_now_are_shown_first(client, cast, selection):
    actions.defer(candidate=row(selection, "P0"), by=cast.operator, reason="CUTI")
    client.force_login(cast.organiser)
    address = reverse("invitations:selection", args=[selection.pk])

    def names(**query):
        table = client.get(address, query).context["table"]
        return [candidate.employee.name for candidate in table.page.object_list.data]

    assert names() == ["Sari Wulandari", "P1"]
    assert names(outcome="selected") == ["Sari Wulandari", "P0"]


@pytest.mark.parametrize("who", ["operator", "organiser"])
def test_review_and_proposal_cost_the_same_at_one_row_and_at_three(
    client, cast, tree, people, django_assert_num_queries, who
):
    one = propose(cast, [tree.surabaya], organiser=tree.bdk, seats=1, reserve=3)
    three = propose(cast, [tree.surabaya], organiser=tree.bdk, seats=3, reserve=3)
    for selection in (one, three):
        for name in ("Sari Wulandari", "P0", "P1")[: selection.selected_count]:
            actions.defer(candidate=row(selection, name), by=cast.operator, reason="CUTI")
    name = "review" if who == "operator" else "selection"
    client.force_login(getattr(cast, who))
    addresses = [reverse(f"invitations:{name}", args=[selection.pk]) for selection in (one, three)]
    for address in addresses:  # what a proposal does to fairness is counted once
        client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(addresses[0]).content.decode().count("<tr><td") == 1
    with django_assert_num_queries(len(queries)):
        assert client.get(addresses[1]).content.decode().count("<tr><td") == 2


# --- Overrides ------------------------------------------------------------------------------------


def ask(client, selection, person, **more):
    given = {"person": person.pk, "category": "KEWAJIBAN", "text": "Wajib sertifikat", **more}
    return client.post(reverse("invitations:request_override", args=[selection.pk]), given, follow=True)


def test_an_include_is_asked_for_by_one_officer_and_decided_by_another(
    client, cast, selection, people, officer
):
    client.force_login(cast.organiser)
    ask(client, selection, people[3])
    override = Override.objects.get()
    assert (override.kind, override.employee, override.state) == ("include", people[3], "requested")
    decide = reverse("invitations:decide_override", args=[override.pk])
    assert 'value="approve"' not in client.get(decide).content.decode()
    client.post(decide, {"decision": "approve"})
    override.refresh_from_db()
    assert override.state == "requested"
    assert list(client.get("/").context["overrides"]) == []
    client.force_login(officer)
    assert list(client.get("/").context["overrides"]) == [override]
    client.post(decide, {"decision": "approve"})
    override.refresh_from_db()
    assert (override.state, override.decided_by) == ("approved", officer)
    response = client.get(reverse("invitations:selection", args=[selection.pk]))
    assert response.context["override_total"] == 1
    table = response.context["table"]
    assert [c.employee.name for c in table.page.object_list.data] == ["Sari Wulandari", "P3"]
    assert table.overridden == {people[3].pk: "include"}


def test_the_badge_stays_on_the_list_of_invitations(client, cast, selection, people, officer):
    override = actions.request_override(
        selection=selection, employee=people[3], kind="include", category="KEWAJIBAN", text="x", by=officer
    )
    actions.decide_override(override=override, approve=True, by=cast.central)
    actions.close_review(selection=selection, by=cast.central, reason="x")
    actions.approve(selection=selection, by=cast.central, in_background=False)
    actions.issue(selection.pk)
    client.force_login(cast.operator)
    page = body(client, "invitations:class", selection.training_class_id)
    assert page.count('<span class="state state-warn">Override</span>') == 1 or "Pengecualian" in page


def test_the_excluded_person_comes_from_the_row(client, cast, selection, officer):
    client.force_login(cast.organiser)
    address = reverse("invitations:request_override", args=[selection.pk])
    page = body(client, "invitations:selection", selection.pk)
    mine = f"{address}?exclude={row(selection, 'P0').pk}"
    assert mine in page
    client.post(mine, {"category": "DISIPLIN", "text": "Sedang diperiksa"})
    override = Override.objects.get()
    assert (override.kind, override.employee.name) == ("exclude", "P0")
    client.force_login(officer)
    client.post(reverse("invitations:decide_override", args=[override.pk]), {"decision": "refuse"})
    override.refresh_from_db()
    assert override.state == "refused"
    assert selection.marks.count() == 0


def test_refusals_of_an_override_are_shown(client, cast, selection, people):
    client.force_login(cast.organiser)
    response = ask(client, selection, people[0])  # proposed already
    assert response.context["form"].non_field_errors()
    response = ask(client, selection, people[3], text="")
    assert "text" in response.context["form"].errors
    response = ask(client, selection, cast.stranger)  # not in the pool
    assert "person" in response.context["form"].errors
    assert Override.objects.count() == 0


@pytest.mark.parametrize(
    ("who", "status"),
    [("organiser", 200), ("central", 200), ("operator", 403), ("neighbour", 403), ("auditor", 403)],
)
def test_who_asks_for_and_decides_overrides(client, cast, selection, people, officer, who, status):
    override = actions.request_override(
        selection=selection, employee=people[3], kind="include", category="LAINNYA", text="x", by=officer
    )
    client.force_login(getattr(cast, who))
    for name, pk in [
        ("request_override", selection.pk), ("pool_search", selection.pk),
        ("close_review", selection.pk), ("decide_override", override.pk),
    ]:  # fmt: skip
        assert client.get(reverse(f"invitations:{name}", args=[pk])).status_code == status, name


def test_planners_of_elsewhere_find_nothing(client, cast, tree, selection, people, officer):
    override = actions.request_override(
        selection=selection, employee=people[3], kind="include", category="LAINNYA", text="x", by=officer
    )
    other = factories.unit("BDK-SMG", tree.root, "BDK")
    RoleGrant.objects.filter(user=cast.organiser).update(unit=other)
    client.force_login(cast.organiser)
    for name, pk in [
        ("request_override", selection.pk), ("pool_search", selection.pk), ("verified", selection.pk),
        ("close_review", selection.pk), ("decide_override", override.pk), ("stop", selection.pk),
        ("resume", selection.pk), ("evidence", selection.pk), ("move_class", selection.training_class_id),
        ("cancel_class", selection.training_class_id), ("what_if", selection.training_class_id),
    ]:  # fmt: skip
        assert client.get(reverse(f"invitations:{name}", args=[pk])).status_code == 404, name
    assert client.post(reverse("invitations:verify", args=[selection.pk])).status_code == 404


def test_the_person_is_found_by_typing_and_only_in_the_pool(client, cast, tree, selection):
    outside = factories.employee(tree.semarang, name="Pegawai Semarang")
    client.force_login(cast.organiser)
    address = reverse("invitations:pool_search", args=[selection.pk])
    response = client.get(address, {"q": "sari"})
    assert [c.employee.name for c in response.context["candidates"]] == ["Sari Wulandari"]
    assert list(client.get(address, {"q": "sa"}).context["candidates"]) == []
    assert outside.name not in client.get(address, {"q": "pegawai"}).content.decode()


# --- Evidence and record --------------------------------------------------------------------------


def test_a_selection_is_verified_with_one_press(client, cast, selection):
    client.force_login(cast.auditor)
    address = reverse("invitations:verify", args=[selection.pk])
    assert client.get(address).status_code == 405
    assert client.post(address).context["matches"] is True
    path = evidence.path_of(selection.evidence_file)
    path.write_bytes(path.read_bytes() + b"x")
    response = client.post(address)
    assert response.context["matches"] is False
    assert "SHA-256" in response.content.decode()
    events = Event.objects.filter(verb="selection.verified").order_by("pk")
    assert [event.data["matches"] for event in events] == [True, False]


def test_a_planner_of_a_part_learns_that_there_are_differences_but_not_about_whom(client, cast, selection):
    evidence.path_of(selection.evidence_file).unlink()
    client.force_login(cast.organiser)
    response = client.post(reverse("invitations:verify", args=[selection.pk]))
    assert (response.context["matches"], response.context["differences"]) == (False, [])
    assert response.context["count"] == 1


def test_a_large_pool_is_verified_by_a_worker(client, cast, selection, monkeypatch):
    from invitations import tasks

    monkeypatch.setattr(proving, "AT_ONCE", 1)
    client.force_login(cast.auditor)
    response = client.post(reverse("invitations:verify", args=[selection.pk]))
    job = Job.objects.latest("pk")
    assert response["Location"] == reverse("jobs:progress", args=[job.pk])
    result = reverse("invitations:verified", args=[selection.pk])
    assert client.get(result, {"job": job.pk}).status_code == 404  # not finished
    tasks.verify_evidence(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result["matches"]) == ("done", True)
    assert client.get(job.result_url).context["matches"] is True
    client.force_login(cast.central)
    assert client.get(job.result_url).status_code == 404  # somebody else's job


@pytest.mark.parametrize(
    ("who", "status"),
    [("central", 200), ("auditor", 200), ("organiser", 404), ("operator", 403), ("employee_user", 403)],
)
def test_the_evidence_file_goes_to_whoever_sees_the_whole_ministry(client, cast, selection, who, status):
    client.force_login(getattr(cast, who))
    response = client.get(reverse("invitations:evidence", args=[selection.pk]))
    assert response.status_code == status
    noted = Event.objects.filter(verb="selection.evidence_download")
    if status == 200:
        assert b"".join(response.streaming_content) == evidence.path_of(selection.evidence_file).read_bytes()
        assert noted.get().actor_id == getattr(cast, who).pk
    else:
        assert not noted.exists()


def test_an_auditor_of_one_region_does_not_get_everybody_s_names(client, cast, tree, selection):
    RoleGrant.objects.filter(user=cast.auditor).update(unit=tree.east)
    client.force_login(cast.auditor)
    assert client.get(reverse("invitations:evidence", args=[selection.pk])).status_code == 404
    assert reverse("invitations:evidence", args=[selection.pk]) not in body(
        client, "invitations:selection", selection.pk
    )


def test_a_void_selection_stays_on_the_class_with_reason_seed_and_commitment(client, cast, selection):
    actions.void(selection=selection, by=cast.organiser, reason="Jadwal gedung berubah")
    client.force_login(cast.leader)
    page = body(client, "invitations:class", selection.training_class_id)
    assert "Jadwal gedung berubah" in page
    assert selection.seed.value in page and selection.seed.commitment in page


def test_the_comparison_shows_both_variants_and_stores_nothing(client, cast, tree, people):
    made = factories.training_class(factories.programme(), tree.bdk, [tree.east], seats=1, reserve=1)
    client.force_login(cast.organiser)
    address = reverse("invitations:what_if", args=[made.pk])
    as_planned = client.get(address).context
    assert (as_planned["result"].base.selected, as_planned["came_in_count"]) == (1, 0)
    asked = {"seats": 3, "reserve": 0, "unit_cap": 0, "allocation": "NASIONAL", "areas": [tree.east.pk]}
    changed = client.get(address, asked, headers={"HX-Request": "true"})
    assert [person.name for person in changed.context["came_in"]] == ["P0", "P1"]
    assert "<html" not in changed.content.decode()
    by_hand = client.get(address, asked | {"allocation": "MANUAL", f"seats_{tree.east.pk}": 2})
    assert "areas" in by_hand.context["form"].errors and "result" not in by_hand.context
    made.refresh_from_db()
    assert (made.seats, Selection.objects.count()) == (1, 0)
