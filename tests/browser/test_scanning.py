"""QR codes before a real camera: Chromium plays a film of a code, on a page of a phone's size, on a bad line too."""

import re
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image, ImageFilter

from tests.engines import CHROMIUM_ARGUMENTS, chromium_path
from tests.trainings import running
from trainings import passes
from trainings.models import Attendance, Participation, Scan, Session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: The seconds a page may take to open the camera, to read the code and to be answered.
WAIT = 20_000


def film(text: str, path: Path) -> Path:
    """A film of a code as somebody holds it: askew, not quite sharp, smaller than the picture."""
    png = BytesIO()
    segno.make(text, error="m", micro=False).save(png, kind="png", scale=8, border=4)
    code = Image.open(png).convert("L").resize((330, 330))
    frame = Image.new("L", (640, 480), 205)
    frame.paste(code.rotate(9, expand=True, fillcolor=205, resample=Image.Resampling.BICUBIC), (130, 50))
    jpeg = BytesIO()
    frame.filter(ImageFilter.GaussianBlur(0.8)).convert("RGB").save(jpeg, "JPEG", quality=70)
    path.write_bytes(jpeg.getvalue() * 5)
    return path


@pytest.fixture
def session(tree: Any, cast: Any) -> Session:
    """A session that runs now, with two confirmed seats."""
    made = running.running_class(tree.bdk, first_day=timezone.localdate(), last_day=timezone.localdate())
    running.seat(made, cast.employee)
    running.seat(made, cast.stranger)
    now = timezone.localtime()
    begins = max(now - timedelta(minutes=10), now.replace(hour=0, minute=0, second=0))
    ends = min(now + timedelta(hours=2), now.replace(hour=23, minute=59))
    return running.lesson(
        made, starts=begins.time().replace(microsecond=0), ends=time(ends.hour, ends.minute)
    )


@pytest.fixture
def phone(browser: Any, live_server: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Phones signed in as somebody, before whose camera lies a code; errors in a console fail the test."""
    opened: list[Any] = []
    problems: list[str] = []

    def make(user: Any, code: str) -> Any:
        seen = film(code, tmp_path / f"{len(opened)}.mjpeg")
        chromium = browser.browser_type.launch(
            executable_path=chromium_path(),
            args=[
                *CHROMIUM_ARGUMENTS, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={seen}",
            ],
        )  # fmt: skip
        opened.append(chromium)
        context = chromium.new_context(
            locale="id-ID", timezone_id="Asia/Jakarta", viewport={"width": 390, "height": 844},
            is_mobile=True, has_touch=True,
        )  # fmt: skip
        client = Client()
        client.force_login(user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])
        window = context.new_page()
        window.on("pageerror", lambda error: problems.append(str(error)))
        window.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        return window

    yield make
    for chromium in opened:
        chromium.close()
    # That the line was down for a moment is the one thing the browser may complain of.
    assert [one for one in problems if "ERR_INTERNET_DISCONNECTED" not in one] == []


def test_the_committees_phone_reads_a_personal_code_without_a_line_and_sends_it_once(
    live_server, phone, cast, session
):
    seat = Participation.objects.get(employee=cast.employee)
    window = phone(cast.organiser, passes.person_code(seat.pk))
    sent: list[str] = []
    window.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    window.goto(f"{live_server.url}/sessions/{session.pk}/scan/")
    window.context.set_offline(True)
    window.click("[data-scanner-start]")
    window.wait_for_selector("[data-scanner-count]", state="visible", timeout=WAIT)
    assert window.evaluate("document.documentElement.scrollWidth <= screen.width")
    assert "Disimpan di perangkat ini" in window.inner_text(".scanner-said")
    assert sent and not Attendance.objects.exists()

    window.context.set_offline(False)
    window.wait_for_selector("[data-scanner-list] li >> text=✓", timeout=WAIT)
    window.wait_for_selector("[data-scanner-count]", state="hidden", timeout=WAIT)
    mark = Attendance.objects.get()
    assert (mark.participation_id, mark.channel, mark.recorded_by) == (seat.pk, "scan", cast.organiser)
    assert cast.employee.full_name in window.inner_text("[data-scanner-list]")
    assert Scan.objects.filter(accepted=True).count() == len(window.locator("[data-scanner-list] li").all())


def test_a_participants_phone_reads_the_rooms_code(live_server, phone, cast, session):
    code = passes.room_code(session.pk, timezone.now())
    window = phone(cast.employee_user, f"{live_server.url}/hadir/{code}/")
    window.goto(f"{live_server.url}/me/classes/{Participation.objects.get(employee=cast.employee).pk}/")
    window.click("main a[href='/hadir/']")
    window.click("[data-scanner-start]")
    window.wait_for_selector("[data-scanner-list] li >> text=✓", timeout=WAIT)
    mark = Attendance.objects.get()
    assert (mark.participation.employee, mark.channel, mark.offline) == (cast.employee, "qr", False)
    assert re.search(r"hadir", window.inner_text(".scanner-said").lower())
