"""Scores by hand and by grade sheet, the pass meeting, the lock; pages of results."""

import io
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.errors import Refusal
from audit.models import Reading
from tests import factories
from tests.trainings import running
from trainings import actions
from trainings.actions import ComponentPlan, ScoreEntry
from trainings.delivery import gradesheet
from trainings.models import Component, Grading, ParticipantResult, Score


@pytest.fixture
def ended(tree, cast):
    """A class that ended yesterday, scores decide, two people present at its one lesson."""
    training_class = running.running_class(tree.bdk)
    training_class.areas.create(unit=tree.east)
    session = running.lesson(training_class)
    for person in (cast.employee, factories.employee(tree.madrasah, name="Agus Salim")):
        running.mark(session, running.seat(training_class, person))
    actions.save_grading(
        training_class=training_class, by=cast.organiser, graded=True, pass_mark=70, minimum_attendance=80,
        components=[ComponentPlan("Tes awal", "pre_test", 0), ComponentPlan("Tes akhir", "post_test", 40),
                    ComponentPlan("Tugas", "score", 60)],
    )  # fmt: skip
    return training_class


def seat_of(training_class, name):
    return training_class.participations.select_related("employee").get(employee__name=name)


def sheet(*rows, headings=("NIP", "NAMA", "TES AKHIR", "TUGAS", "TUGAS (REMEDIAL)")) -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made)
    page = book.add_worksheet()
    for line, row in enumerate([headings, *rows]):
        for place, value in enumerate(row):
            page.write(line, place, value)
    book.close()
    return made.getvalue()


def upload(client, training_class, content):
    address = reverse("trainings:scores", args=[training_class.pk])
    return client.post(address, {"sheet": "1", "file": SimpleUploadedFile("nilai.xlsx", content)})


def test_the_sheet_goes_out_is_filled_and_comes_back(client, ended, cast):
    client.force_login(cast.organiser)
    answer = client.get(reverse("trainings:grade_sheet", args=[ended.pk]))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    page = book.active
    assert [cell.value for cell in page[1]][:6] == [
        "NIP",
        "NAMA",
        "SATUAN KERJA",
        "KEHADIRAN (%)",
        "TES AWAL",
        "TES AWAL (REMEDIAL)",
    ]
    # Who took whose data is on record, and the file says who took it.
    noted = Reading.objects.get(kind="downloaded")
    assert set(noted.subjects) == set(ended.participations.values_list("employee_id", flat=True))
    assert cast.organiser.get_username() in book.properties.description
    assert cast.organiser.get_username() in answer["Content-Disposition"]
    assert page["A2"].value == seat_of(ended, "Agus Salim").employee.nip
    assert page["D2"].value == 100
    page["G2"], page["I2"], page["J2"] = 55, 60.5, "72,25"
    filled = io.BytesIO()
    book.save(filled)
    assert upload(client, ended, filled.getvalue()).status_code == 302
    stored = {s.component.name: (s.score, s.remedial) for s in Score.objects.select_related("component")}
    assert stored == {"Tes akhir": (Decimal("55.00"), None), "Tugas": (Decimal("60.50"), Decimal("72.25"))}
    # Once more the same sheet changes nothing.
    upload(client, ended, filled.getvalue())
    assert Score.objects.count() == 2


def test_one_wrong_row_and_nothing_is_taken_each_with_its_reason(client, ended, cast):
    client.force_login(cast.organiser)
    good, other = seat_of(ended, "Sari Wulandari").employee.nip, seat_of(ended, "Agus Salim").employee.nip
    content = sheet(
        (good, "Sari", 80, 90, ""),
        (good, "Sari lagi", 80, 90, ""),
        (cast.stranger.nip, "Orang lain", 80, 90, ""),
        (other, "Agus", 101, "baik", 50),
    )
    body = upload(client, ended, content).content.decode()
    assert not Score.objects.exists()
    seats = list(ended.participations.select_related("employee"))
    found = gradesheet.read(content, list(ended.components.all()), seats)
    assert [wrong.row for wrong in found.wrong] == [3, 4, 5, 5]
    for wrong in found.wrong:
        assert wrong.who in body


@pytest.mark.parametrize(
    "content",
    [
        b"", b"rubbish", b"%PDF-1.4",
        sheet(("1", 2), headings=("NAMA", "TUGAS")),
        sheet(("1", 2), headings=("NIP", "LAIN")),
        sheet(("1", 2), headings=("NIP", "NAMA")),
        sheet(("1", 2, 3), headings=("NIP", "TUGAS", "TUGAS")),
    ],
)  # fmt: skip
def test_what_is_no_grade_sheet_is_refused(client, ended, cast, content):
    client.force_login(cast.organiser)
    assert "invalid-feedback" in upload(client, ended, content).content.decode()
    assert not Score.objects.exists()


@pytest.mark.parametrize("text", ["-1", "100.01", "NaN", "Infinity", "1e3", "80.123", "delapan"])
def test_no_score(text):
    with pytest.raises(ValueError):
        gradesheet.score_in(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("80", "80"), (" 79,5 ", "79.50"), ("79.99999999999", "80.00"), ("", None), ("0", "0")],
)
def test_scores_as_people_write_them(text, value):
    assert gradesheet.score_in(text) == (Decimal(value) if value else None)


def test_settings_of_the_result_are_checked(ended, cast):
    seat, task = seat_of(ended, "Agus Salim"), Component.objects.get(name="Tugas")
    actions.save_scores(
        training_class=ended, by=cast.organiser, entries=[ScoreEntry(task, seat, Decimal(80))]
    )
    common = {
        "training_class": ended,
        "by": cast.organiser,
        "graded": True,
        "pass_mark": 70,
        "minimum_attendance": 80,
    }
    for components in (
        [ComponentPlan("Tugas", "score", 60)],
        [ComponentPlan("Tugas", "score", 60), ComponentPlan("tugas ", "score", 40)],
        [ComponentPlan("Lain", "score", 100)],
    ):
        with pytest.raises(Refusal):
            actions.save_grading(components=components, **common)
    assert list(ended.components.values_list("name", "weight")) == [
        ("Tes awal", 0),
        ("Tes akhir", 40),
        ("Tugas", 60),
    ]
    for entry in (ScoreEntry(task, seat, Decimal(101)), ScoreEntry(task, seat, None, Decimal(50))):
        with pytest.raises(Refusal):
            actions.save_scores(training_class=ended, by=cast.organiser, entries=[entry])


def test_a_class_is_carried_from_scores_to_completion_on_the_pages(client, ended, cast):
    client.force_login(cast.organiser)
    at = lambda name: reverse(f"trainings:{name}", args=[ended.pk])  # noqa: E731 - a dozen times
    data = {}
    for seat in ended.participations.all():
        for component in ended.components.filter(weight__gt=0):
            data[f"s_{component.pk}_{seat.pk}"] = "80,5"
    assert client.post(at("scores"), {**data, next(iter(data)): "abc"}).status_code == 200
    assert not Score.objects.exists()
    assert client.post(at("scores"), data).status_code == 302
    body = client.get(at("results")).content.decode()
    assert "80,5" in body
    client.post(at("lock"))
    assert not ParticipantResult.objects.exists()  # the minutes are missing
    future = {"meeting_day": (ended.last_day + timedelta(days=90)).isoformat(), "minutes": "x"}
    assert client.post(at("minutes"), future).status_code == 200
    assert (
        client.post(
            at("minutes"), {"meeting_day": ended.last_day.isoformat(), "minutes": "Semua lulus."}
        ).status_code
        == 302
    )
    assert "LULUS" not in client.get(at("lock")).content.decode().replace('state-good">Lulus', "")
    client.post(at("lock"))
    assert set(ParticipantResult.objects.values_list("outcome", flat=True)) == {"LULUS"}
    assert Grading.objects.get().locked
    client.post(at("scores"), data | {next(iter(data)): "10"})
    assert not Score.objects.filter(score=10).exists()
    done = client.post(at("complete"))
    assert "step=completion" in done["Location"]
    assert client.get(done["Location"]).status_code == 200
    assert cast.employee.history.get().result == "LULUS"
    # The participant reads the own result; the region its people's; nobody else.
    client.force_login(cast.employee_user)
    seat = seat_of(ended, "Sari Wulandari")
    assert "Lulus" in client.get(reverse("trainings:my_class", args=[seat.pk])).content.decode()
    client.force_login(cast.operator)
    assert "Agus Salim" in client.get(at("results")).content.decode()
    assert client.get(at("scores")).status_code == 403
    assert client.post(at("complete")).status_code == 403
    client.force_login(cast.neighbour)
    assert client.get(at("results")).status_code == 404


@pytest.mark.parametrize("locked", [False, True])
def test_results_cost_the_same_at_one_and_at_three_people(client, cast, tree, locked):
    client.force_login(cast.organiser)
    counts = []
    for number in (1, 3):
        training_class = running.running_class(tree.bdk)
        session = running.lesson(training_class)
        component = running.graded(training_class)
        for _turn in range(number):
            seat = running.seat(training_class, factories.employee(tree.madrasah))
            running.mark(session, seat)
            running.score(component, seat, 80)
        if locked:
            actions.lock_results(training_class=training_class, by=cast.organiser)
        address = reverse("trainings:results", args=[training_class.pk])
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("step", ["select", "review", "issue", "replies"])
def test_a_class_filled_without_a_selection_has_nothing_to_review(client, ended, cast, step):
    assert not ended.selections.exists()
    client.force_login(cast.organiser)
    response = client.get(reverse("invitations:class", args=[ended.pk]), {"step": step})
    assert response.status_code == 200
    opens = f'href="?step={step}"' in response.content.decode()
    assert opens == (step not in ("review", "issue"))


@pytest.mark.parametrize("step", ["agenda", "attendance", "results", "completion"])
def test_the_workspace_opens_each_step_of_a_class_that_ended(client, ended, cast, step):
    client.force_login(cast.organiser)
    Grading.objects.filter(pk=ended.pk).update(meeting_day=ended.last_day, minutes="x")
    actions.lock_results(training_class=ended, by=cast.organiser)
    body = client.get(reverse("invitations:class", args=[ended.pk]), {"step": step}).content.decode()
    assert f'href="?step={step}" aria-current="step"' in body
    client.force_login(cast.leader)
    assert "Agus Salim" not in client.get(reverse("invitations:class", args=[ended.pk])).content.decode()
