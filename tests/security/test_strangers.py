"""Keys of strangers, typed into forms and addresses by somebody who may use the page: nothing is told, nothing done."""

import uuid
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from jobs.models import Job
from tests import factories
from tests.trainings import running
from trainings.models import Attendance, Claim, Score, Trainer, TrainingClass


@pytest.fixture
def own(cast, tree):
    """A class of the organiser's that is going on, with Sari in it."""
    made = running.running_class(tree.bdk)
    made.seat = running.seat(made, cast.employee)
    made.lesson = running.lesson(made)
    return made


@pytest.fixture
def other(cast, tree):
    """A class of another centre with Budi, who works outside the organiser's area."""
    elsewhere = factories.unit("BDK-SMG", tree.root, "BDK")
    made = running.running_class(elsewhere)
    made.seat = running.seat(made, cast.stranger)
    made.lesson = running.lesson(made)
    return made


def session_fields(made: TrainingClass, trainer: str) -> dict[str, str]:
    return {
        "day": made.first_day.isoformat(), "starts": "13:00", "ends": "14:00", "mode": "onsite",
        "title": "Pembukaan", "trainer": trainer,
    }  # fmt: skip


def test_a_trainer_is_an_employee_in_scope_or_one_on_record(cast, own, client):
    client.force_login(cast.organiser)
    way = reverse("trainings:session_add", args=[own.pk])
    page = client.post(way, session_fields(own, f"e{cast.stranger.pk}"))
    assert page.status_code == 200 and page.context["form"].errors["trainer"]
    assert cast.stranger.name not in page.content.decode()
    assert not Trainer.objects.filter(employee=cast.stranger).exists()
    page = client.post(way, session_fields(own, f"e{cast.employee.pk}"))
    assert (
        "trainer" not in page.context["form"].errors if page.status_code == 200 else page.status_code == 302
    )
    if page.status_code == 200:
        assert cast.employee.name in page.content.decode()


def test_seats_of_another_class_are_neither_marked_nor_scored(cast, own, other, client):
    client.force_login(cast.organiser)
    page = client.post(
        reverse("trainings:roll", args=[own.lesson.pk]), {f"status_{other.seat.pk}": "present"}, follow=True
    )
    assert cast.stranger.name not in page.content.decode()
    client.post(reverse("trainings:scores", args=[own.pk]), {f"s_1_{other.seat.pk}": "100"})
    assert (Attendance.objects.count(), Score.objects.count()) == (0, 0)


@pytest.mark.parametrize("name", ["trainings:class_create", "trainings:class_list", "employees:list"])
def test_addresses_that_name_what_lies_elsewhere(cast, tree, other, client, name):
    client.force_login(cast.organiser)
    query = {"copy": other.pk} if name == "trainings:class_create" else {"unit": tree.semarang.pk}
    page = client.get(reverse(name), query)
    assert page.status_code in (200, 404)
    if page.status_code == 200:
        assert str(tree.semarang) not in page.content.decode()
        assert cast.stranger.name not in page.content.decode()


def test_a_class_is_planned_for_units_in_scope_only(cast, tree, client):
    client.force_login(cast.organiser)
    programme = factories.programme()
    first = timezone.localdate() + timedelta(days=60)
    fields = {
        "code": "X-1", "programme": programme.pk, "first_day": first, "last_day": first, "seats": 10, "reserve": 0,
        "allocation": "PROPORSIONAL", "organiser": tree.bdk.pk, "areas": [tree.east.pk],
    }  # fmt: skip
    for change in ({"organiser": tree.pusdiklat.pk}, {"areas": [tree.central_java.pk]}):
        page = client.post(reverse("trainings:class_create"), {**fields, **change})
        assert page.status_code == 200
        assert set(change) <= set(page.context["form"].errors)
    assert not TrainingClass.objects.filter(code="X-1").exists()


def test_jobs_and_messages_of_others_are_not_there_whatever_the_role(cast, client):
    job = Job.objects.create(
        task="none", title="Rahasia", owner=cast.central, state="done", result_file="x.csv"
    )
    for user in (cast.organiser, cast.operator, cast.auditor, cast.admin, cast.employee_user):
        client.force_login(user)
        for name in ("jobs:progress", "jobs:file"):
            assert client.get(reverse(name, args=[job.pk])).status_code == 404
        assert "Rahasia" not in client.get(reverse("jobs:list")).content.decode()
        part = client.get(reverse("jobs:progress", args=[job.pk]), headers={"HX-Request": "true"})
        assert part.status_code == 404


@pytest.mark.parametrize("hostile", ["²", "9" * 30, "-1", "\x00", "1 OR 1=1", "٣"])
def test_what_is_no_number_is_no_error_of_the_portal(cast, tree, own, client, hostile):
    """`"²".isdigit()` is true, and `int` reads it not."""
    client.force_login(cast.organiser)
    asked = [
        ("trainings:class_create", [], "copy"), ("employees:list", [], "unit"), ("reports:figure", ["units"], "unit"),
        ("reports:figure", ["lorenz"], "years"), ("employees:list", [], "after"),
    ]  # fmt: skip
    for name, parts, parameter in asked:
        assert client.get(reverse(name, args=parts), {parameter: hostile}).status_code in (200, 404)
    given = {
        f"status_{hostile}": "present",
        f"seats_{hostile}": hostile,
        "trainer": f"e{hostile}",
        "areas": hostile,
    }
    for name, pk in (
        ("trainings:roll", own.lesson.pk), ("trainings:session_add", own.pk), ("trainings:class_create", None),
    ):  # fmt: skip
        way = reverse(name, args=[pk] if pk else [])
        assert client.post(way, given).status_code in (200, 302, 404)
    for body in (
        '{"scans": [{"id": "%s", "code": "%s", "age": 1}]}',
        '{"scans": [{"id": "%s", "code": "%s", "age": NaN}]}',
    ):
        sent = body % (uuid.uuid4(), hostile.replace("\0", "\\u0000"))
        scans = client.post(
            reverse("trainings:scans", args=[own.lesson.pk]), sent, content_type="application/json"
        )
        assert scans.status_code in (200, 400)
    listed = client.get(reverse("invitations:download", args=[own.pk, "csv"]), {"unit": hostile})
    assert listed.status_code == (404 if hostile.strip("\0") else 200)  # without a unit: the whole list
    client.force_login(cast.operator)
    claim = Claim.objects.create(
        employee=cast.employee, title="Pelatihan", identity="t:pelatihan", kind="TEKNIS", organiser="X",
        first_day=date(2020, 1, 1), last_day=date(2020, 1, 2), jp=20, result="LULUS", stored_name="claim",
        file_type="pdf", file_name="a.pdf", size=1, sha256="0" * 64, due_on=timezone.localdate(),
    )  # fmt: skip
    refused = client.post(reverse("trainings:claim_refuse", args=[claim.pk]), {"reason": hostile})
    assert refused.status_code == 302
    client.force_login(cast.employee_user)
    for parameter in ("selection", "class"):
        assert client.get(reverse("invitations:object"), {parameter: hostile}).status_code in (200, 404)
