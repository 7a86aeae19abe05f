"""Passkeys in a real browser with an authenticator of its own: set up, sign in, show again, remove."""

import pytest
from allauth.mfa.models import Authenticator

from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def authenticator(page):
    """A device with a finger that is always right."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def test_from_the_first_sign_in_to_the_passkey_alone(page, authenticator, live_server, cast, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    base = live_server.url
    page.goto(f"{base}/sign-in/")
    page.fill("[name=username]", "operator")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_url("**/account/second-factor/**")
    page.click("main a[href$='/passkeys/add/']")
    page.click("main form[data-passkey] button.btn-primary")
    page.wait_for_url("**/recovery-codes/**")
    assert page.locator(".recovery-codes li").count() == 10
    page.goto(f"{base}/employees/")
    assert page.locator("h1").count() == 1 and page.url.endswith("/employees/")

    # The passkey alone: no password, no code.
    page.context.clear_cookies()
    page.goto(f"{base}/sign-in/")
    page.click("form[data-passkey=sign-in] button")
    page.wait_for_url(f"{base}/")
    page.goto(f"{base}/employees/")
    assert page.url.endswith("/employees/")

    # Password first, then the passkey as second factor.
    page.context.clear_cookies()
    page.goto(f"{base}/sign-in/")
    page.fill("[name=username]", "operator")
    page.fill("[name=password]", PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_url("**/sign-in/code/")
    page.click("form[data-passkey=get] button")
    page.wait_for_url(f"{base}/")
    assert Authenticator.objects.filter(user=cast.operator, type="webauthn").count() == 1
