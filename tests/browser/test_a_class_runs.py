"""A class from its agenda to a verified certificate by clicking; the participants check in on a phone.

The clock of the server is real, so the class is held today and its session runs now; before the results its
days are moved into the past, as the calendar would do.
"""

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pypdf import PdfReader

from employees.models import Employee
from tests import factories
from tests.browser.test_main_job import sign_in
from tests.browser.walking import follow
from tests.conftest import PASSWORD
from tests.trainings import running
from trainings.models import Attendance, HistoryRecord, ParticipantResult, Session, TrainingClass

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def phone(browser: Any) -> Any:
    """A participant's phone; fails the test on an error in its console."""
    context = browser.new_context(
        locale="id-ID", timezone_id="Asia/Jakarta", viewport={"width": 390, "height": 800}, has_touch=True
    )
    window = context.new_page()
    problems: list[str] = []
    window.on("pageerror", lambda error: problems.append(str(error)))
    window.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    yield window
    context.close()
    # That the line was down for a moment is the one thing the browser may complain of.
    assert [one for one in problems if "ERR_INTERNET_DISCONNECTED" not in one] == []


@pytest.fixture
def today(tree: Any, cast: Any) -> TrainingClass:
    """A class of today with a published curriculum and two participants, one with an account."""
    programme = factories.programme("TEK-01", name="Pelatihan Arsip")
    running.curriculum(programme, ("Arsip dinamis", 4))
    made = factories.training_class(
        programme,
        tree.bdk,
        [tree.east],
        first_day=timezone.localdate(),
        last_day=timezone.localdate(),
        seats=5,
    )
    running.seat(made, cast.employee)
    running.seat(made, factories.employee(tree.madrasah, name="Agus Salim"))
    return made


def running_hours() -> tuple[time, time]:
    """Three hours of lessons around this moment, inside the day."""
    now = timezone.localtime()
    start = max(now - timedelta(hours=1), now.replace(hour=0, minute=1))
    end = min(start + timedelta(hours=3), now.replace(hour=23, minute=59))
    return start.time().replace(second=0, microsecond=0), end.time().replace(second=0, microsecond=0)


def test_a_class_is_carried_from_its_agenda_to_a_verified_certificate(
    live_server, page, phone, cast, today, settings
):
    address = settings.PORTAL_URL = live_server.url
    starts, ends = running_hours()

    # The organiser takes the curriculum and adds a session with a room.
    sign_in(page, address, "organiser")
    page.goto(f"{address}/classes/{today.pk}/?step=agenda")
    follow(page, "main a.btn-primary")
    follow(page, "form[action$='/agenda/curriculum/'] button")
    page.wait_for_selector(".notice-success")
    follow(page, "main .page-head a.btn-primary")
    page.fill("#id_starts", f"{ends:%H:%M}")
    page.fill("#id_ends", f"{starts:%H:%M}")
    page.select_option("#id_subject", label="Arsip dinamis")
    page.fill("#id_room", "Aula")
    follow(page, "#session-form button.btn-primary")
    page.wait_for_selector(".invalid-feedback")  # it would end before it begins
    assert not Session.objects.exists()
    page.fill("#id_starts", f"{starts:%H:%M}")
    page.fill("#id_ends", f"{ends:%H:%M}")
    follow(page, "#session-form button.btn-primary")
    page.wait_for_selector(".agenda >> text=Arsip dinamis")
    session = Session.objects.get()

    # The room's screen shows a code; a participant opens its address on a phone and signs in on the way.
    page.goto(f"{address}/classes/{today.pk}/")
    follow(page, f"main a[href$='/sessions/{session.pk}/screen/']")
    page.wait_for_selector(".screen svg.qr")
    link = page.get_attribute("#room-link", "href").split("/hadir/", 1)[1]
    phone.goto(f"{address}/hadir/{link}")
    phone.wait_for_selector("#id_username")
    phone.fill("#id_username", cast.employee.nip)
    phone.fill("#id_password", PASSWORD)
    follow(phone, "main form button.btn-primary")
    phone.wait_for_selector(".checked-yes")
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    mark = Attendance.objects.get()
    assert (mark.participation.employee_id, mark.channel) == (cast.employee.pk, "qr")

    # The screen counts without being touched. A code of another day is refused on the phone.
    page.wait_for_selector(".screen >> text=1 / 2", timeout=15_000)
    phone.goto(f"{address}/hadir/{session.pk}.1.{'0' * 26}/")
    phone.wait_for_selector(".checked-no")

    # The portal's own scanner: without a line the scan is kept, with it it is sent, once.
    phone.goto(f"{address}/hadir/")
    phone.context.set_offline(True)
    before = Attendance.objects.count()
    phone.evaluate(
        "code => document.querySelector('[data-scanner]').dispatchEvent(new CustomEvent('scanned', {detail: code}))",
        f"{address}/hadir/{link}",
    )
    phone.wait_for_selector("[data-scanner-count]", state="visible")
    phone.context.set_offline(False)
    phone.wait_for_selector("[data-scanner-list] li >> text=✓", timeout=30_000)
    phone.wait_for_selector("[data-scanner-count]", state="hidden")
    assert Attendance.objects.count() == before

    # The committee scans by number and calls the roll.
    other = Employee.objects.get(name="Agus Salim")
    page.goto(f"{address}/sessions/{session.pk}/scan/")
    page.fill("#id_code", other.nip)
    follow(page, "main form button.btn-outline-primary")
    page.wait_for_selector(".notice-success >> text=Agus Salim")
    assert Attendance.objects.count() == 2

    # A night later: components, scores, minutes, lock, completion.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE trainings_trainingclass SET first_day = first_day - 1, last_day = last_day - 1 WHERE id = %s",
            [today.pk],
        )
    page.goto(f"{address}/classes/{today.pk}/")
    page.wait_for_selector("[aria-current=step] >> text=Hasil")
    follow(page, "main a.btn-primary")
    follow(page, "main a[href$='/results/rule/']")
    follow(page, "main form button.btn-primary")
    page.wait_for_selector(".notice-success")
    follow(page, "main a[href$='/results/scores/']")
    for field in page.locator("input[name^=s_]").all():
        field.fill("85")
    follow(page, "form:has(table) button.btn-primary")
    page.wait_for_selector(".notice-success")
    page.goto(f"{address}/classes/{today.pk}/results/minutes/")
    page.fill("#id_minutes", "Semua peserta memenuhi syarat.")
    follow(page, "main form button.btn-primary")
    page.wait_for_selector(".notice-success")
    follow(page, "main a[href$='/results/lock/']")
    follow(page, "main form button.btn-primary")
    page.wait_for_selector(".notice-success")
    assert set(ParticipantResult.objects.values_list("outcome", flat=True)) == {"LULUS"}
    follow(page, "main a.btn-primary")
    follow(page, "form[action$='/complete/'] button")
    page.wait_for_selector(".notice-success")
    assert HistoryRecord.objects.filter(training_class=today, result="LULUS").count() == 2

    # The participant's phone: the result, the evaluation.
    phone.goto(address + "/")
    follow(phone, "a[href$='/evaluate/']")
    for group in phone.locator("fieldset.rating").all():
        group.locator("label >> text=5").click()
    follow(phone, "main form button.btn-primary")
    phone.wait_for_selector(".notice-success")
    assert "Lulus" in phone.content()

    # The paper, and what anybody who holds it finds at the address that is printed on it.
    phone.goto(f"{address}/me/")
    with phone.expect_download() as taken:
        phone.click("main a[href$='/pdf/']")
    words = PdfReader(Path(taken.value.path())).pages[0].extract_text().replace("\u200b", "")
    printed = re.search(r"http://\S+/sertifikat/[\w-]{22}/", words)[0]
    assert printed.startswith(address)
    phone.context.clear_cookies()
    phone.goto(printed)
    shown = phone.inner_text("main")
    number = HistoryRecord.objects.get(employee=cast.employee).certificate_number
    assert cast.employee.name in shown and number in shown and "Berlaku" in shown
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
