"""The second factor: required of everybody who sees others, and asked for whatever the way in."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client, TestCase
from django.urls import reverse

from accounts import limits, second_factor
from accounts.models import RoleGrant
from accounts.roles import Permission, Role
from audit.models import Event
from outbox.models import Message
from tests.accounts.totp import code_of
from tests.conftest import PASSWORD
from tests.simdiklat.test_access import ALL

#: Views that somebody who must set up a second factor reaches without it. A new one is added here on purpose.
BEFORE = {
    "accounts:login", "accounts:logout", "account_login", "account_logout", "mfa_authenticate", "mfa_login_webauthn",
    "openid_connect_login", "openid_connect_callback", "language",
    "accounts:security", "accounts:second_factor", "accounts:end_session", "accounts:end_sessions",
    "mfa_index", "account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
    "mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn", "mfa_remove_webauthn",
    "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
}  # fmt: skip


#: A page of whoever is signed in.
OWN = "/account/"


@pytest.fixture
def required(settings):
    settings.REQUIRE_SECOND_FACTOR = True


def sign_in(client, name, password=PASSWORD, **more):
    return client.post(reverse("accounts:login"), {"username": name, "password": password, **more})


def set_up_app(client) -> str:
    """Set up an authenticator app as a person does; returns its key."""
    page = client.get(reverse("mfa_activate_totp"))
    secret = re.search(r'<code class="hash">(\w+)</code>', page.content.decode())[1]
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}).status_code == 302
    return secret


def test_only_these_views_open_without_it():
    found = {name for name, pattern in ALL if getattr(pattern.callback, "before_second_factor", False)}
    assert found == BEFORE


@pytest.mark.parametrize(("name", "pattern"), ALL, ids=[name for name, _pattern in ALL])
def test_every_other_view_sends_an_operator_to_set_it_up(cast, client, required, name, pattern):
    if pattern.callback.before_second_factor:
        return
    cast.central.is_superuser = True  # so that no permission stands in the way before the gate
    cast.central.save()
    client.force_login(cast.central)
    given = {"pk": 1, "kind": "csv", "key": "units", "year": 2026, "month": 5}
    way = reverse(name, kwargs={key: given.get(key, "x") for key in pattern.pattern.converters})
    for response in (client.get(way), client.post(way)):
        assert response.status_code == 302, name
        assert response["Location"].startswith(reverse("accounts:second_factor")), name


@pytest.mark.parametrize("role", list(Role))
def test_roles_that_see_other_people_need_it_and_figures_alone_do_not(cast, tree, client, required, role):
    RoleGrant.objects.create(user=cast.employee_user, role=role, unit=tree.root)
    client.force_login(cast.employee_user)
    needed = role != Role.LEADER
    assert (client.get("/").status_code == 302) is needed


def test_a_permission_added_to_a_role_later_needs_it_by_default():
    assert {Permission.SEE_FIGURES, Permission.SEE_CLASSES} == second_factor.HARMLESS


def test_an_employee_needs_none(cast, client, required):
    sign_in(client, cast.employee.nip)
    assert client.get("/").status_code == 200


def test_a_list_in_place_reloads_the_page_instead_of_showing_the_setup_in_it(cast, client, required):
    client.force_login(cast.operator)
    answer = client.get(reverse("employees:list"), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"], answer.content) == (200, "true", b"")


def test_setting_it_up_opens_the_portal_and_the_next_sign_in_asks_for_it(cast, client, required):
    assert sign_in(client, "operator")["Location"] == reverse("home")
    assert client.get("/")["Location"].startswith(reverse("accounts:second_factor"))
    secret = set_up_app(client)
    assert client.get("/").status_code == 200
    client.post(reverse("accounts:logout"))

    asked = sign_in(client, "operator", next=reverse("employees:list"))
    assert asked["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("employees:list")).status_code == 302
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    done = client.post(reverse("mfa_authenticate"), {"code": code_of(secret, 1)})
    assert done["Location"] == reverse("employees:list")
    assert client.get(reverse("employees:list")).status_code == 200


def test_a_code_is_accepted_once(cast, client, required):
    sign_in(client, "operator")
    secret = set_up_app(client)
    code = code_of(secret, 1)
    thief = Client()
    for browser in (client, thief):
        browser.post(reverse("accounts:logout"))
        sign_in(browser, "operator")
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert thief.post(reverse("mfa_authenticate"), {"code": code}).status_code in (200, 429)
    assert "_auth_user_id" not in thief.session


def test_codes_cannot_be_guessed_for_long(cast, client, required):
    sign_in(client, "operator")
    set_up_app(client)
    client.post(reverse("accounts:logout"))
    statuses = []
    for _ in range(limits.SECOND_FACTOR.burst + 2):
        other = Client()  # each guess from a session of its own
        sign_in(other, "operator")
        statuses.append(other.post(reverse("mfa_authenticate"), {"code": "123456"}).status_code)
    assert statuses[-2:] == [429, 429]
    assert Event.objects.filter(verb="account.second_factor_failed").count() <= limits.SECOND_FACTOR.burst


def test_recovery_codes_open_the_account_once_each(cast, client, required):
    sign_in(client, "operator")
    set_up_app(client)
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    codes = re.findall(r"<li>(\d{8})</li>", page)
    assert len(codes) == 10
    assert "<li>" + codes[0] not in client.get(reverse("mfa_view_recovery_codes")).content.decode()
    for expected in (302, 200):
        client.post(reverse("accounts:logout"))
        sign_in(client, "operator")
        assert client.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == expected


def test_seeds_lie_sealed_in_the_database(cast, client):
    sign_in(client, "operator")
    secret = set_up_app(client)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert Authenticator.objects.count() == 2


def test_a_session_from_before_is_ended_and_one_without_the_factor_is_asked_for_it(cast, client, required):
    before = Client()
    sign_in(before, "operator")
    sign_in(client, "operator")
    secret = set_up_app(client)
    assert before.get(OWN)["Location"].startswith(reverse("accounts:login"))
    # However a session came about without the factor: it is asked for.
    other = Client()
    other.force_login(cast.operator)
    assert other.get("/")["Location"].startswith(reverse("mfa_reauthenticate"))
    assert other.get(reverse("mfa_activate_totp"))["Location"] == reverse("mfa_reauthenticate")
    assert other.get(reverse("mfa_generate_recovery_codes")).status_code == 302
    shown = other.post(reverse("mfa_reauthenticate"), {"code": code_of(secret, 1), "next": "/"})
    assert shown["Location"] == "/"
    assert other.get("/").status_code == 200


def test_whoever_needs_one_cannot_remove_the_last(cast, client, required):
    sign_in(client, "operator")
    set_up_app(client)
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_an_employee_may_remove_it_and_the_recovery_codes_go_too(cast, client, required):
    sign_in(client, cast.employee.nip)
    set_up_app(client)
    assert client.post(reverse("mfa_deactivate_totp"))["Location"] == reverse("accounts:security")
    assert Authenticator.objects.count() == 0
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {"account.second_factor_added", "account.second_factor_removed"} <= verbs


def test_the_person_is_told_by_mail(cast, client):
    sign_in(client, cast.employee.nip)
    set_up_app(client)
    message = Message.objects.get(kind="security_notice")
    assert (message.context["event"], message.to_address) == ("totp_activated", cast.employee.email)


def test_an_old_sign_in_must_prove_itself_before_changing_factors(cast, client, settings):
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
    sign_in(client, cast.employee.nip)
    answer = client.get(reverse("mfa_activate_totp"))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    wrong = client.post(answer["Location"], {"password": "not it"})
    assert wrong.status_code == 200


def test_the_notice_says_where_it_is_not_asked_for(client, cast, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    settings.LANGUAGE_CODE = "en"
    assert "passwords alone are enough here" in client.get(reverse("accounts:login")).content.decode()
    client.force_login(cast.operator)
    assert "is not asked for here" in client.get(reverse("accounts:security")).content.decode()
    settings.REQUIRE_SECOND_FACTOR = True
    assert "passwords alone" not in Client().get(reverse("accounts:login")).content.decode()


# --- Sessions -------------------------------------------------------------------------------------


def test_sessions_are_listed_and_signed_out_elsewhere(cast, client):
    phone, library = Client(headers={"user-agent": "Mozilla/5.0 (Android 15) Firefox/140.0"}), Client()
    for browser in (client, phone, library):
        sign_in(browser, cast.employee.nip)
    page = client.get(reverse("accounts:security")).content.decode()
    assert "Firefox, Android" in page
    on_phone = UserSession.objects.get(user_agent__contains="Android")
    client.post(reverse("accounts:end_session", args=[on_phone.pk]))
    assert phone.get(OWN).status_code == 302
    assert library.get("/").status_code == 200
    client.post(reverse("accounts:end_sessions"))
    assert library.get(OWN).status_code == 302
    assert client.get("/").status_code == 200


def test_nobody_ends_a_strangers_session(cast, client):
    other = Client()
    sign_in(other, "neighbour")
    sign_in(client, "operator")
    theirs = UserSession.objects.get(user=cast.neighbour)
    assert client.post(reverse("accounts:end_session", args=[theirs.pk])).status_code == 404
    assert other.get("/").status_code == 200


def age(client: Any, **by: int) -> None:
    session = client.session
    for name, seconds in by.items():
        session[name] -= seconds
    session.save()


def test_an_idle_session_of_somebody_who_sees_others_ends(cast, client, settings):
    sign_in(client, "operator")
    age(client, seen=settings.SESSION_IDLE_SECONDS - 60)
    assert client.get("/").status_code == 200
    age(client, seen=settings.SESSION_IDLE_SECONDS + 1)
    assert client.get(OWN)["Location"].startswith(reverse("accounts:login"))


def test_every_session_ends_by_age_however_much_it_is_used(cast, client, settings):
    sign_in(client, cast.employee.nip)
    age(client, seen=settings.SESSION_IDLE_SECONDS + 1)
    assert client.get("/").status_code == 200  # an employee sees only themselves
    age(client, until=settings.SESSION_COOKIE_AGE + 1)
    assert client.get(OWN).status_code == 302


def test_the_rules_cost_no_query(cast, client, required):
    sign_in(client, "operator")
    set_up_app(client)
    client.get(reverse("employees:list"))
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as with_gate:
        client.get(reverse("employees:list"))
    seen = [query["sql"] for query in with_gate.captured_queries]
    assert not [sql for sql in seen if "mfa_" in sql or "usersessions" in sql or "accounts_attempt" in sql]
    assert len([sql for sql in seen if "django_session" in sql]) == 1
