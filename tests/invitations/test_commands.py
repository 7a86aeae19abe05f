"""The commands of a selection's life as a script uses them: last line, exit code, one line of refusal."""

import csv
import hashlib
import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from audit import reading
from audit.models import Event
from invitations.evidence import REPORT_COLUMNS
from invitations.models import Invitation, Selection
from outbox.models import Message
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evidence_dir(settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path / "evidence"


@pytest.fixture
def training_class(cast, tree):
    """One seat and one reserve in Surabaya for Sari, a second never-trained person and one who has passed."""
    programme = factories.programme()
    factories.employee(
        tree.surabaya, name="Kedua", service_start=cast.employee.service_start + timedelta(days=1)
    )
    passed = factories.employee(tree.surabaya, name="Sudah Lulus")
    factories.history(passed, timezone.localdate() - timedelta(days=900), programme)
    get_user_model().objects.create_superuser("kepala", "kepala@contoh.invalid", "x")
    return factories.training_class(programme, tree.bdk, [tree.surabaya], seats=1, reserve=1, code="K-1")


def run(*arguments: str):
    """Output of a command and its last line as JSON."""
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def refused(*arguments: str) -> str:
    """The one line with which a command refuses, its exit code being 1."""
    with pytest.raises(CommandError) as error:
        call_command(*arguments, stdout=io.StringIO())
    assert error.value.returncode == 1
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_main_job_by_script(training_class, cast, tmp_path):
    selection = run("select_participants", "K-1")
    assert selection == {
        "selection": Selection.objects.get().pk,
        "pool": 2,
        "selected": 1,
        "reserve": 1,
        "excluded": {"area": 1, "passed": 1},
    }
    number = str(selection["selection"])
    assert run("approve_selection", number, "--by", "kepala") == {
        "selection": selection["selection"], "issued": 1, "reserve": 1,
    }  # fmt: skip
    assert Message.objects.count() == 1
    answered = run("respond_invitation", "K-1", cast.employee.nip, "decline", "--reason", "sakit")
    promoted = Invitation.objects.awaiting_reply().get().employee
    assert promoted.name == "Kedua"
    assert answered == {"state": "declined", "promoted": promoted.nip}
    assert run("respond_invitation", "K-1", promoted.external_id, "accept") == {
        "state": "accepted", "promoted": None,
    }  # fmt: skip
    # The same answer again changes nothing; another is refused.
    events = Event.objects.count()
    assert (
        run("respond_invitation", "K-1", cast.employee.nip, "decline", "--reason", "CUTI")["promoted"] is None
    )
    assert Event.objects.count() == events
    refused("respond_invitation", "K-1", cast.employee.nip, "accept")
    assert run("verify_selection", number) == {"selection": selection["selection"], "matches": True}
    assert run("check_data") == {"problems": 0}
    assert run("invitation_list", "K-1", "--format", "csv", "-o", str(tmp_path / "daftar.csv")) == {"rows": 2}


def test_the_report_names_everyone_considered(training_class, cast, tmp_path):
    number = str(run("select_participants", "K-1")["selection"])
    out = io.StringIO()
    call_command("selection_report", number, "--format", "csv", stdout=out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert tuple(rows[0]) == REPORT_COLUMNS
    assert [
        (r["OUTCOME"], r["CODE"], r["AREA"], r["RANK"], r["AREA_RANK"], r["RESERVE_NO"]) for r in rows[:2]
    ] == [
        ("selected", "", "KK3578", "1", "1", ""),
        ("reserve", "", "KK3578", "2", "2", "1"),
    ]
    assert {(r["OUTCOME"], r["CODE"], r["RANK"]) for r in rows[2:]} == {
        ("excluded", "passed", ""), ("excluded", "area", ""),
    }  # fmt: skip
    assert rows[0]["NIP"] == cast.employee.nip
    assert (rows[0]["EVER_TRAINED"], rows[0]["WAITING_SINCE"]) == (
        "false", cast.employee.service_start.isoformat(),
    )  # fmt: skip
    file = tmp_path / "laporan.json"
    call_command("selection_report", number, "--format", "json", "-o", str(file), stdout=io.StringIO())
    report = json.loads(file.read_text())
    selection = Selection.objects.get()
    assert {k: v for k, v in report.items() if k != "rows"} == {
        "selection": selection.pk,
        "class": "K-1",
        "rule": "1",
        "seed": selection.seed.value,
        "commitment": selection.seed.commitment,
    }
    assert [tuple(row) for row in report["rows"]] == [REPORT_COLUMNS] * len(rows)
    assert [(r["RANK"], r["RESERVE_NO"], r["EVER_TRAINED"]) for r in report["rows"][:3]] == [
        (1, None, False), (2, 1, False), (None, None, rows[2]["EVER_TRAINED"] == "true"),
    ]  # fmt: skip
    texts = ("NIP", "ID_PEGAWAI", "OUTCOME", "CODE", "AREA", "WAITING_SINCE", "SERVICE_START", "LOTTERY")
    assert [[r[c] for c in texts] for r in report["rows"]] == [[r[c] for c in texts] for r in rows]


def test_a_report_leaves_an_event_and_a_reading_of_everybody_it_names(
    training_class, cast, tmp_path, monkeypatch
):
    monkeypatch.setenv("LOGNAME", "operator.pusat")
    number = str(run("select_participants", "K-1")["selection"])
    file = tmp_path / "laporan.csv"
    call_command("selection_report", number, "--format", "csv", "-o", str(file), stdout=io.StringIO())
    call_command("selection_report", number, "--format", "json", stdout=io.StringIO())
    printed, written = reading.of_person(cast.employee.pk)
    with file.open(encoding="utf-8") as lines:
        people = len(list(csv.DictReader(lines)))
    for noted, name, digest in (
        (printed, "selection_report.json", ""),
        (written, "laporan.csv", hashlib.sha256(file.read_bytes()).hexdigest()),
    ):
        assert (noted.kind, noted.what, noted.sha256) == ("downloaded", name, digest)
        assert (noted.actor_id, noted.actor_name, noted.row_count) == (None, "os:operator.pusat", people)
    assert list(reading.of_person(cast.stranger.pk)) == [printed, written]
    events = Event.objects.filter(verb="selection.report").order_by("pk")
    assert [(e.actor_name, e.data["format"]) for e in events] == [
        ("os:operator.pusat", "csv"), ("os:operator.pusat", "json"),
    ]  # fmt: skip


def test_refusals_are_one_line_and_change_nothing(training_class, cast, tmp_path):
    refused("select_participants", "TIDAK-ADA")
    refused("approve_selection", "999999", "--by", "kepala")
    refused("selection_report", "999999", "--format", "csv")
    refused("verify_selection", "999999")
    refused("respond_invitation", "TIDAK-ADA", "1", "accept")
    refused("respond_invitation", "K-1", cast.employee.nip, "accept")
    number = str(run("select_participants", "K-1")["selection"])
    refused("approve_selection", number, "--by", "tidak.ada")
    refused("approve_selection", number, "--by", "operator")
    refused("selection_report", number, "--format", "csv", "-o", str(tmp_path / "tidak" / "ada.csv"))
    assert Invitation.objects.count() == 0
    assert Selection.objects.get().state == "proposed"
    run("approve_selection", number, "--by", "central")
    refused("approve_selection", number, "--by", "central")
    refused("select_participants", "K-1")  # the only seat is taken
    for arguments in (("decline",), ("decline", "--reason", "MALAS"), ("decline", "--reason", "LAINNYA")):
        refused("respond_invitation", "K-1", cast.employee.nip, *arguments)
    assert list(Invitation.objects.values_list("state", flat=True)) == ["issued"]


@pytest.mark.parametrize(
    "changes",
    [
        {"first_day": timezone.localdate(), "confirm_by": timezone.localdate()},
        {"confirm_by": timezone.localdate() - timedelta(days=1)},
        {"state": "draft"},
        {"state": "cancelled"},
    ],
)
def test_a_class_that_is_not_open_is_refused(training_class, changes):
    type(training_class).objects.filter(pk=training_class.pk).update(**changes)
    refused("select_participants", "K-1")
    assert Selection.objects.count() == 0


def test_a_second_selection_waits_for_the_reserve_and_takes_the_free_seats(training_class, cast, tree):
    number = str(run("select_participants", "K-1")["selection"])
    run("approve_selection", number, "--by", "kepala")
    run("respond_invitation", "K-1", cast.employee.nip, "decline", "--reason", "DINAS")
    second = Invitation.objects.awaiting_reply().get().employee
    run("respond_invitation", "K-1", second.nip, "decline", "--reason", "DINAS")
    factories.employee(tree.surabaya, name="Baru")
    again = run("select_participants", "K-1")
    assert (again["pool"], again["selected"], again["excluded"]["invited"]) == (1, 1, 2)
    assert Selection.objects.filter(state="issued").count() == 1
    assert Selection.objects.latest("pk").seed_id != Selection.objects.earliest("pk").seed_id
