"""A short fault run, and proof that its counts notice what is wrong."""

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from invitations import actions
from invitations.models import Invitation
from jobs.models import Job
from outbox.models import Message
from outbox.rendering import message_id
from simdiklat.chaos import counts, run
from tests import factories
from tests.simdiklat.commands import manage


@pytest.mark.engines
@pytest.mark.django_db
def test_everything_is_right_after_twenty_seconds_of_faults(tmp_path: Path) -> None:
    done = manage(
        tmp_path, "chaos", "--broker", "redis", "--minutes", "0.33", "--classes", "3", "--invitations", "90",
        "--people", "600", "--clients", "4",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every count is right." in done.stdout
    assert "WRONG" not in done.stdout
    told = dict(re.findall(r"^ *(\S.*?) {2,}(\d+)(?: .*)?$", done.stdout, re.MULTILINE))
    assert int(told["invitations"]) >= int(told["invited at first"]) > 60
    assert int(told["confirmed answers"]) > 20
    assert sum(int(n) for what, n in told.items() if "killed (-9)" in what or "cut" in what) > 0


@pytest.fixture
def issued(cast: Any, tree: Any, settings: Any, tmp_path: Path) -> list[Invitation]:
    """Two issued invitations of a class with two in reserve, their messages sent."""
    settings.EVIDENCE_DIR = tmp_path
    for i in range(4):
        factories.employee(tree.surabaya, name=f"Orang {i}")
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.surabaya], seats=2, reserve=2
    )
    selection = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.central)
    actions.issue(selection.pk)
    Job.objects.update(state="done")
    Message.objects.update(state="sent", attempts=1)
    return list(Invitation.objects.order_by("rank"))


def wrong(lines: list[counts.Line]) -> list[str]:
    return [line.what.strip() for line in lines if line.right is False]


def arrivals() -> Counter[str]:
    return Counter(message_id(key) for key in Message.objects.values_list("key", flat=True))


@pytest.mark.django_db
def test_counts_are_right_where_all_is_well(issued: list[Invitation]) -> None:
    actions.answer(invitation=issued[0], answer="accept", by=None)
    actions.answer(invitation=issued[1], answer="decline", by=None, reason="SAKIT")
    Message.objects.filter(state="pending").update(state="sent", attempts=1)
    confirmed = {issued[0].pk: {"accepted"}, issued[1].pk: {"declined"}}
    assert wrong(counts.invitations(confirmed)) == []
    assert wrong(counts.messages(arrivals())) == []
    assert counts.settled() == ""


@pytest.mark.django_db
def test_a_lost_answer_and_a_seat_left_lying_are_noticed(issued: list[Invitation]) -> None:
    assert wrong(counts.invitations({issued[0].pk: {"accepted"}})) == ["that were lost or turned round"]
    # Closed behind the portal's back: nobody was called up, though the reserve has two.
    Invitation.objects.filter(pk=issued[1].pk).update(state="declined", decline_reason="SAKIT")
    assert wrong(counts.invitations({})) == [
        "with nobody left in the reserve",
        "left lying though somebody could have had them",
    ]


@pytest.mark.django_db
def test_somebody_forgotten_by_issuing_is_noticed(issued: list[Invitation]) -> None:
    assert wrong(counts.invitations({})) == []
    Message.objects.all().delete()
    issued[1].delete()
    assert wrong(counts.invitations({})) == ["neither invited nor stopped by a gate"]


@pytest.mark.django_db
def test_lost_repeated_and_unknown_mails_are_noticed(issued: list[Invitation]) -> None:
    one, other = sorted(arrivals())
    assert wrong(counts.messages(Counter([one]))) == ["sent by the books, never arrived"]
    assert wrong(counts.messages(Counter([one, other, other]))) == ["more often than attempts were recorded"]
    Message.objects.update(attempts=2)
    assert wrong(counts.messages(Counter([one, other, other]))) == []
    assert wrong(counts.messages(Counter([one, other, "<nobody@contoh.invalid>"]))) == [
        "arrived that nobody wrote",
        "more often than attempts were recorded",
    ]
    Message.objects.filter(about_id=issued[0].pk).delete()
    assert "one for each invitation" in wrong(counts.messages(arrivals()))


@pytest.mark.django_db
def test_what_is_unfinished_is_named(issued: list[Invitation]) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    Invitation.objects.update(answer_by=yesterday)
    Message.objects.update(state="sending")
    Job.objects.filter(task="invitations.issue").update(state="running")
    assert counts.settled() == "1 jobs, 2 overdue invitations, 2 messages"


@pytest.mark.parametrize(
    ("rests", "left"),
    [
        # Slow but moving, for longer than one patience: everything settles.
        ([f"{n} messages" for n in range(400, 0, -1) for _again in range(2)], ""),
        # Nothing moves any more: that is told.
        (["2 messages"] * 1000, "2 messages"),
        # Moving without end: that is told as well.
        ([f"{n % 7} jobs" for n in range(10_000)], "jobs"),
    ],
)
def test_settling_is_patient_while_something_moves(monkeypatch: Any, rests: list[str], left: str) -> None:
    clock = [0.0]
    given = iter(rests)
    monkeypatch.setattr(
        run,
        "time",
        SimpleNamespace(
            monotonic=lambda: clock[0], sleep=lambda seconds: clock.__setitem__(0, clock[0] + seconds)
        ),
    )
    monkeypatch.setattr(run.counts, "settled", lambda: next(given, ""))
    machine = SimpleNamespace(workers=(), beat=SimpleNamespace(running=None))
    planner = SimpleNamespace(
        is_alive=lambda: False, open=[], stop=SimpleNamespace(set=lambda: None), join=lambda timeout: None
    )
    clients = SimpleNamespace(quiet=lambda: True)
    assert run._settle(machine, planner, clients, lambda _text: None).endswith(left)
    if not left:
        assert clock[0] > run.SETTLING
