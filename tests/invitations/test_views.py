"""The class workspace, a selection from preview to issue, replies and the employee's own page."""

from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from invitations import actions
from invitations.models import Invitation, Selection
from invitations.views.workspace import current_step
from jobs.models import Job
from outbox.models import Message
from tests import factories


@pytest.fixture
def training_class(cast, tree):
    return factories.training_class(factories.programme(), tree.bdk, [tree.east], seats=2, reserve=1)


@pytest.fixture
def proposed(cast, tree, training_class):
    """Four people of East Java, two selected, one reserve, one waiting; one of Semarang outside the area."""
    cast.employee.service_start = date(2001, 3, 1)  # waits longest, whatever the lottery says
    cast.employee.save()
    for number in range(3):
        factories.employee(tree.surabaya, name=f"Orang {number}")
    selection = actions.start_selection(training_class=training_class, by=cast.organiser, in_background=False)
    actions.run_selection(selection.pk)
    selection.refresh_from_db()
    return selection


@pytest.fixture
def issued(cast, proposed):
    actions.approve(selection=proposed, by=cast.organiser, in_background=False)
    actions.issue(proposed.pk)
    proposed.refresh_from_db()
    return proposed


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_step_follows_class_and_selection(cast, tree, training_class):
    draft = factories.training_class(factories.programme("D"), tree.bdk, state="draft", seeded=False)
    assert current_step(draft, None) == "plan"
    expected = {
        "queued": "select", "ranking": "select", "failed": "select", "void": "select",
        "proposed": "review", "in_review": "review", "approved": "issue", "issued": "replies",
    }  # fmt: skip
    found = {s: current_step(training_class, Selection(state=s)) for s in Selection.State.values}
    assert found == expected


def test_the_preview_names_the_people_and_stores_nothing(client, cast, training_class):
    client.force_login(cast.organiser)
    body = page(client, "invitations:preview", training_class.pk)
    assert "Sari Wulandari" in body
    assert "Budi Santoso" not in body
    assert Selection.objects.count() == 0


def test_starting_records_a_job_and_leads_to_its_progress(client, cast, training_class):
    client.force_login(cast.organiser)
    assert "<form" in page(client, "invitations:start", training_class.pk)
    assert Selection.objects.count() == 0
    response = client.post(reverse("invitations:start", args=[training_class.pk]))
    selection = Selection.objects.get()
    assert response["Location"] == reverse("jobs:progress", args=[selection.job_id])
    assert (selection.requested_by, selection.state) == (cast.organiser, "queued")


def test_a_refusal_is_shown_on_the_class_page(client, cast, tree):
    late = factories.training_class(
        factories.programme("L"), tree.bdk, [tree.east], confirm_by=timezone.localdate() - timedelta(days=1)
    )
    client.force_login(cast.organiser)
    response = client.post(reverse("invitations:start", args=[late.pk]), follow=True)
    assert "notice-error" in response.content.decode()
    assert Selection.objects.count() == 0


def test_the_proposal_shows_names_reasons_seed_and_counts(client, cast, proposed):
    client.force_login(cast.organiser)
    body = page(client, "invitations:selection", proposed.pk)
    assert body.count("<tr><td") == 2
    assert proposed.seed.value in body
    assert proposed.evidence_sha256 in body
    reserve = client.get(reverse("invitations:selection", args=[proposed.pk]), {"outcome": "reserve"})
    assert len(reserve.context["table"].page.object_list) == 1
    assert {code: n for code, _label, n in reserve.context["outcomes"]} == {
        "selected": 2, "reserve": 1, "waiting": 1,
    }  # fmt: skip
    assert [n for _label, _text, n in reserve.context["excluded"]] == [proposed.excluded["area"]]


def test_a_neighbour_of_a_national_class_sees_only_the_own_names(client, cast, tree):
    national = factories.training_class(factories.programme("N"), tree.pusdiklat, [tree.root], seats=5)
    selection = actions.start_selection(training_class=national, by=cast.central, in_background=False)
    actions.run_selection(selection.pk)
    client.force_login(cast.neighbour)
    body = page(client, "invitations:selection", selection.pk)
    assert "Budi Santoso" in body
    assert "Sari Wulandari" not in body


def test_approval_asks_first_and_then_queues_the_issue(client, cast, proposed):
    client.force_login(cast.organiser)
    address = reverse("invitations:approve", args=[proposed.pk])
    asked = client.get(address)
    assert asked.context["count"] == 2
    assert cast.employee.name in asked.context["sample"].text
    assert asked.context["sample"].text in unescape(asked.content.decode())
    assert Message.objects.count() == 0
    proposed.refresh_from_db()
    assert proposed.state == "proposed"
    response = client.post(address)
    proposed.refresh_from_db()
    assert (proposed.state, proposed.approved_by) == ("approved", cast.organiser)
    assert response["Location"] == reverse("jobs:progress", args=[proposed.job_id])


def test_above_a_hundred_the_number_is_typed(client, cast, tree):
    big = factories.training_class(factories.programme("BIG"), tree.bdk, [tree.east], seats=101)
    for _n in range(100):
        factories.employee(tree.surabaya)
    selection = actions.start_selection(training_class=big, by=cast.organiser, in_background=False)
    actions.run_selection(selection.pk)
    client.force_login(cast.organiser)
    address = reverse("invitations:approve", args=[selection.pk])
    for typed in ("", "100"):
        client.post(address, {"typed": typed})
        selection.refresh_from_db()
        assert selection.state == "proposed"
    client.post(address, {"typed": "101"})
    selection.refresh_from_db()
    assert selection.state == "approved"


def test_setting_aside_needs_a_reason(client, cast, proposed):
    client.force_login(cast.organiser)
    address = reverse("invitations:void", args=[proposed.pk])
    client.post(address, {"reason": ""})
    proposed.refresh_from_db()
    assert proposed.state == "proposed"
    client.post(address, {"reason": "Jadwal berubah"})
    proposed.refresh_from_db()
    assert proposed.state == "void"


@pytest.mark.parametrize("name", ["invitations:list", "invitations:class"])
def test_lists_of_invitations_cost_the_same_at_one_row_and_at_three(
    client, cast, tree, django_assert_num_queries, name
):
    client.force_login(cast.operator)
    made = factories.training_class(factories.programme("Q"), tree.bdk, [tree.east], seats=1)
    selection = actions.start_selection(training_class=made, by=cast.organiser, in_background=False)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.organiser, in_background=False)
    actions.issue(selection.pk)
    address = reverse(name, args=[made.pk] if name == "invitations:class" else [])
    with CaptureQueriesContext(connection) as one:
        assert client.get(address).content.decode().count("<tr><td") == 1
    made.seats = 3
    made.save()
    for _n in range(2):
        Invitation.objects.create(
            selection=selection, training_class=made, employee=factories.employee(tree.surabaya),
            rank=9, answer_by=made.confirm_by, reason=selection.invitations.first().reason,
        )  # fmt: skip
    with django_assert_num_queries(len(one)):
        assert client.get(address).content.decode().count("<tr><td") == 3


def test_a_classs_own_list_says_the_deadline_beside_the_state_while_it_matters(client, cast, tree):
    client.force_login(cast.operator)
    made = factories.training_class(factories.programme("Q"), tree.bdk, [tree.east], seats=1)
    selection = actions.start_selection(training_class=made, by=cast.organiser, in_background=False)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.organiser, in_background=False)
    actions.issue(selection.pk)

    def row() -> str:
        page = client.get(reverse("invitations:class", args=[made.pk])).content.decode()
        return page[page.index("<tbody") : page.index("</tbody")]

    deadline = f'datetime="{made.confirm_by.isoformat()}"'
    assert row().count(deadline) == 1
    actions.withdraw(invitation=selection.invitations.get(), by=cast.organiser, reason="Moved elsewhere")
    assert deadline not in row()


def test_invitations_are_listed_latest_selection_first_each_in_rank_order(client, cast, tree):
    client.force_login(cast.operator)
    for code in ("Q1", "Q2"):
        factories.employee(tree.surabaya)
        made = factories.training_class(factories.programme(code), tree.bdk, [tree.east], seats=2)
        started = actions.start_selection(training_class=made, by=cast.organiser, in_background=False)
        actions.run_selection(started.pk)
        actions.approve(selection=started, by=cast.organiser, in_background=False)
        actions.issue(started.pk)
    rows = client.get(reverse("invitations:list")).context["table"].data
    order = [(invitation.selection_id, invitation.rank) for invitation in rows]
    assert order == sorted(order, key=lambda pair: (-pair[0], pair[1]))
    assert len({selection for selection, _rank in order}) == 2


@pytest.mark.parametrize("outcome", ["selected", "waiting"])
def test_the_ranked_names_cost_the_same_at_one_row_and_at_more(
    client, cast, tree, django_assert_num_queries, outcome
):
    client.force_login(cast.organiser)

    def run(code: str) -> str:
        made = factories.training_class(factories.programme(code), tree.bdk, [tree.east], seats=1)
        if outcome == "selected":
            made.seats = made.seats if code == "ONE" else 3
            made.save()
        selection = actions.start_selection(training_class=made, by=cast.organiser, in_background=False)
        actions.run_selection(selection.pk)
        return reverse("invitations:selection", args=[selection.pk]) + f"?outcome={outcome}"

    factories.employee(tree.surabaya)
    first = run("ONE")
    for _n in range(2):
        factories.employee(tree.surabaya)
    second = run("MORE")
    for address in (first, second):
        client.get(address)  # whom a proposal reaches is counted at the first look and kept
    with CaptureQueriesContext(connection) as one:
        assert client.get(first).content.decode().count("<tr><td") == 1
    with django_assert_num_queries(len(one)):
        assert client.get(second).content.decode().count("<tr><td") == 3


def test_an_employee_accepts_in_one_tap(client, cast, issued):
    invitation = issued.invitations.get(employee=cast.employee)
    client.force_login(cast.employee_user)
    home = client.get("/").content.decode()
    assert reverse("invitations:accept", args=[invitation.pk]) in home
    client.post(reverse("invitations:accept", args=[invitation.pk]))
    invitation.refresh_from_db()
    assert (invitation.state, invitation.answered_by) == ("accepted", cast.employee_user)


@pytest.mark.parametrize(
    ("answer", "state"),
    [({}, "issued"), ({"reason": "LAINNYA"}, "issued"), ({"reason": "SAKIT"}, "declined"),
     ({"reason": "LAINNYA", "text": "Pindah rumah"}, "declined")],
)  # fmt: skip
def test_declining_needs_a_coded_reason(client, cast, issued, answer, state):
    invitation = issued.invitations.get(employee=cast.employee)
    client.force_login(cast.employee_user)
    client.post(reverse("invitations:decline", args=[invitation.pk]), answer)
    invitation.refresh_from_db()
    assert invitation.state == state
    assert invitation.decline_reason == (answer["reason"] if state == "declined" else "")


def test_nobody_answers_a_stranger_s_invitation(client, cast, issued):
    other = issued.invitations.exclude(employee=cast.employee).get()
    client.force_login(cast.employee_user)
    for name in ("accept", "decline", "show"):
        address = reverse(f"invitations:{name}", args=[other.pk])
        answered = client.post(address, {"reason": "SAKIT"}) if name != "show" else client.get(address)
        assert answered.status_code == 404
    other.refresh_from_db()
    assert other.state == "issued"


def test_opening_the_invitation_notes_when_it_was_seen(client, cast, issued):
    invitation = issued.invitations.get(employee=cast.employee)
    client.force_login(cast.employee_user)
    page(client, "invitations:show", invitation.pk)
    invitation.refresh_from_db()
    first = invitation.seen_at
    page(client, "invitations:show", invitation.pk)
    invitation.refresh_from_db()
    assert first is not None and invitation.seen_at == first


def test_an_operator_answers_for_somebody_in_the_own_region(client, cast, issued):
    invitation = issued.invitations.get(employee=cast.employee)
    address = reverse("invitations:answer_for", args=[invitation.pk])
    client.force_login(cast.neighbour)
    assert client.post(address, {"answer": "accept"}).status_code == 404
    client.force_login(cast.operator)
    client.post(address, {"answer": "decline"})
    invitation.refresh_from_db()
    assert invitation.state == "issued"
    client.post(address, {"answer": "accept"})
    invitation.refresh_from_db()
    assert (invitation.state, invitation.channel, invitation.answered_by) == (
        "accepted", "behalf", cast.operator,
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "begins"), [("csv", b"NO,NAMA"), ("xlsx", b"PK"), ("pdf", b"%PDF")])
def test_the_list_is_downloaded_in_scope_and_the_download_is_recorded(client, cast, issued, kind, begins):
    address = reverse("invitations:download", args=[issued.training_class_id, kind])
    client.force_login(cast.operator)
    response = client.get(address)
    assert response.content.startswith(begins)
    assert response["Content-Disposition"].startswith("attachment")
    event = Event.objects.get(verb="list.download")
    assert (event.actor_id, event.data["rows"], event.data["format"]) == (cast.operator.pk, 2, kind)
    client.force_login(cast.neighbour)
    assert client.get(address).status_code == 404
    assert Event.objects.filter(verb="list.download").count() == 1


def test_a_list_of_a_unit_outside_the_scope_does_not_exist(client, cast, tree, issued):
    address = reverse("invitations:download", args=[issued.training_class_id, "csv"])
    client.force_login(cast.operator)
    assert client.get(address, {"unit": tree.semarang.code}).status_code == 404
    assert client.get(address, {"unit": tree.madrasah.code}).content.count(b"\r\n") == 2
    assert client.get(address.replace("csv", "exe")).status_code == 404


def test_withdrawing_gives_the_seat_to_the_reserve(client, cast, issued):
    invitation = issued.invitations.get(employee=cast.employee)
    client.force_login(cast.organiser)
    client.post(reverse("invitations:withdraw", args=[invitation.pk]), {"reason": "Salah data"})
    invitation.refresh_from_db()
    assert invitation.state == "withdrawn"
    assert invitation.replacement.state == "issued"


def test_the_own_page_shows_hours_history_and_place(client, cast):
    day = timezone.localdate()
    factories.history(cast.employee, day, title="Pelatihan Tahun Ini", jp=12)
    client.force_login(cast.employee_user)
    response = client.get(reverse("invitations:mine"))
    assert (response.context["hours"], response.context["hours_goal"]) == (12, 20)
    assert "Pelatihan Tahun Ini" in response.content.decode()
    cast.employee.status = "PPPK"
    cast.employee.save()
    assert client.get(reverse("invitations:mine")).context["hours_goal"] == 24


def test_whoever_has_no_personnel_record_is_told_so(client, cast):
    client.force_login(cast.admin)
    response = client.get(reverse("invitations:mine"))
    assert response.templates[0].name == "invitations/nobody.html"


def test_the_progress_page_asks_again_until_the_job_has_finished(client, cast):
    job = Job.objects.create(
        task="x", title="Peringkat", owner=cast.organiser, state="running", done=3, total=9
    )
    address = reverse("jobs:progress", args=[job.pk])
    client.force_login(cast.organiser)
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "every 1s" in part and "<html" not in part
    job.state, job.result_url = "done", "/classes/"
    job.save()
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "every 1s" not in part and 'href="/classes/"' in part
    client.force_login(cast.central)
    assert client.get(address).status_code == 404


def test_messages_are_read_by_their_recipient_alone(client, cast, issued, settings):
    message = Message.objects.get(recipient=cast.employee_user)
    address = reverse("outbox:detail", args=[message.pk])
    client.force_login(cast.employee_user)
    assert client.get(address).status_code == 200
    client.force_login(cast.operator)
    assert client.get(address).status_code == 404
    mail = reverse("mail", args=[message.pk])
    settings.EMAIL_BACKEND = "outbox.filebackend.EmailBackend"
    assert client.get(mail).status_code == 200
    client.force_login(cast.neighbour)
    assert client.get(mail).status_code == 404
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    client.force_login(cast.operator)
    assert client.get(mail).status_code == 404
    assert client.get(reverse("mailbox")).status_code == 404


def test_events_are_written_for_each_step(cast, issued):
    verbs = set(Event.objects.filter(object_type="selection").values_list("verb", flat=True))
    assert {"selection.proposed", "selection.approved", "selection.issued"} <= verbs


def test_search_finds_within_the_scope_only(client, cast, training_class):
    client.force_login(cast.neighbour)
    response = client.get(reverse("search"), {"q": "kanwil"})
    assert [unit.name for unit in response.context["units"]] == ["Kanwil Jawa Tengah"]
    response = client.get(reverse("search"), {"q": "pelatihan"})
    assert list(response.context["classes"]) == []
    client.force_login(cast.operator)
    response = client.get(reverse("search"), {"q": "sari"}, headers={"HX-Request": "true"})
    assert [person.name for person in response.context["people"]] == ["Sari Wulandari"]
    response = client.get(reverse("search"), {"q": "pelatihan"})
    assert list(response.context["classes"]) == [training_class]
    assert list(response.context["programmes"]) == [training_class.programme]
    words = f"{training_class.programme.name} {training_class.batch}"
    assert list(client.get(reverse("search"), {"q": words}).context["classes"]) == [training_class]
    assert list(client.get(reverse("search"), {"q": words + " lain"}).context["classes"]) == []
    assert client.get(reverse("search"), {"q": "sa"}).context["too_short"] is True


def test_the_link_of_a_mail_works_for_whoever_is_signed_in_too(client, cast, issued):
    from invitations.links import path_for

    invitation = issued.invitations.get(employee=cast.employee)
    client.force_login(cast.employee_user)
    body = client.get(path_for(invitation.pk)).content.decode()
    assert 'value="accept"' in body
    assert body.count("<h1") == 1
