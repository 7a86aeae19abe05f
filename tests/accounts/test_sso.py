"""Sign-in through an OpenID Connect provider that runs for the test: discovery, authorisation, token, keys over HTTP."""

import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from oidc_provider_mock import run_server_in_thread

from accounts import limits
from accounts.models import RoleGrant
from accounts.roles import Role
from audit.models import Event
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.engines]
User = get_user_model()


@pytest.fixture(scope="module")
def server():
    with run_server_in_thread() as running:
        yield f"http://localhost:{running.server_port}"


@pytest.fixture
def provider(server, settings):
    settings.PORTAL_URL = "http://testserver"
    settings.OIDC_SERVER_URL = server
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": "SSO Kemenag",
                    "client_id": "simdiklat",
                    "secret": "a-secret-of-the-test",
                    "settings": {"server_url": server},
                }
            ],
        }
    }
    return server


def known_there(provider, subject, **claims):
    requests.put(f"{provider}/users/{subject}", json=claims, timeout=10).raise_for_status()


def way_back(client, provider, subject, query="") -> str:
    """Begin at the portal, sign in at the provider; returns the address to which it sends the browser back."""
    begun = client.get(reverse("openid_connect_login", kwargs={"provider_id": "sso"}) + query)
    assert begun.status_code == 302
    asked = parse_qs(urlsplit(begun["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://testserver/sign-in/sso/back/"]
    answer = requests.post(begun["Location"], data={"sub": subject}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def sign_in(client, provider, subject, query=""):
    return client.get(way_back(client, provider, subject, query))


def signed_in_as(client) -> str:
    return client.session.get("_auth_user_id", "")


def test_a_person_is_recognised_by_the_nip(client, cast, provider):
    known_there(provider, "subject-1", nip=cast.employee.nip_display, email="anything@contoh.invalid")
    answer = sign_in(client, provider, "subject-1", "?next=/me/")
    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    assert signed_in_as(client) == str(cast.employee_user.pk)
    assert Event.objects.get(verb="account.signed_in").data == {"ways": ["socialaccount"]}
    # Nothing is linked and no token kept: the next sign-in asks the claim again.
    assert (SocialAccount.objects.count(), SocialToken.objects.count()) == (0, 0)


def test_the_button_is_there_only_with_a_provider(client, cast, settings):
    way = reverse("openid_connect_login", kwargs={"provider_id": "sso"})
    assert way not in client.get(reverse("accounts:login")).content.decode()
    assert client.get(way).status_code == 404


def test_the_button_names_the_provider(client, provider, db):
    assert "SSO Kemenag" in client.get(reverse("accounts:login")).content.decode()


def test_an_unknown_person_gets_a_sentence_and_no_account(client, cast, provider):
    before = User.objects.count()
    known_there(provider, "subject-2", nip="199901012020121001", email=cast.employee.email)
    answer = sign_in(client, provider, "subject-2")
    assert answer.status_code == 403
    assert "NIP" in answer.content.decode()
    assert (User.objects.count(), signed_in_as(client)) == (before, "")


@pytest.mark.parametrize("claims", [{}, {"nip": ""}, {"nip": None}])
def test_mail_address_and_name_recognise_nobody(client, cast, provider, claims):
    known_there(
        provider,
        "central",
        email=cast.central.email,
        email_verified=True,
        preferred_username="central",
        **claims,
    )
    assert sign_in(client, provider, "central").status_code == 403
    assert signed_in_as(client) == ""


def test_a_user_name_in_the_claim_is_no_nip(client, cast, provider):
    known_there(provider, "subject-3", nip="central")
    assert sign_in(client, provider, "subject-3").status_code == 403


def test_somebody_in_service_without_an_account_gets_one_without_any_role(client, tree, provider):
    person = factories.employee(tree.surabaya)
    known_there(provider, "subject-4", nip=person.nip)
    assert sign_in(client, provider, "subject-4").status_code == 302
    made = User.objects.get(username=person.nip)
    assert not (made.is_superuser or made.is_staff or made.grants.exists() or made.has_usable_password())
    person.refresh_from_db()
    assert person.user == made


@pytest.mark.parametrize("change", [{"activity": "PENSIUN"}, {"nip": None}])
def test_retired_people_and_other_numbers_are_unknown(client, tree, provider, change):
    person = factories.employee(tree.surabaya)
    nip = person.nip
    for name, value in change.items():
        setattr(person, name, value)
    person.save()
    known_there(provider, "subject-5", nip=nip)
    assert sign_in(client, provider, "subject-5").status_code == 403


def test_an_account_of_that_name_is_not_taken_over(client, tree, provider):
    person = factories.employee(tree.surabaya)
    User.objects.create_superuser(person.nip, "x@contoh.invalid", "x")
    known_there(provider, "subject-6", nip=person.nip)
    assert sign_in(client, provider, "subject-6").status_code == 403
    assert signed_in_as(client) == ""


def test_a_locked_account_stays_locked(client, cast, provider):
    User.objects.filter(pk=cast.employee_user.pk).update(is_active=False)
    known_there(provider, "subject-7", nip=cast.employee.nip)
    assert sign_in(client, provider, "subject-7").status_code == 403


def test_who_sees_others_still_needs_the_second_factor(client, cast, tree, provider, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    RoleGrant.objects.create(user=cast.employee_user, role=Role.REGION, unit=tree.east)
    known_there(provider, "subject-8", nip=cast.employee.nip)
    assert sign_in(client, provider, "subject-8").status_code == 302
    assert client.get("/")["Location"].startswith(reverse("accounts:second_factor"))


# --- Attacks --------------------------------------------------------------------------------------


def test_the_way_back_opens_only_the_browser_that_began(client, cast, provider):
    known_there(provider, "subject-9", nip=cast.employee.nip)
    back = way_back(client, provider, "subject-9")
    stranger = Client()
    assert stranger.get(back).status_code == 403
    assert signed_in_as(stranger) == ""


def test_the_way_back_works_once(client, cast, provider):
    known_there(provider, "subject-10", nip=cast.employee.nip)
    back = way_back(client, provider, "subject-10")
    assert client.get(back).status_code == 302
    client.post(reverse("accounts:logout"))
    assert client.get(back).status_code == 403
    assert signed_in_as(client) == ""


def test_it_leads_to_no_other_site(client, cast, provider):
    known_there(provider, "subject-11", nip=cast.employee.nip)
    assert sign_in(client, provider, "subject-11", "?next=https://evil.example/")["Location"] == "/"


def test_signing_in_as_somebody_else_ends_the_session_there_was(client, cast, provider):
    client.force_login(cast.central)
    known_there(provider, "subject-12", nip=cast.employee.nip)
    sign_in(client, provider, "subject-12", "?process=connect")
    assert signed_in_as(client) == str(cast.employee_user.pk)
    assert SocialAccount.objects.count() == 0


def forged(provider, nip, **change):
    """An ID token that says the NIP but was not made by the provider, or not for this portal, or not now."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kid = requests.get(f"{provider}/jwks", timeout=10).json()["keys"][0]["kid"]
    claims = {
        "iss": provider, "aud": "simdiklat", "sub": "subject-13", "nip": nip,
        "iat": int(time.time()), "exp": int(time.time()) + 600, **change,
    }  # fmt: skip
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})


def unsigned(provider, nip):
    claims = {
        "iss": provider,
        "aud": "simdiklat",
        "sub": "subject-13",
        "nip": nip,
        "exp": int(time.time()) + 600,
    }
    return jwt.encode(claims, None, algorithm="none", headers={"kid": "x"})


@pytest.mark.parametrize("make", [forged, unsigned])
def test_a_forged_token_opens_nothing(client, cast, provider, monkeypatch, make):
    known_there(provider, "subject-13", nip="")
    real = OAuth2Client.get_access_token

    def lie(self, *args, **kwargs):
        return real(self, *args, **kwargs) | {"id_token": make(provider, cast.central.username)}

    monkeypatch.setattr(OAuth2Client, "get_access_token", lie)
    assert sign_in(client, provider, "subject-13").status_code == 403
    assert signed_in_as(client) == ""


def test_user_info_of_another_subject_is_not_believed(client, cast, provider, monkeypatch):
    from accounts.views.sso import _Provider

    known_there(provider, "subject-14")
    other = {"sub": "somebody-else", "nip": cast.employee.nip}
    monkeypatch.setattr(_Provider, "_fetch_user_info", lambda self, token: other)
    assert sign_in(client, provider, "subject-14").status_code == 403


def test_a_provider_that_is_away_gets_a_sentence(client, cast, provider, settings):
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = (
        "http://localhost:1"
    )
    assert client.get(reverse("openid_connect_login", kwargs={"provider_id": "sso"})).status_code == 403


def test_a_refusal_there_comes_back_as_a_sentence(client, cast, provider):
    begun = client.get(reverse("openid_connect_login", kwargs={"provider_id": "sso"}))
    state = parse_qs(urlsplit(begun["Location"]).query)["state"][0]
    back = reverse("openid_connect_callback", kwargs={"provider_id": "sso"})
    assert client.get(back, {"state": state, "error": "access_denied"}).status_code == 403


def test_it_is_limited_by_address(client, cast, provider, monkeypatch):
    monkeypatch.setattr(limits, "SSO_ADDRESS", limits.Limit("few", 2, limits.SSO_ADDRESS.refill * 100))
    way = reverse("openid_connect_login", kwargs={"provider_id": "sso"})
    assert [client.get(way).status_code for _ in range(3)] == [302, 302, 429]
