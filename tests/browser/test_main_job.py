"""The whole main job by clicking: plan, preview, select, approve, download, accept and decline.

The ranking and the issue run in a real Celery worker; the pages are Django's live server under the same
content security policy as in service, and any error in the browser's console fails the test.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from invitations.models import Invitation, Selection
from jobs.models import Job
from outbox.models import Message
from tests import factories
from tests.browser.walking import follow
from tests.conftest import PASSWORD
from tests.engines import celery_worker, database_url_for
from trainings.models import TrainingClass

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page: Any, address: str, name: str) -> None:
    page.context.clear_cookies()
    page.goto(address + "/sign-in/")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    follow(page, "main form button.btn-primary")
    page.wait_for_url(address + "/")


def pick(page: Any, field: str, text: str) -> None:
    """Choose a unit by typing part of its name, with the keyboard alone."""
    page.locator(f"#{field}").press_sequentially(text, delay=20)
    page.wait_for_selector(f"#{field}_results [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(f".unit-picker:has(#{field}) .chip")


@pytest.fixture
def worker(cast: Any, tmp_path: Any) -> Any:
    with celery_worker(tmp_path / "var", DATABASE_URL=database_url_for()) as started:
        yield started


def test_a_class_goes_from_plan_to_replies_by_clicking(live_server, page, cast, tree, worker):
    for number in range(4):
        factories.employee(tree.surabaya, name=f"Orang {number}")
    programme = factories.programme("TEK-01", name="Pelatihan Arsip")
    first = timezone.localdate() + timedelta(days=40)
    address = live_server.url

    # The organiser plans the class; the own centre is filled in.
    sign_in(page, address, "organiser")
    follow(page, "main a.btn-primary")
    page.select_option("#id_programme", str(programme.pk))
    page.fill("#id_first_day", first.isoformat())
    page.fill("#id_last_day", (first - timedelta(days=1)).isoformat())
    page.fill("#id_seats", "3")
    page.fill("#id_reserve", "1")
    pick(page, "id_areas", "Jawa Timur")
    follow(page, "main form [type=submit]")
    page.wait_for_selector(".is-invalid, .invalid-feedback")
    assert TrainingClass.objects.count() == 0
    page.fill("#id_last_day", (first + timedelta(days=4)).isoformat())
    follow(page, "main form [type=submit]")
    page.wait_for_selector("[aria-current=step]")
    made = TrainingClass.objects.get()
    assert [area.unit.code for area in made.areas.all()] == ["KW35"]

    # Scheduled, previewed, started; the worker ranks while the progress page watches.
    follow(page, f"form[action$='/classes/{made.pk}/schedule/'] button")
    page.wait_for_selector("table.list >> text=Sari Wulandari")
    follow(page, "main a.btn-primary")
    follow(page, "main form button.btn-primary")
    page.wait_for_selector("#job")
    worker.send("invitations.rank", Job.objects.get().pk)
    page.wait_for_selector("#job a.btn-primary", timeout=60_000)
    follow(page, "#job a.btn-primary")
    selection = Selection.objects.get()
    assert selection.state == "proposed"
    assert page.locator("table.list tbody tr").count() == 3
    assert selection.evidence_sha256 in page.content()

    # Approved after a summary; the worker issues.
    follow(page, "main a.btn-primary")
    follow(page, "main form button.btn-primary")
    page.wait_for_selector("#job")
    worker.send("invitations.issue", Job.objects.order_by("-pk").first().pk)
    page.wait_for_selector("#job a.btn-primary", timeout=60_000)
    assert Invitation.objects.filter(state="issued").count() == 3
    assert Message.objects.count() == 3

    # The region downloads its list.
    sign_in(page, address, "operator")
    with page.expect_download() as got:
        page.click("main a[href$='list.csv']")
    assert got.value.path().read_text(encoding="utf-8-sig").count("\n") == 4

    # An employee, one of the three whoever won the draw, reads why and accepts; another declines.
    chosen = list(Invitation.objects.select_related("employee").order_by("rank")[:2])
    from django.contrib.auth import get_user_model

    for invitation in chosen:
        person = invitation.employee
        if person.user is None:
            person.user = get_user_model().objects.create_user(person.nip, person.email, PASSWORD)
            person.save()
    sign_in(page, address, chosen[0].employee.nip_display)
    follow(page, ".invitation-card button.btn-primary")
    page.wait_for_selector(".notice-success")
    sign_in(page, address, chosen[1].employee.nip_display)
    follow(page, ".invitation-card a.btn-outline-secondary")
    page.check("input[value=SAKIT]")
    follow(page, "main form button.btn-danger")
    page.wait_for_selector(".notice-success")
    states = {i.employee_id: i.state for i in Invitation.objects.all()}
    assert states[chosen[0].employee_id] == "accepted"
    assert states[chosen[1].employee_id] == "declined"
    assert sorted(states.values()) == ["accepted", "declined", "issued", "issued"]


def test_the_search_field_opens_with_a_slash_and_finds_in_scope(live_server, page, cast):
    sign_in(page, live_server.url, "operator")
    page.keyboard.press("/")
    page.keyboard.type("wulandari", delay=20)
    page.wait_for_selector("#found a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1 >> text=Sari Wulandari")


def test_theme_and_language_stay_as_chosen(live_server, page, cast):
    sign_in(page, live_server.url, "leader")
    before = page.get_attribute("html", "data-bs-theme")
    page.click(".top details.menu summary")
    page.click(".top [data-theme-switch]")
    page.goto(live_server.url + "/classes/")
    assert {before, page.get_attribute("html", "data-bs-theme")} == {"light", "dark"}
    page.click(".top details.menu summary")
    page.click(".top .language button[value=en]")
    page.wait_for_selector("html[lang=en]")


@pytest.mark.parametrize("who", ["organiser", "operator", "auditor", "leader", "employee"])
def test_nothing_is_wider_than_a_phone(live_server, page, cast, who):
    page.set_viewport_size({"width": 390, "height": 800})
    sign_in(page, live_server.url, cast.employee.nip if who == "employee" else who)
    links = page.eval_on_selector_all("nav.bottom a", "all => all.map(a => a.getAttribute('href'))")
    assert "/" in links
    for link in links:
        page.goto(live_server.url + link)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, link
