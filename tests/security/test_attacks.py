"""Attacks on signing in and on the edges of the portal, as an attacker would try them."""

import logging
import re
import statistics
import time
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model, hashers
from django.core import signing
from django.test import Client
from django.urls import reverse

from accounts import limits
from accounts.models import RoleGrant
from audit.models import Event
from employees.models import Employee
from invitations import links
from outbox import rendering
from outbox.models import Message
from tests.accounts.test_second_factor import set_up_app
from tests.accounts.totp import code_of
from tests.conftest import PASSWORD

User = get_user_model()
WRONG = "not the password"
#: A page of whoever is signed in.
OWN = "/account/"


def sign_in(client, name, password=PASSWORD, **more):
    return client.post(reverse("accounts:login"), {"username": name, "password": password}, **more)


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


# --- Unknown names --------------------------------------------------------------------------------


@pytest.fixture
def hashing(monkeypatch, settings):
    """Counts the runs of the portal's own password hasher, which is what takes the time."""
    settings.PASSWORD_HASHERS = ["accounts.hashers.PortalHasher"]
    runs = []
    hasher = hashers.get_hasher("default").__class__

    def counting(work):
        def counted(self, *args, **kwargs):
            runs.append(1)
            return work(self, *args, **kwargs)

        return counted

    for name in ("encode", "verify"):  # neither calls the other
        monkeypatch.setattr(hasher, name, counting(getattr(hasher, name)))
    return runs


def test_unknown_names_wrong_passwords_and_locked_accounts_cost_the_same(
    cast, hashing, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for user in (cast.central, cast.neighbour):  # kept by that hasher
        user.set_password("a password of their own")
        user.is_active = user == cast.central
        user.save()
    without_password = User.objects.create_user("baru", "", None)
    costs = {}
    for name in ("central", "198001012005011001", "neighbour", without_password.username):
        client = Client()
        client.get(reverse("accounts:login"))
        hashing.clear()
        with CaptureQueriesContext(connection) as queries:
            page = sign_in(client, name, WRONG)
        costs[name] = (len(hashing), len(queries), page.status_code)
    assert set(costs.values()) == {(1, costs["central"][1], 200)}


def test_the_words_are_the_same_to_the_letter(cast):
    def words(name):
        body = sign_in(Client(), name, WRONG).content.decode()
        return re.sub(r'value="[^"]*"', "VALUE", re.sub(r"[A-Za-z0-9]{64}", "TOKEN", body))

    assert words("central") == words("198001012005011001")


def test_the_clock_tells_nothing(cast):
    """A rough check on top of the counts: the medians lie within the noise of one another."""

    def took(name) -> float:
        times = []
        for _ in range(8):
            client = Client()
            began = time.perf_counter()
            sign_in(client, name, WRONG)
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    took("central")  # warm
    known, unknown = took("operator"), took("198001012005011001")
    assert 1 / 3 < known / unknown < 3


# --- Guessing -------------------------------------------------------------------------------------


def test_one_account_is_guessed_ten_times_whatever_the_address(cast):
    statuses = []
    for n in range(40):
        statuses.append(sign_in(Client(REMOTE_ADDR=f"10.0.{n}.1"), "central", WRONG).status_code)
    assert statuses.count(200) == limits.SIGN_IN_ACCOUNT.burst
    assert set(statuses[limits.SIGN_IN_ACCOUNT.burst :]) == {429}
    # The right password, too, waits: an attacker must not learn it from the difference.
    assert sign_in(Client(REMOTE_ADDR="10.9.9.9"), "central").status_code == 429


def test_one_address_guesses_a_hundred_times_whatever_the_account(cast):
    client, began = Client(), time.monotonic()
    statuses = [sign_in(client, f"nobody{n}", WRONG).status_code for n in range(250)]
    refilled = (time.monotonic() - began) / limits.SIGN_IN_ADDRESS.seconds + 1
    assert limits.SIGN_IN_ADDRESS.burst <= statuses.count(200) <= limits.SIGN_IN_ADDRESS.burst + refilled
    assert set(statuses) == {200, 429}
    assert sign_in(Client(REMOTE_ADDR="10.1.1.1"), "central").status_code == 302


def test_an_office_that_signs_in_rightly_is_not_held_up(cast, monkeypatch):
    monkeypatch.setattr(limits, "SIGN_IN_ADDRESS", limits.Limit("few", 5, timedelta(hours=1)))
    for _ in range(12):
        assert sign_in(Client(), "central").status_code == 302


def test_failed_attempts_stand_in_the_trail_without_the_password(cast):
    sign_in(Client(), "central", WRONG)
    sign_in(Client(), "198001012005011001", WRONG)
    events = Event.objects.filter(verb="account.sign_in_failed").order_by("pk")
    assert [event.object_id for event in events] == [str(cast.central.pk), ""]
    assert WRONG not in str([event.data for event in events])


def test_the_page_says_when_to_come_back_in_both_languages(cast):
    for _ in range(limits.SIGN_IN_ACCOUNT.burst):
        sign_in(Client(), "central", WRONG)
    for language, words in (("id", "Terlalu banyak percobaan"), ("en", "Too many attempts")):
        client = Client()
        client.cookies["django_language"] = language
        page = sign_in(client, "central", WRONG)
        assert page.status_code == 429
        assert words in page.content.decode()
        assert 0 < int(page["Retry-After"]) <= limits.SIGN_IN_ACCOUNT.refill.total_seconds()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "X-Client-IP"])
def test_headers_invent_no_addresses(cast, header, monkeypatch):
    monkeypatch.setattr(limits, "SIGN_IN_ADDRESS", limits.Limit("few", 5, timedelta(hours=1)))
    statuses = [
        sign_in(Client(), f"nobody{n}", WRONG, headers={header: f"203.0.113.{n}"}).status_code
        for n in range(8)
    ]
    assert statuses == [200] * 5 + [429] * 3


def test_behind_a_proxy_only_what_the_proxy_added_is_believed(cast, settings, monkeypatch):
    monkeypatch.setattr(limits, "SIGN_IN_ADDRESS", limits.Limit("few", 5, timedelta(hours=1)))
    settings.TRUSTED_PROXIES = 1
    invented = [
        sign_in(
            Client(), f"n{n}", WRONG, headers={"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.7"}
        ).status_code
        for n in range(8)
    ]
    assert invented == [200] * 5 + [429] * 3
    other = sign_in(Client(), "n", WRONG, headers={"X-Forwarded-For": "203.0.113.8"})
    assert other.status_code == 200
    for nonsense in ("", "unknown", "203.0.113.9; DROP TABLE", "::ffff:999.1.1.1"):
        assert sign_in(Client(), "m", WRONG, headers={"X-Forwarded-For": nonsense}).status_code in (200, 429)


def test_a_whole_ipv6_network_is_one_address(cast, monkeypatch):
    monkeypatch.setattr(limits, "SIGN_IN_ADDRESS", limits.Limit("few", 5, timedelta(hours=1)))
    statuses = [
        sign_in(Client(REMOTE_ADDR=f"2001:db8::{n:x}"), f"nobody{n}", WRONG).status_code for n in range(1, 9)
    ]
    assert statuses == [200] * 5 + [429] * 3


# --- Sessions, links, tokens ----------------------------------------------------------------------


def test_a_session_given_beforehand_is_not_the_one_signed_in_with(cast):
    victim, attacker = Client(), Client()
    attacker.get(reverse("accounts:login"))
    session = attacker.session
    session["x"] = 1
    session.save()
    planted = session.session_key
    victim.cookies["sessionid"] = planted
    assert sign_in(victim, "operator").status_code == 302
    assert victim.session.session_key != planted
    attacker.cookies["sessionid"] = planted
    assert attacker.get(OWN).status_code == 302
    assert not is_in(attacker)


def test_the_session_changes_again_with_the_second_factor(cast):
    client = Client()
    sign_in(client, "operator")
    secret = set_up_app(client)
    client.post(reverse("accounts:logout"))
    sign_in(client, "operator")
    between = client.session.session_key
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret, 1)})
    assert is_in(client)
    assert client.session.session_key != between


def test_signing_out_ends_the_session_on_the_server(cast):
    client, thief = Client(), Client()
    sign_in(client, "operator")
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    assert thief.get(OWN).status_code == 200
    client.post(reverse("accounts:logout"))
    assert thief.get(OWN).status_code == 302


def test_changing_the_password_ends_the_thiefs_session(cast):
    client, thief = Client(), Client()
    sign_in(client, "operator")
    sign_in(thief, "operator")
    new = "another long enough passphrase"
    fields = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("accounts:password"), fields).status_code == 302
    assert client.get(OWN).status_code == 200
    assert thief.get(OWN).status_code == 302


def test_a_stolen_session_cannot_guess_the_password_through_the_change_form(cast):
    client = Client()
    sign_in(client, "operator")
    new = "another long enough passphrase"
    fields = {"oldpassword": WRONG, "password1": new, "password2": new}
    statuses = [client.post(reverse("accounts:password"), fields).status_code for _ in range(12)]
    assert statuses == [200] * limits.SIGN_IN_ACCOUNT.burst + [429] * 2


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "https:evil.example", "///evil.example", "http://testserver@evil.example/", " https://evil.example",
        "\thttps://evil.example", "ftp://testserver/", "data:text/html,x",
    ],
)  # fmt: skip
def test_next_leads_to_no_other_site(cast, target):
    assert sign_in(Client(), "operator", next=target).status_code == 302
    client = Client()
    answer = client.post(
        reverse("accounts:login"), {"username": "operator", "password": PASSWORD, "next": target}
    )
    assert answer["Location"] == reverse("home")
    client.logout()
    out = client.post(reverse("accounts:logout"), {"next": target})
    assert "evil" not in out["Location"]
    language = client.post(reverse("language"), {"language": "en", "next": target})
    assert "evil" not in language["Location"]
    assert "javascript" not in language["Location"]


def test_a_stolen_answer_link_opens_one_page_and_no_session(cast):
    stolen = links.path_for(123456)
    client = Client()
    assert client.get(stolen).status_code == 404  # no such invitation
    forged = reverse("invitations:answer_link", args=[signing.dumps(1, salt="something.else")])
    assert client.get(forged).status_code == 404
    assert not is_in(client)


@pytest.mark.parametrize(
    "name",
    ["accounts:login", "accounts:logout", "employees:ask_code", "employees:set_password", "mfa_login_webauthn",
     "accounts:end_sessions", "accounts:password", "mfa_activate_totp", "mfa_deactivate_totp", "language"],
)  # fmt: skip
def test_every_form_of_signing_in_needs_its_token(cast, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.operator)
    assert client.post(reverse(name), {"username": "operator", "password": PASSWORD}).status_code == 403


def test_a_form_from_another_site_is_refused_even_with_a_token(cast):
    client = Client(enforce_csrf_checks=True)
    page = client.get(reverse("accounts:login")).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    fields = {"username": "operator", "password": PASSWORD, "csrfmiddlewaretoken": token}
    way = reverse("accounts:login")
    assert client.post(way, fields, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post(way, fields).status_code == 302


# --- Hosts, fields --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "[::1", ""]
)
def test_other_hosts_are_refused(cast, host):
    assert Client().get("/sign-in/", headers={"host": host}).status_code == 400


def test_forwarded_hosts_are_not_believed_and_mails_name_the_portals_own(cast, settings):
    client = Client()
    answer = client.post(
        reverse("employees:ask_code"),
        {"number": cast.employee.nip, "birth_date": cast.employee.birth_date},
        headers={
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "https",
            "Forwarded": "host=evil.example",
        },
    )
    assert "evil" not in answer["Location"]
    mail = rendering.preview(Message.objects.get(kind="account_code"), for_sending=True).text
    assert "evil" not in mail
    assert f"{settings.PORTAL_URL}/activate/code/" in mail


def test_fields_nobody_offered_change_nothing(cast):
    extra = {
        "is_superuser": "on", "is_staff": "true", "is_active": "false", "role": "central", "user": cast.central.pk,
        "id": cast.central.pk, "pk": cast.central.pk, "email": "evil@evil.example", "groups": "1", "grants": "1",
    }  # fmt: skip
    client = Client()
    sign_in(client, cast.employee.nip, **{})
    new = "another long enough passphrase"
    client.post(
        reverse("accounts:password"), {"oldpassword": PASSWORD, "password1": new, "password2": new, **extra}
    )
    client.post(reverse("language"), {"language": "en", "next": "/", **extra})
    client.post(reverse("employees:ask_code"), {"number": "1", "birth_date": "2000-01-01", **extra})
    cast.employee_user.refresh_from_db()
    cast.central.refresh_from_db()
    assert cast.employee_user.check_password(new)
    assert not (cast.employee_user.is_superuser or cast.employee_user.is_staff)
    assert cast.employee_user.is_active
    assert cast.central.check_password(PASSWORD)
    assert RoleGrant.objects.filter(user=cast.employee_user).count() == 0
    assert not Employee.objects.filter(email="evil@evil.example").exists()


def test_nothing_of_allauth_that_was_not_asked_for_is_there(cast):
    client = Client()
    for path in (
        "signup/", "accounts/signup/", "accounts/login/", "accounts/email/", "accounts/password/reset/", "email/",
        "accounts/social/signup/", "3rdparty/", "2fa/", "accounts/2fa/", "sessions/", "admin/", "confirm-email/x/",
    ):  # fmt: skip
        assert client.get(f"/{path}").status_code in (404,), path


# --- Logs -----------------------------------------------------------------------------------------


def test_no_secret_reaches_the_log(cast, client, caplog):
    caplog.set_level(logging.DEBUG)
    new = "kereta-kuda-biru-17"
    sign_in(client, "operator", WRONG)
    sign_in(client, "operator")
    secrets = {PASSWORD, WRONG, new, client.session.session_key, client.cookies["sessionid"].value}
    seed = set_up_app(client)
    secrets |= {seed, code_of(seed)}
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    recovery = re.findall(r"<li>(\d{8})</li>", page)
    assert recovery
    secrets |= set(recovery)
    other = Client(raise_request_exception=False)
    other.post(
        reverse("employees:ask_code"), {"number": cast.employee.nip, "birth_date": cast.employee.birth_date}
    )
    code = re.search(
        r"\b(\d{4} \d{4})\b", rendering.preview(Message.objects.latest("pk"), for_sending=True).text
    )[1]
    secrets |= {code, code.replace(" ", "")}
    wrong = {"number": cast.employee.nip, "code": "1", "password1": new, "password2": new}
    other.post(reverse("employees:set_password"), wrong)
    other.post(reverse("employees:set_password"), wrong | {"code": code})
    assert sign_in(other, cast.employee.nip, new).status_code == 302
    other.get(links.path_for(1))
    said = "\n".join(record.getMessage() + str(record.exc_text or "") for record in caplog.records)
    assert [secret for secret in secrets if secret in said] == []


def test_a_breaking_page_logs_no_form(cast, caplog, monkeypatch):
    from employees import actions

    def breaks(**given):
        raise RuntimeError("broken")

    monkeypatch.setattr(actions, "set_password", breaks)
    client = Client(raise_request_exception=False)
    fields = {
        "number": "1",
        "code": "1234 5678",
        "password1": "kereta-kuda-biru-17",
        "password2": "kereta-kuda-biru-17",
    }
    assert client.post(reverse("employees:set_password"), fields).status_code == 500
    assert "RuntimeError" in caplog.text
    assert "kereta-kuda" not in caplog.text
    assert "1234 5678" not in caplog.text
