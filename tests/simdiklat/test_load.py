"""A small invitation day on real engines, and proof that its counts notice what is lost."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from audit import reading
from audit.models import Reading
from invitations import actions
from invitations.models import Invitation
from jobs.models import Job
from outbox.models import Message
from outbox.rendering import message_id
from simdiklat.load import counts, figures
from simdiklat.load.run import Plan, check
from tests import factories
from tests.simdiklat.commands import manage


@pytest.mark.engines
@pytest.mark.django_db
def test_nothing_is_lost_on_a_small_day(settings: Any) -> None:
    # Kept from run to run: packing the static files takes longer than the day.
    done = manage(settings.VAR_DIR / "load", "load", "--quick")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing was lost." in done.stdout
    assert "WRONG" not in done.stdout
    table = dict(re.findall(r"^(\w+: .*?|all but .*?) {2,}([\d,]+) ", done.stdout, re.MULTILINE))
    for kind in (
        "link: answer", "link: after the answer", "employee: why me, why not", "employee: answer",
        "operator: export, the file", "planner: first page",
    ):  # fmt: skip
        assert int(table[kind]) > 0, kind
    told = dict(re.findall(r"^ *(\S.*?) {2,}(\d+)(?: .*)?$", done.stdout, re.MULTILINE))
    assert int(told["answers confirmed on the screen"]) > 20
    assert int(told["exports begun"]) >= 3


@pytest.fixture
def answered(cast: Any, tree: Any, settings: Any, tmp_path: Path) -> list[Invitation]:
    """Three issued invitations: the first accepted, the second declined, all mails sent."""
    settings.EVIDENCE_DIR = tmp_path
    for number in range(4):
        factories.employee(tree.surabaya, name=f"Orang {number}")
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.surabaya], seats=3, reserve=1
    )
    selection = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.central)
    actions.issue(selection.pk)
    invited = list(Invitation.objects.order_by("rank"))
    actions.answer(invitation=invited[0], answer="accept", by=None)
    actions.answer(invitation=invited[1], answer="decline", by=None, reason="SAKIT")
    Job.objects.update(state="done")
    Message.objects.update(state="sent", attempts=1)
    return invited


def report(invited: list[Invitation], **changed: Any) -> dict[str, Any]:
    told = {str(invited[0].pk): ["accept"], str(invited[1].pk): ["decline"]}
    return {"answers": told, "files": [], "selections": 0, **changed}


def wrong(found: dict[str, Any], arrived: Counter[str] | None = None) -> list[str]:
    mails = Counter(message_id(key) for key in Message.objects.values_list("key", flat=True))
    lines = counts.everything(found, mails if arrived is None else arrived, lambda _line: None)
    return [line.what.strip() for line in lines if line.right is False]


@pytest.mark.django_db
def test_an_answer_lost_doubled_or_told_to_nobody_is_noticed(answered: list[Invitation]) -> None:
    assert wrong(report(answered)) == []
    more = report(answered)
    more["answers"][str(answered[2].pk)] = ["accept"]
    assert wrong(more) == ["of people", "not recorded", "that were lost or turned round"]
    less = report(answered)
    del less["answers"][str(answered[1].pk)]
    assert wrong(less) == ["of people", "recorded more than once, or never confirmed"]
    # Recorded again behind the action's back.
    from invitations.delivery import issuing

    issuing.close(answered[0], Invitation.State.ACCEPTED, channel=Invitation.Channel.LINK)
    assert "recorded more than once, or never confirmed" in wrong(report(answered))


@pytest.mark.django_db
def test_a_mail_lost_or_delivered_twice_is_noticed(answered: list[Invitation]) -> None:
    mails = Counter(message_id(key) for key in Message.objects.values_list("key", flat=True))
    one = next(iter(mails))
    assert wrong(report(answered), mails + Counter([one])) == [
        "more often than attempts were recorded",
        "mails delivered more than once",
    ]
    del mails[one]
    assert wrong(report(answered), mails) == [
        "sent by the books, never arrived",
        "messages without a mail that were not cancelled",
    ]


@pytest.mark.django_db
def test_files_must_be_in_the_log_of_reading_as_they_arrived(answered: list[Invitation], cast: Any) -> None:
    job = Job.objects.create(task="employees.export", state="done", owner=cast.operator)
    file = {"job": job.pk, "sha256": "a" * 64}
    assert "not in the log of reading, or not as received" in wrong(report(answered, files=[file]))
    reading.note(
        Reading.Kind.DOWNLOADED, by=cast.operator, object_type="export", object_id=job.pk, sha256="a" * 64
    )
    assert wrong(report(answered, files=[file])) == []
    assert wrong(report(answered)) == ["received"]
    listed = {"job": 0, "sha256": "b" * 64}
    assert wrong(report(answered, files=[file, listed])) == ["not in the log of reading, or not as received"]
    reading.note(Reading.Kind.DOWNLOADED, by=cast.operator, object_type="class", sha256="b" * 64)
    assert wrong(report(answered, files=[file, listed])) == []
    assert wrong(report(answered, files=[file])) == ["noted and not received"]


def test_percentiles_and_errors() -> None:
    times = Counter({10: 50, 20: 45, 100: 4, 900: 1})
    assert [figures.percentile(times, share) for share in (0.5, 0.95, 0.99, 1)] == [10, 20, 100, 900]
    assert figures.percentile(Counter(), 0.5) == 0
    entry = {"kind": "link: answer", "count": 100, "errors": 2, "longest": 900, "times": list(times.items())}
    static = entry | {"kind": figures.STATIC, "errors": 0}
    found = {
        "seconds": 10.0, "kinds": [entry, static], "failed_before": 1, "unfinished": 1, "exceptions": [{"count": 3}],
    }  # fmt: skip
    assert figures.errors(found) == 7
    head, answer, _static, together = figures.table(found)
    assert answer.split()[-7:] == ["100", "10.00", "10", "20", "100", "900", "2"]
    assert together.split()[-7:] == answer.split()[-7:]
    assert "p95" in head


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--minutes", "0"], "above nought"),
        (["--pace", "20", "--employees", "600"], "--invitations 33333 or more"),
    ],
)
@pytest.mark.django_db
def test_a_day_that_cannot_be_played_is_refused(tmp_path: Path, given: list[str], said: str) -> None:
    done = manage(tmp_path, "load", *given)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_the_usual_day_is_the_hours_rate() -> None:
    check(Plan(employees=600, minutes=60))
    assert round(Plan(employees=600).rate * 3600) == 20_000
