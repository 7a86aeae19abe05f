"""The message that brings a certificate: one each, with its transaction, true when its time comes."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from certificates import actions
from certificates.models import Certificate
from outbox import rendering
from outbox.models import Message
from tests.certificates.conftest import issue
from tests.trainings.test_completion import locked
from trainings import actions as class_actions

pytestmark = pytest.mark.django_db
MADE = {"kind": "certificate_issued"}


def test_each_new_certificate_has_one_message_and_repeating_adds_none(cast, ended, settings):
    settings.PORTAL_URL = "https://simdiklat.contoh.invalid"
    cast.employee_user.language = "en"
    cast.employee_user.save()
    made = issue(ended, cast.organiser)
    assert {m.about_id for m in Message.objects.filter(**MADE)} == {c.pk for c in made}
    issue(ended, cast.organiser)
    own = next(c for c in made if c.record.employee_id == cast.employee.pk)
    actions.reissue(certificate=own, by=cast.organiser, reason="Nama salah tulis")
    assert Message.objects.filter(**MADE).count() == len(made) == 4
    message = Message.objects.get(about_type="certificate", about_id=own.pk)
    assert (message.recipient, message.state, message.language) == (cast.employee_user, "pending", "en")
    said = rendering.preview(message)
    address = settings.PORTAL_URL + reverse("certificates:own_pdf", args=[own.pk])
    for text in (said.text, said.html):
        assert own.number in text and address in text and "BDK Surabaya" in text


def test_the_database_refuses_a_second_message_about_one_certificate(ended):
    first = issue(ended)[0]
    told = Message.objects.get(about_type="certificate", about_id=first.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(key=told.key, kind=told.kind, to_name="x")


def test_nobody_is_told_of_what_was_undone(ended):
    with pytest.raises(RuntimeError), transaction.atomic():
        issue(ended)
        raise RuntimeError("something else of the completion")
    assert not Message.objects.filter(**MADE).exists()


def test_without_an_address_it_waits_in_the_portal(cast, ended):
    cast.employee.email = ""
    cast.employee.save()
    issue(ended)
    assert Message.objects.get(recipient=cast.employee_user).state == "no_address"


def test_completing_a_class_tells_those_who_passed_once(cast, tree):
    made = locked(tree, cast.organiser)
    for _turn in range(2):
        class_actions.complete(training_class=made["class"], by=cast.organiser)
    (message,) = Message.objects.filter(**MADE)
    assert message.to_name == made["people"]["passed"].full_name


def test_a_revoked_certificate_is_not_announced_any_more(cast, ended):
    certificate = issue(ended)[0]
    message = Message.objects.get(about_type="certificate", about_id=certificate.pk)
    assert rendering.still_wanted(message)
    actions.revoke(certificate=certificate, by=cast.organiser, reason="Salah orang")
    assert not rendering.still_wanted(message)
    latest = Certificate.objects.get(pk=certificate.pk)
    actions.reissue(certificate=latest, by=cast.organiser, reason="Keliru dicabut")
    assert rendering.still_wanted(message)
