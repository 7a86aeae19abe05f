"""The first sign-in: NIP and birth date, then a link to the address on record."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from outbox.models import Message
from tests import factories

pytestmark = pytest.mark.django_db


def ask(client, number, birth_date):
    return client.post(reverse("employees:password_link"), {"number": number, "birth_date": birth_date})


def answer(client, number, birth_date) -> str:
    """What the page says, without the form tokens, which differ at every call."""
    return re.sub(r"[A-Za-z0-9]{64}", "TOKEN", ask(client, number, birth_date).content.decode())


def test_an_employee_without_an_account_activates_it_and_signs_in(client, tree):
    person = factories.employee(tree.surabaya, name="Baru Masuk")
    assert ask(client, person.nip, person.birth_date).status_code == 200
    message = Message.objects.get()
    assert (message.kind, message.to_address) == ("password_link", person.email)
    page = client.get(message.context["url_path"], follow=True)
    new = "kereta-kuda-biru-17"
    form = page.request["PATH_INFO"]
    assert client.post(form, {"new_password1": new, "new_password2": new}).status_code == 302
    assert client.login(username=person.nip, password=new)
    assert client.get(reverse("invitations:mine")).status_code == 200
    # Used once: the same link opens nothing any more.
    again = client.get(message.context["url_path"], follow=True)
    assert 'name="new_password1"' not in again.content.decode()


def test_the_answer_is_the_same_whoever_is_asked_for(client, cast, tree):
    without_address = factories.employee(tree.surabaya, email="")
    retired = factories.employee(tree.surabaya, activity="PENSIUN")
    right = answer(client, cast.stranger.nip, cast.stranger.birth_date)
    assert Message.objects.count() == 1
    for number, born in [
        ("000000000000000000", cast.stranger.birth_date),
        (cast.stranger.nip, cast.stranger.birth_date + timedelta(days=1)),
        (without_address.nip, without_address.birth_date),
        (retired.nip, retired.birth_date),
    ]:
        assert answer(client, number, born) == right
    assert Message.objects.count() == 1
    assert get_user_model().objects.filter(username=retired.nip).count() == 0


def test_asking_again_at_once_sends_nothing_more(client, cast):
    for _ in range(3):
        ask(client, cast.employee.nip, cast.employee.birth_date)
    assert Message.objects.count() == 1


def test_an_account_of_that_name_is_not_taken_over(client, cast, tree):
    person = factories.employee(tree.surabaya)
    get_user_model().objects.create_superuser(person.nip, "x@contoh.invalid", "x")
    ask(client, person.nip, person.birth_date)
    assert Message.objects.count() == 0
