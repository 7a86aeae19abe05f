"""Accounts made by an administrator: for people in service, from outside, and the very first one."""

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleGrant, User
from accounts.roles import Role
from audit.errors import Refusal
from audit.models import Event, Reading
from employees.granting import making
from employees.models import Unit
from outbox import rendering
from outbox.models import Message
from tests import factories
from tests.conftest import PASSWORD

NEW = "kereta-kuda-biru-17"
ADDRESS = "employees:account_new"


def days(until: int | None = 300) -> dict[str, str]:
    today = timezone.localdate()
    last = "" if until is None else (today + timedelta(days=until)).isoformat()
    return {"since": today.isoformat(), "until": last}


def signs_in(username: str, code: str) -> bool:
    client = Client()
    fields = {"number": username, "code": code, "password1": NEW, "password2": NEW}
    assert client.post(reverse("employees:set_password"), fields).status_code == 302
    client.post(reverse("accounts:login"), {"username": username, "password": NEW})
    return "_auth_user_id" in client.session


def shown_code(page) -> str:
    return re.search(r'class="one-code"[^>]*>([^<]+)<', page.content.decode())[1]


def mailed_code(user: User) -> str:
    message = Message.objects.get(kind="account_code", recipient=user)
    return re.search(r"\b(\d{4} \d{4})\b", rendering.preview(message, for_sending=True).text)[1]


@pytest.mark.parametrize("mailed", [True, False])
def test_somebody_in_service_gets_account_role_and_code_at_once(cast, tree, client, mailed):
    person = factories.employee(
        tree.surabaya, name="Ahmad Auditor", email="a@contoh.invalid" if mailed else ""
    )
    client.force_login(cast.admin)
    fields = {"number": person.nip, "role": "auditor", "unit": tree.root.pk, **days(None)}
    page = client.post(f"{reverse(ADDRESS)}?for=employee", fields)
    person.refresh_from_db()
    user = person.user
    assert (user.username, user.full_name, user.has_usable_password()) == (person.nip, "Ahmad Auditor", False)
    grant = user.grants.get()
    assert (grant.role, grant.unit, grant.granted_by) == (Role.AUDITOR, tree.root, cast.admin)
    assert page.status_code == (302 if mailed else 200)
    assert signs_in(person.nip, mailed_code(user) if mailed else shown_code(page))
    assert Reading.objects.of_person(person.pk).filter(actor_id=cast.admin.pk).exists()
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {"account.made", "role.granted"} <= verbs
    assert ("account.code_mailed" if mailed else "account.code_handed_out") in verbs


@pytest.mark.parametrize("mailed", [True, False])
def test_somebody_from_outside_gets_an_account_that_ends(cast, tree, client, mailed):
    client.force_login(cast.admin)
    fields = {
        "full_name": "Pemeriksa BPK", "username": "BPK.satu", "email": "bpk@contoh.invalid" if mailed else "",
        "role": "auditor", "unit": tree.east.pk, **days(),
    }  # fmt: skip
    page = client.post(f"{reverse(ADDRESS)}?for=guest", fields)
    user = User.objects.get(username="bpk.satu")
    assert page.status_code == (302 if mailed else 200)
    assert signs_in("bpk.satu", mailed_code(user) if mailed else shown_code(page))
    client.force_login(User.objects.get(pk=user.pk))  # with the password set meanwhile
    assert client.get(reverse("employees:list")).status_code == 200
    assert client.get(reverse("employees:detail", args=[cast.stranger.pk])).status_code == 404
    RoleGrant.objects.filter(user=user).update(since="2020-01-01", until="2020-06-01")
    assert client.get(reverse("employees:list")).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"until": ""}, "until"), ({**days(400)}, "until"), ({"username": "198603022010121001"}, None),
        ({"username": "a"}, None), ({"username": "operator"}, None), ({"username": "q-7"}, None),
        ({"email": "none"}, "email"), ({"full_name": ""}, "full_name"), ({"role": "superuser"}, "role"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_made(cast, tree, client, change, field):
    factories.employee(tree.surabaya, nip=None, external_id="Q-7", status="NON_ASN", grade="")
    client.force_login(cast.admin)
    fields = {"full_name": "X", "username": "tamu.satu", "email": "", "role": "leader", "unit": tree.east.pk}
    before = User.objects.count()
    page = client.post(f"{reverse(ADDRESS)}?for=guest", {**fields, **days(), **change})
    assert page.status_code == 200
    errors = page.context["form"].errors
    assert list(errors) == [field or "__all__"]
    assert (User.objects.count(), RoleGrant.objects.filter(role="leader").count()) == (before, 1)


def test_an_administrator_makes_accounts_for_the_own_units_only(cast, tree, client):
    RoleGrant.objects.filter(user=cast.admin).update(unit=tree.east)
    client.force_login(cast.admin)
    fields = {"number": cast.stranger.nip, "role": "region", "unit": tree.east.pk, **days(None)}
    # A stranger and a number that nobody has get the same answer.
    answers = []
    for number in (cast.stranger.nip, "198001012005011001"):
        page = client.post(reverse(ADDRESS), {**fields, "number": number})
        answers.append(list(page.context["form"].non_field_errors()))
    assert answers[0] == answers[1] != []
    person = factories.employee(tree.surabaya)
    assert (
        client.post(reverse(ADDRESS), {**fields, "number": person.nip, "unit": tree.root.pk})
        .context["form"]
        .errors["unit"]
    )
    today = timezone.localdate()
    for unit in (tree.root, tree.semarang):
        with pytest.raises(Refusal) as refused:
            making.for_employee(
                number=person.nip, role="region", unit=unit, since=today, until=None, by=cast.admin
            )
        assert refused.value.code == "scope"
    person.refresh_from_db()
    cast.stranger.refresh_from_db()
    assert (person.user, cast.stranger.user) == (None, None)
    for other in (cast.operator, cast.central, cast.auditor, cast.employee_user):
        client.force_login(other)
        assert client.post(reverse(ADDRESS), fields).status_code == 403


def test_who_has_an_account_is_found_in_the_list(cast, tree, client):
    client.force_login(cast.admin)
    fields = {"number": cast.employee.nip, "role": "region", "unit": tree.east.pk, **days(None)}
    page = client.post(reverse(ADDRESS), fields)
    assert page.context["form"].non_field_errors()
    assert not RoleGrant.objects.filter(user=cast.employee_user).exists()
    cast.employee_user.refresh_from_db()
    assert cast.employee_user.check_password(PASSWORD)


# --- The first administrator -----------------------------------------------------------------------


def make_administrator(*arguments: str) -> dict:
    out = StringIO()
    call_command("make_administrator", *arguments, stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def test_the_operator_makes_the_first_administrator_who_can_make_the_others(tree, client):
    told = make_administrator("admin.pusat", "--name", "Admin Pusat")
    assert (told["username"], told["hours"]) == ("admin.pusat", 24)
    assert told["page"].endswith(reverse("employees:set_password"))
    assert signs_in("admin.pusat", told["code"])
    user = User.objects.get(username="admin.pusat")
    assert (user.is_superuser, user.grants.get().role, user.grants.get().unit) == (
        False,
        Role.ADMIN,
        tree.root,
    )
    event = Event.objects.get(verb="account.administrator_made")
    assert event.actor_name.startswith("os:") and told["code"].replace(" ", "") not in str(event.data)
    client.force_login(User.objects.get(pk=user.pk))
    person = factories.employee(tree.semarang, email="")
    fields = {"number": person.nip, "role": "admin", "unit": tree.root.pk, **days(None)}
    assert signs_in(person.nip, shown_code(client.post(reverse(ADDRESS), fields)))


@pytest.mark.parametrize("username", ["operator", "198603022010121001", "Ö"])
def test_the_command_refuses_in_a_sentence(cast, username):
    with pytest.raises(CommandError) as refused:
        make_administrator(username, "--name", "X")
    assert refused.value.returncode == 1
    assert not Event.objects.filter(verb="account.administrator_made").exists()


def test_without_units_there_is_nothing_to_administer(db):
    assert not Unit.objects.exists()
    with pytest.raises(CommandError, match="import_units"):
        make_administrator("admin", "--name", "X")
