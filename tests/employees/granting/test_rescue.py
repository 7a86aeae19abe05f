"""An administrator helps somebody back in, within the own units, and everybody can read it."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from accounts.models import OneTimeCode, RoleGrant
from audit.errors import Refusal
from audit.models import Event
from employees.granting import rescue
from outbox.models import Message
from tests.accounts.test_second_factor import set_up_app
from tests.conftest import PASSWORD

NEW = "kereta-kuda-biru-17"


def test_a_code_by_the_administrator_sets_a_password(cast, client):
    client.force_login(cast.admin)
    page = client.post(reverse("employees:account_code", args=[cast.operator.pk]))
    code = re.search(r'class="one-code"[^>]*>([^<]+)<', page.content.decode())[1]
    fields = {"number": "operator", "code": code, "password1": NEW, "password2": NEW}
    assert Client().post(reverse("employees:set_password"), fields).status_code == 302
    cast.operator.refresh_from_db()
    assert cast.operator.check_password(NEW)
    event = Event.objects.get(verb="account.code_handed_out")
    assert (event.actor_id, event.object_id) == (cast.admin.pk, str(cast.operator.pk))
    assert Message.objects.filter(recipient=cast.operator, context__event="code_handed_out").exists()


def test_a_lost_second_factor_is_taken_off_and_sessions_end(cast, client):
    owner = Client()
    owner.post(reverse("accounts:login"), {"username": "operator", "password": PASSWORD})
    set_up_app(owner)
    client.force_login(cast.admin)
    way = reverse("employees:account_second_factor", args=[cast.operator.pk])
    assert client.get(way).status_code == 200
    assert client.post(way).status_code == 302
    assert Authenticator.objects.filter(user=cast.operator).count() == 0
    assert owner.get("/account/").status_code == 302
    assert Event.objects.filter(verb="account.second_factor_reset", actor_id=cast.admin.pk).count() == 1
    assert Message.objects.filter(recipient=cast.operator, context__event="second_factor_reset").exists()


@pytest.mark.parametrize("act", [rescue.hand_out_code, rescue.take_off_second_factor])
def test_not_for_oneself_not_for_operators_of_the_portal_not_beyond_the_own_units(cast, tree, act):
    Authenticator.objects.create(user=cast.neighbour, type="totp", data={})
    RoleGrant.objects.filter(user=cast.admin).update(unit=tree.east)
    for user in (cast.admin, cast.neighbour, cast.central):
        with pytest.raises(Refusal):
            act(user=user, by=cast.admin)
    cast.operator.is_superuser = True
    cast.operator.save()
    with pytest.raises(Refusal):
        act(user=cast.operator, by=cast.admin)
    assert (OneTimeCode.objects.count(), Authenticator.objects.count()) == (0, 1)


def test_pages_of_others_are_not_there(cast, tree, client):
    RoleGrant.objects.filter(user=cast.admin).update(unit=tree.east)
    for user, status in ((cast.admin, 404), (cast.operator, 403), (cast.central, 403)):
        client.force_login(user)
        for name in ("employees:account_code", "employees:account_second_factor"):
            way = reverse(name, args=[cast.neighbour.pk])
            assert (client.get(way).status_code, client.post(way).status_code) == (status, status)
