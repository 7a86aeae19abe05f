"""In a real browser: from locked results to a paper that anybody can verify, on a phone."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from pypdf import PdfReader

from certificates.models import Certificate
from tests.trainings.test_completion import locked

pytestmark = pytest.mark.browser


def signed_in(page, live_server, user) -> None:
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])


def test_from_completion_to_a_verified_certificate(live_server, page, cast, tree, settings):
    settings.PORTAL_URL = live_server.url
    made = locked(tree, cast.organiser)
    training_class, person = made["class"], made["people"]["passed"]
    signed_in(page, live_server, cast.organiser)
    page.goto(f"{live_server.url}/classes/{training_class.pk}/?step=completion")
    page.click("form[action$='/complete/'] button")
    page.wait_for_load_state()
    page.goto(f"{live_server.url}/classes/{training_class.pk}/")
    page.click(f"a[href='/classes/{training_class.pk}/certificates/']")
    page.wait_for_load_state()
    assert person.name in page.inner_text("#list")
    with page.expect_download() as download:
        page.click("#list a:has-text('PDF')")
    content = Path(download.value.path()).read_bytes()
    words = PdfReader(BytesIO(content)).pages[0].extract_text().replace("\u200b", "")
    url = re.search(r"http://\S+/sertifikat/[\w-]{22}/", words)[0]
    assert url.startswith(live_server.url)

    page.context.clear_cookies()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(url)
    shown = page.inner_text("main")
    certificate = Certificate.objects.get()
    assert person.name in shown and certificate.number in shown and "8 JP" in shown
    assert "Berlaku" in shown and "tidak ditandatangani secara elektronik" in shown
    assert certificate.latest.sha256 in shown
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
