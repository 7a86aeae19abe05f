"""Stopping in time, trying again, mending an address; each leaves its row in the audit trail."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Event
from outbox import actions, trail
from outbox.delivery import deliver_due
from outbox.models import DeadAddress, Message
from tests.outbox.conftest import make


def about(n: int, **fields) -> Message:
    return make(n, about_type="invitation", about_id=n, **fields)


def test_stopping_cancels_what_has_not_left(db, cast, server):
    soon = timezone.now() + timedelta(seconds=60)
    waiting = about(1, not_before=soon, unit_path="/1/2/")
    claimed = about(2, state="sending", lease_until=soon, unit_path="/1/3/")
    leaving = about(3, state="sending", lease_until=soon, begun_at=timezone.now())
    gone = about(4, state="sent")
    other = about(5, not_before=soon)
    namesake = make(6, about_type="certificate", about_id=1, not_before=soon)
    done = actions.stop(
        about_type="invitation", about_ids=[1, 2, 3, 4], by=cast.central, reason="Salah kelas"
    )
    assert (done.cancelled, done.too_late) == (2, 2)
    for message, state in (
        (waiting, "cancelled"), (claimed, "cancelled"), (leaving, "sending"),
        (gone, "sent"), (other, "pending"), (namesake, "pending"),
    ):  # fmt: skip
        message.refresh_from_db()
        assert message.state == state
    assert waiting.last_error == "Salah kelas"
    event = Event.objects.get(verb="outbox.stop")
    assert (event.actor_id, event.unit_path) == (cast.central.pk, "/1/")
    assert event.data == {"reason": "Salah kelas", "cancelled": 2, "too_late": 2}


def test_a_claimed_message_that_is_stopped_is_not_sent(db, cast, server, monkeypatch):
    from outbox import delivery

    first, second = about(1), about(2)
    claim = delivery.claim

    def claimed_and_stopped(number: int) -> list[Message]:
        batch = claim(number)
        if batch:
            actions.stop(about_type="invitation", about_ids=[2], by=cast.central, reason="Salah orang")
        return batch

    monkeypatch.setattr(delivery, "claim", claimed_and_stopped)
    assert deliver_due().sent == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("sent", "cancelled")
    assert [to for to, _mail in server.arrived] == ["pegawai1@contoh.invalid"]


def test_a_failed_message_goes_to_the_mended_address(db, cast, server):
    server.of["pegawai1@contoh.invalid"] = ["550 5.1.1 Unknown"]
    message = make(1)
    deliver_due()
    message.refresh_from_db()
    assert message.state == "failed"
    with pytest.raises(ValidationError):
        actions.retry(message=message, by=cast.operator, address="bukan alamat")
    assert actions.retry(message=message, by=cast.operator, address="benar@contoh.invalid")
    assert not actions.retry(message=message, by=cast.operator)  # no longer failed
    assert deliver_due().sent == 1
    assert [to for to, _mail in server.arrived] == ["benar@contoh.invalid"]
    assert DeadAddress.objects.current().get().address == "pegawai1@contoh.invalid"
    assert Event.objects.filter(verb="outbox.retry", object_id=str(message.pk)).count() == 1


def test_trying_the_same_address_again_says_that_it_is_in_order(db, cast, server):
    server.of["pegawai1@contoh.invalid"] = ["550 5.1.1 Unknown"]
    message = make(1)
    deliver_due()
    assert actions.retry(message=message, by=cast.operator)
    assert deliver_due().sent == 1
    assert not DeadAddress.objects.current().exists()


def test_a_person_without_address_is_not_retried_without_one(db, cast):
    message = make(1, to_address="", state="no_address")
    assert not actions.retry(message=message, by=cast.operator)
    message.refresh_from_db()
    assert message.state == "no_address"
    assert not Event.objects.filter(verb="outbox.retry").exists()


def test_mending_an_address(db, cast):
    DeadAddress.objects.create(address="sari@contoh.invalid", smtp_answer="550")
    assert actions.mend_address(address=" Sari@contoh.invalid", by=cast.operator)
    assert not actions.mend_address(address="sari@contoh.invalid", by=cast.operator)
    assert Event.objects.filter(verb="outbox.mend_address").count() == 1


def test_without_a_trail_nothing_is_changed(db, cast, monkeypatch):
    monkeypatch.setattr(trail, "_writer", None)
    message = about(1)
    with pytest.raises(Exception, match="no audit trail"):
        actions.stop(about_type="invitation", about_ids=[1], by=cast.central, reason="x")
    message.refresh_from_db()
    assert message.state == "pending"
