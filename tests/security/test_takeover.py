"""Nobody takes an account by way of the address that its codes go to."""

import pytest
from django.urls import reverse

from accounts.models import OneTimeCode, RoleGrant
from accounts.roles import Role
from audit.errors import Refusal
from employees.actions import change_address, send_code
from employees.corrections import actions as corrections
from invitations import actions as invitations
from outbox import rendering
from outbox.models import Message

THIEF = "pencuri@contoh.invalid"


def undelivered(person, kind: str) -> Message:
    """The person's message of this kind came back."""
    message = Message.objects.get(kind=kind, recipient=person.user)
    Message.objects.filter(pk=message.pk).update(state="failed")
    message.refresh_from_db()
    return message


def told(person, address: str) -> bool:
    notices = Message.objects.filter(recipient=person.user, kind="security_notice", to_address=address)
    return notices.filter(context__event="address_changed").exists()


def test_a_code_that_came_back_is_never_sent_to_another_address(cast, client):
    person, before = cast.employee, cast.employee.email
    assert send_code(number=person.nip, birth_date=person.birth_date)
    message = undelivered(person, "account_code")
    client.force_login(cast.operator)
    way = reverse("invitations:mend", args=[message.pk])
    page = client.post(way, {"address": THIEF}, follow=True)
    assert page.status_code == 200
    message.refresh_from_db()
    assert (message.state, message.to_address) == ("cancelled", before)
    assert not Message.objects.filter(kind="account_code", to_address=THIEF).exists()
    # What was put right is the address, and the person reads it in the portal and at the address before.
    person.refresh_from_db()
    assert person.email == THIEF
    assert told(person, before)
    for language, words in (("id", "Alamat surel yang tercatat"), ("en", "e-mail address on record")):
        notice = Message.objects.get(context__event="address_changed")
        notice.language = language
        assert words in rendering.preview(notice).text


def test_the_address_of_an_account_that_sees_others_is_not_changed_by_its_colleagues(cast, client):
    person, before = cast.employee, cast.employee.email
    RoleGrant.objects.create(user=person.user, role=Role.ADMIN, unit=person.unit)
    assert send_code(number=person.nip, birth_date=person.birth_date)
    message = undelivered(person, "account_code")
    client.force_login(cast.operator)
    page = client.post(reverse("invitations:mend", args=[message.pk]), {"address": THIEF})
    assert page.status_code == 200 and page.context["form"].non_field_errors()
    for act in (
        lambda: change_address(employee=person, address=THIEF, by=cast.operator),
        lambda: invitations.mend(message=message, address=THIEF, by=cast.operator),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert refused.value.code == "role"
    person.refresh_from_db()
    message.refresh_from_db()
    assert (person.email, message.state, message.to_address) == (before, "failed", before)
    assert OneTimeCode.objects.count() == 1


def test_what_is_told_about_a_sign_in_is_no_unit_s_to_send_elsewhere(cast, client):
    person = cast.employee
    change_address(employee=person, address="baru@contoh.invalid", by=cast.operator)
    notice = undelivered(person, "security_notice")
    client.force_login(cast.operator)
    assert client.get(reverse("invitations:mend", args=[notice.pk])).status_code == 404
    assert person.user.username not in client.get(reverse("invitations:undelivered")).content.decode()
    with pytest.raises(Refusal):
        invitations.mend(message=notice, address=THIEF, by=cast.operator)


def test_an_address_changed_on_request_is_told_at_the_one_before(cast):
    before = cast.employee.email
    asked = corrections.ask(
        employee=cast.employee, by=cast.employee_user, field="email", value="baru@contoh.invalid"
    )
    corrections.answer(request=asked, by=cast.operator, accept=False, reason="x")
    assert not told(cast.employee, before)
    asked = corrections.ask(
        employee=cast.employee, by=cast.employee_user, field="email", value="baru@contoh.invalid"
    )
    corrections.answer(request=asked, by=cast.operator, accept=True, reason="")
    assert told(cast.employee, before)
