"""Delivery against a real SMTP server that accepts, refuses, greylists, stalls and drops the line."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from outbox import delivery, reasons, rendering, transport
from outbox.delivery import deliver_due
from outbox.models import DeadAddress, Message, Pace
from tests.outbox.conftest import CONTEXT, come_due, free_port, make

ROOT = Path(__file__).resolve().parents[2]


def states() -> dict[str, int]:
    counted: dict[str, int] = {}
    for state in Message.objects.values_list("state", flat=True):
        counted[state] = counted.get(state, 0) + 1
    return counted


def test_a_message_arrives_once_personal_and_is_marked_with_the_answer(db, server):
    message = make(key="invitation:17:issued")
    assert deliver_due().sent == 1
    assert deliver_due().sent == 0
    ((to, mail),) = server.arrived
    message.refresh_from_db()
    assert to == "pegawai1@contoh.invalid"
    assert mail["Message-ID"] == "<invitation.17.issued@kemenag.invalid>"
    text = mail.get_body(("plain",)).get_content()
    assert "Yth. Bapak/Ibu Dra. Sari Wulandari, M.Pd." in text
    assert "28 Desember 2026 – 2 Januari 2027" in text
    assert message.state == "sent"
    assert message.smtp_answer == "250 2.0.0 Ok: queued as 1"
    assert (
        message.subject == mail["Subject"] == "Pelatihan dibatalkan: Pelatihan Moderasi Beragama Angkatan III"
    )
    assert message.body.splitlines() == text.splitlines()
    assert (message.attempts, message.lease_until) == (1, None)
    assert message.sent_at is not None


def test_a_message_waits_for_its_time(db, server):
    make(not_before=timezone.now() + timedelta(seconds=60))
    assert deliver_due().sent == 0
    come_due()
    assert deliver_due().sent == 1


def test_a_thousand_messages_over_one_connection(db, server):
    Message.objects.bulk_create(
        Message(
            key=f"t:{n}",
            kind="class_cancelled",
            context=CONTEXT,
            to_name="A",
            to_address=f"p{n}@contoh.invalid",
        )
        for n in range(1000)
    )
    assert deliver_due(seconds=120).sent == 1000
    assert server.connections == 1
    assert len(set(server.ids())) == len(server.arrived) == 1000
    assert states() == {"sent": 1000}


def test_a_refused_address_is_dead_until_it_is_mended(db, server):
    server.of["pegawai1@contoh.invalid"] = ["550 5.1.1 No such user here"]
    first = make(1)
    other = make(2)
    done = deliver_due()
    assert (done.sent, done.failed) == (1, 1)
    first.refresh_from_db()
    assert (first.state, first.last_error) == ("failed", reasons.ADDRESS_REFUSED)
    assert first.smtp_answer == "550 5.1.1 No such user here"
    later = make(3, to_address="Pegawai1@contoh.invalid")
    assert deliver_due().failed == 1
    later.refresh_from_db()
    assert (later.state, later.last_error) == ("failed", reasons.ADDRESS_DEAD)
    assert later.smtp_answer == "550 5.1.1 No such user here"
    assert later.attempts == 0
    assert set(Message.objects.undelivered()) == {first, later}
    other.refresh_from_db()
    assert other.state == "sent"
    assert server.connections == 1  # a refusal does not cost the line, and the second run needed none


def test_greylisting_is_waited_out(db, server):
    server.of["pegawai1@contoh.invalid"] = ["451 4.7.1 Greylisted, try again later"]
    message = make()
    assert deliver_due().put_off == 1
    message.refresh_from_db()
    assert (message.state, message.smtp_answer) == ("pending", "451 4.7.1 Greylisted, try again later")
    wait = message.not_before - timezone.now()
    assert timedelta(seconds=50) < wait <= timedelta(seconds=60)
    assert deliver_due().sent == 0
    come_due()
    assert deliver_due().sent == 1
    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == ("sent", 2, "")
    assert not DeadAddress.objects.exists()


def test_pauses_grow_and_end(db, server, settings):
    settings.OUTBOX_MAX_ATTEMPTS = 7
    server.of["pegawai1@contoh.invalid"] = ["452 4.2.2 Mailbox full"] * 9
    message = make()
    waits = []
    for _attempt in range(7):
        deliver_due()
        message.refresh_from_db()
        waits.append(round((message.not_before - timezone.now()).total_seconds() / 60))
        come_due()
    assert waits[:6] == [1, 5, 15, 60, 240, 240]
    assert (message.state, message.last_error) == ("failed", reasons.GIVEN_UP)
    assert message.attempts == 7
    assert not DeadAddress.objects.exists()
    assert deliver_due().sent == 0


@pytest.mark.parametrize(
    ("answer", "state", "dead"),
    [
        ("550 No such user", "failed", True),
        ("554 5.7.1 Relay access denied", "pending", False),
        ("552 5.2.2 Over quota", "pending", False),
        ("data:554 5.6.0 Message looks like spam", "failed", False),
        ("data:550 5.1.1 Unknown recipient", "failed", True),
        ("data:451 4.3.0 Try later", "pending", False),
    ],
)
def test_refusals_are_told_apart(db, server, answer, state, dead):
    server.of["pegawai1@contoh.invalid"] = [answer]
    message = make(1)
    make(2)
    assert deliver_due().sent == 1
    message.refresh_from_db()
    assert (message.state, DeadAddress.objects.exists()) == (state, dead)
    assert message.smtp_answer == answer.removeprefix("data:")
    assert server.connections == 1


def test_a_dropped_line_is_connected_again(db, server):
    server.of["pegawai2@contoh.invalid"] = ["drop"]
    for n in (1, 2, 3):
        make(n)
    done = deliver_due()
    assert (done.sent, done.put_off, done.paused) == (2, 1, "")
    assert server.connections == 2
    come_due()
    assert deliver_due().sent == 1
    assert sorted(to for to, _mail in server.arrived) == [f"pegawai{n}@contoh.invalid" for n in (1, 2, 3)]


def test_a_line_dropped_after_the_text_gives_the_same_mail_again(db, server):
    server.of["pegawai1@contoh.invalid"] = ["data:drop after data"]
    message = make(1)
    assert deliver_due().put_off == 1
    message.refresh_from_db()
    assert "while the text was on its way" in message.smtp_answer
    come_due()
    assert deliver_due().sent == 1
    assert len(server.arrived) == 2
    assert len(set(server.ids())) == 1


def test_a_stalling_server_does_not_hold_the_worker(db, server, settings):
    settings.EMAIL_TIMEOUT = 1
    server.of["pegawai1@contoh.invalid"] = ["stall"]
    slow, quick = make(1), make(2)
    began = time.monotonic()
    done = deliver_due()
    assert time.monotonic() - began < 15
    assert (done.sent, done.put_off) == (1, 1)
    slow.refresh_from_db()
    quick.refresh_from_db()
    assert (slow.state, quick.state) == ("pending", "sent")
    assert slow.smtp_answer == "The mail server did not answer in time."


def test_three_broken_lines_in_a_row_are_a_sick_server(db, server):
    for n in range(1, 7):
        server.of[f"pegawai{n}@contoh.invalid"] = ["drop"]
        make(n)
    done = deliver_due()
    assert (done.put_off, done.sent) == (3, 0)
    assert done.paused
    assert sorted(Message.objects.values_list("attempts", flat=True)) == [0, 0, 0, 1, 1, 1]


def test_a_refused_sender_pauses_everything_and_blames_nobody(db, server):
    server.mail_from = "550 5.7.1 Sender not allowed"
    for n in (1, 2, 3):
        make(n)
    assert deliver_due().paused == "550 5.7.1 Sender not allowed"
    assert states() == {"pending": 3}
    assert set(Message.objects.values_list("attempts", flat=True)) == {0}
    assert not DeadAddress.objects.exists()
    server.mail_from = ""
    assert deliver_due().paused == "550 5.7.1 Sender not allowed"  # still resting
    assert server.arrived == []
    come_due()
    assert deliver_due().sent == 3
    assert Pace.objects.get().pauses == 0


def _greeting(text: bytes):
    """A server that says one thing and hangs up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, _address = listening.accept()
            except OSError:
                return
            with caller:
                caller.sendall(text)

    threading.Thread(target=serve, daemon=True).start()
    return listening


@pytest.mark.parametrize("text", [b"554 5.3.2 No service here\r\n", b"421 Too busy\r\n", b""])
def test_a_greeting_that_refuses_pauses_and_keeps_everything(db, server, settings, text):
    make(1)
    make(2)
    with _greeting(text) as listening:
        settings.EMAIL_PORT = listening.getsockname()[1]
        done = deliver_due()
    assert done.paused
    assert states() == {"pending": 2}
    settings.EMAIL_PORT = server.port
    come_due()
    assert deliver_due().sent == 2


def test_no_server_at_all_pauses_longer_each_time(db, server, settings):
    make(1)
    settings.EMAIL_PORT = free_port()
    rests = []
    for _time in range(3):
        assert "refused" in deliver_due().paused.lower()
        rests.append(round((Pace.objects.get().paused_until - timezone.now()).total_seconds()))
        come_due()
    assert rests == [30, 60, 120]
    assert states() == {"pending": 1}


def test_an_unsendable_address_is_said_and_not_tried(db, server):
    make(1, to_address="")
    make(2, to_address="bukan alamat")
    make(3, to_address="a@contoh.invalid\nBcc: lain@contoh.invalid")
    make(4)
    done = deliver_due()
    assert (done.sent, done.failed) == (1, 3)
    assert list(Message.objects.order_by("pk").values_list("state", flat=True)) == [
        "no_address", "failed", "failed", "sent",
    ]  # fmt: skip
    assert len(server.arrived) == 1


def test_what_nobody_wants_any_more_is_not_sent(db, server, monkeypatch):
    monkeypatch.setitem(rendering._kinds, "class_cancelled", rendering._kinds["class_cancelled"])
    rendering.register("class_cancelled", still_wanted=lambda kind, context, about_id: about_id != 17)
    gone, wanted = (
        make(1, about_type="invitation", about_id=17),
        make(2, about_type="invitation", about_id=18),
    )
    done = deliver_due()
    assert (done.sent, done.cancelled) == (1, 1)
    gone.refresh_from_db()
    wanted.refresh_from_db()
    assert (gone.state, gone.last_error) == ("cancelled", reasons.NOT_WANTED)
    assert wanted.state == "sent"
    assert [to for to, _mail in server.arrived] == ["pegawai2@contoh.invalid"]


def test_a_message_that_cannot_be_written_does_not_hold_up_the_others(db, server):
    broken = make(1, kind="no_such_kind")
    make(2)
    done = deliver_due()
    assert (done.sent, done.put_off) == (1, 1)
    broken.refresh_from_db()
    assert (broken.state, broken.last_error) == ("pending", reasons.NOT_WRITTEN)


def test_a_name_with_a_line_break_adds_no_header(db, server):
    make(context={"class_name": "Pelatihan\r\nBcc: lain@contoh.invalid", "name": "A"})
    assert deliver_due().sent == 1
    ((_to, mail),) = server.arrived
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Pelatihan dibatalkan: Pelatihan Bcc: lain@contoh.invalid"


def test_an_abandoned_lease_is_taken_again(db, server):
    claimed = make(1, state="sending", lease_until=timezone.now() - timedelta(seconds=1))
    fresh = make(2, state="sending", lease_until=timezone.now() + timedelta(minutes=5))
    assert deliver_due().sent == 1
    claimed.refresh_from_db()
    fresh.refresh_from_db()
    assert (claimed.state, fresh.state) == ("sent", "sending")


def test_a_message_that_kills_its_worker_each_time_is_given_up(db, server, settings):
    message = make(
        1, state="sending", begun_at=timezone.now(), lease_until=timezone.now() - timedelta(seconds=1),
        attempts=settings.OUTBOX_MAX_ATTEMPTS,
    )  # fmt: skip
    assert deliver_due().sent == 0
    message.refresh_from_db()
    assert (message.state, message.last_error) == ("failed", reasons.GIVEN_UP)


def test_when_time_is_over_the_claimed_go_back_at_once(db, server, settings):
    settings.OUTBOX_PER_MINUTE = 60
    for n in range(5):
        make(n)
    done = deliver_due(seconds=1.5)
    assert 1 <= done.sent <= 2
    assert states() == {"sent": done.sent, "pending": 5 - done.sent}


# --- Several connections -----------------------------------------------------------------------------


def _in_threads(count: int, work) -> list:
    results = []

    def run() -> None:
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_two_senders_at_once_send_nothing_twice(committed, server):
    for n in range(200):
        make(n)
    results = _in_threads(2, lambda: deliver_due(seconds=60))
    assert sum(done.sent for done in results) == 200
    assert not any(done.busy for done in results)
    assert min(done.sent for done in results) > 0
    assert len(set(server.ids())) == len(server.arrived) == 200
    assert server.connections == 2
    assert states() == {"sent": 200}


def test_overlapping_beats_do_not_pile_up(committed, server, settings):
    settings.OUTBOX_SENDERS = 2
    settings.OUTBOX_PER_MINUTE = 600
    # More than one batch, so that both senders have work for seconds while the other beats come and go.
    for n in range(30):
        make(n)
    results = _in_threads(6, lambda: deliver_due(seconds=20))
    assert sum(done.busy for done in results) == 4
    assert sum(done.sent for done in results) == len(server.arrived) == 30


def test_the_rate_holds_over_all_workers(committed, server, settings):
    settings.OUTBOX_PER_MINUTE = 300  # one every 0.2 seconds
    for n in range(11):
        make(n)
    began = time.monotonic()
    results = _in_threads(2, lambda: deliver_due(seconds=30))
    took = time.monotonic() - began
    assert sum(done.sent for done in results) == 11
    assert 2.0 <= took < 30


def test_a_second_claimer_gets_other_messages(committed, server):
    for n in range(4):
        make(n)
    with transaction.atomic():
        first = {message.pk for message in delivery.claim(2)}  # not yet committed: its rows are locked
        (second,) = _in_threads(1, lambda: {message.pk for message in delivery.claim(4)})
    assert len(first) == len(second) == 2
    assert not first & second


#: Name of the worker's connections: other connections of this database are none of a test's business.
WORKER = "outbox worker under test"


def _worker(server) -> subprocess.Popen:
    """A process of its own that delivers from the test's database."""
    parameters = connection.get_connection_params()
    host, port = parameters.get("host") or "", parameters.get("port") or ""
    user, password = parameters.get("user") or "", parameters.get("password") or ""
    code = (
        "import os, django; django.setup()\n"
        "from django.conf import settings\n"
        "from django.db import connection\n"
        "connection.settings_dict.update(NAME=os.environ['N'], HOST=os.environ['H'], PORT=os.environ['P'],"
        " USER=os.environ['U'], PASSWORD=os.environ['W'])\n"
        "settings.EMAIL_BACKEND = 'django.core.mail.backends.smtp.EmailBackend'\n"
        "settings.EMAIL_HOST, settings.EMAIL_PORT = '127.0.0.1', int(os.environ['SMTP'])\n"
        "settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ''\n"
        "settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False\n"
        "from outbox.delivery import deliver_due\n"
        "deliver_due()\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "simdiklat.settings",
            "N": parameters["dbname"], "H": str(host), "P": str(port), "U": user, "W": password,
            "SMTP": str(server.port), "PGAPPNAME": WORKER,
        },
    )  # fmt: skip


def _kill(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def _until(condition, seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come to this in time"
        time.sleep(0.05)


def _let_leases_end() -> None:
    Message.objects.filter(state="sending").update(lease_until=Now() - timedelta(seconds=1))


@pytest.mark.engines
def test_killed_between_claim_and_send_nothing_is_lost_and_nothing_doubled(committed, server):
    server.of["pegawai0@contoh.invalid"] = ["stall"]  # the worker is stuck before any text has gone
    for n in range(5):
        make(n)
    process = _worker(server)
    assert server.reached.wait(30)
    _kill(process)
    assert states() == {"sending": 5}
    assert server.arrived == []
    _let_leases_end()
    assert deliver_due().sent == 5
    assert len(set(server.ids())) == len(server.arrived) == 5


@pytest.mark.engines
def test_killed_between_send_and_mark_only_that_one_comes_again_and_is_recognisable(committed, server):
    for n in range(3):
        make(n)
    first = Message.objects.order_by("pk").first()
    server.of[first.to_address] = ["stall"]
    server.stall_seconds = 1.5  # time enough to hold the row before the text goes
    process = _worker(server)
    assert server.reached.wait(30)
    with transaction.atomic():
        Message.objects.select_for_update().get(pk=first.pk)  # now its mark has to wait
        assert server.arrived == []
        _kill_after_arrival(process, server)
    _until(lambda: not _worker_connections())
    first.refresh_from_db()
    assert first.state == "sending"
    assert first.begun_at is not None
    _let_leases_end()
    assert deliver_due().sent == 3
    assert states() == {"sent": 3}
    ids = server.ids()
    assert sorted(ids.count(identity) for identity in set(ids)) == [1, 1, 2]
    assert ids.count(rendering.message_id(first.key)) == 2


def _kill_after_arrival(process: subprocess.Popen, server) -> None:
    """Kill the worker once its mail has arrived and its mark waits for the row; its connection with it."""
    _until(lambda: len(server.arrived) == 1, 40)
    _until(lambda: _worker_connections("AND wait_event_type = 'Lock'"))
    _kill(process)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = %s",
            [WORKER],
        )


def _worker_connections(condition: str = "") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            f"AND application_name = %s {condition}",
            [WORKER],
        )
        return cursor.fetchone()[0]


# --- One question and one statement for several messages -----------------------------------------------


def test_the_statements_between_two_messages_are_one(db, server):
    """Each further message of a batch costs one statement: the mark of the one before begins it."""
    counts = []
    for number in (2, 5):
        Message.objects.all().delete()
        for n in range(number):
            make(n)
        with CaptureQueriesContext(connection) as queries:
            assert deliver_due().sent == number
        counts.append(len(queries))
    assert counts[1] - counts[0] == 3


def test_one_that_is_stopped_while_another_is_on_its_way_is_not_sent(db, server, monkeypatch):
    make(1)
    second = make(2)
    send = transport.SmtpLine.send

    def stop_the_next(line, mail):
        Message.objects.filter(pk=second.pk, begun_at=None).update(state="cancelled", lease_until=None)
        return send(line, mail)

    monkeypatch.setattr(transport.SmtpLine, "send", stop_the_next)
    assert deliver_due().sent == 1
    assert states() == {"sent": 1, "cancelled": 1}
    assert [to for to, _mail in server.arrived] == ["pegawai1@contoh.invalid"]


def test_what_becomes_unwanted_during_a_slow_batch_is_not_sent(db, server, monkeypatch):
    """What was asked for all of a batch holds for a moment only."""
    monkeypatch.setattr(delivery, "FRESH_SECONDS", 0.0)
    monkeypatch.setitem(rendering._kinds, "class_cancelled", rendering._kinds["class_cancelled"])
    rendering.register("class_cancelled", still_wanted=lambda *_about: len(server.arrived) < 2)
    for n in range(4):
        make(n)
    done = deliver_due()
    assert (done.sent, done.cancelled) == (2, 2)


def test_one_question_that_fails_holds_up_only_its_own_message(db, server, monkeypatch):
    monkeypatch.setitem(rendering._kinds, "class_cancelled", rendering._kinds["class_cancelled"])

    def asked(messages):
        if any(message.about_id == 7 for message in messages):
            raise ValueError("nobody knows")
        return {message.pk for message in messages}

    rendering.register("class_cancelled", still_wanted_of=asked)
    make(1)
    unknown = make(2, about_id=7)
    make(3)
    done = deliver_due()
    assert (done.sent, done.put_off) == (2, 1)
    unknown.refresh_from_db()
    assert (unknown.state, unknown.last_error, unknown.attempts) == ("pending", reasons.NOT_WRITTEN, 1)


def test_an_address_that_dies_is_not_tried_again_in_the_same_batch(db, server):
    server.of["mati@contoh.invalid"] = ["550 5.1.1 No such user"]
    for n in range(3):
        make(n, to_address="mati@contoh.invalid")
    assert deliver_due().failed == 3
    assert states() == {"failed": 3}
    assert server.of["mati@contoh.invalid"] == []
    assert server.arrived == []
