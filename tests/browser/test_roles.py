"""Each role's whole task on a desktop and on a phone; every page is looked at on the way.

Looked at means: axe finds nothing against WCAG 2.2 AA, the console says nothing, nothing moves while the
page loads, and nothing is wider than the window.
"""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from invitations import actions
from invitations.models import Invitation, Selection
from tests import factories
from tests.browser.walking import WIDTHS, Walker, transferred
from tests.conftest import PASSWORD
from trainings.models import TrainingClass

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def nothing_kept(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture(params=list(WIDTHS))
def walker(request, live_server, page):
    return Walker(page, live_server.url, request.param)


@pytest.fixture
def ministry(cast, tree):
    """Some people with some history, and a class of the organiser for East Java with its names proposed."""
    today = timezone.localdate()
    programme = factories.programme(name="Pelatihan Arsip Dinamis")
    for i in range(9):
        person = factories.employee(tree.surabaya, name=f"Rahmat Hidayat {i}")
        if i % 2:
            factories.history(person, today - timedelta(days=200 * i + 30), jp=20 + i)
    cast.proposed = factories.training_class(
        programme, tree.bdk, [tree.east], seats=8, reserve=2, batch="Angkatan I Tahun 2026", review_days=3
    )
    started = actions.start_selection(training_class=cast.proposed, by=cast.organiser, in_background=False)
    actions.run_selection(started.pk)
    cast.selection = Selection.objects.get(pk=started.pk)
    return cast


def issue(cast):
    """Approve and issue what is proposed, with the review at its end."""
    selection = cast.selection
    Selection.objects.filter(pk=selection.pk).update(review_until=timezone.localdate() - timedelta(days=1))
    selection.refresh_from_db()
    actions.approve(selection=selection, by=cast.central, in_background=False)
    actions.issue(selection.pk)


def test_anybody_reads_what_this_is(walker, ministry):
    walker.open("/")
    nav = "nav.public-nav"
    walker.click(f"{nav} a[href='{reverse('open_classes')}']", wait="h2")
    walker.click(f"{nav} a[href='{reverse('rule')}']", wait="h2")
    walker.click(f"{nav} a[href='{reverse('verification')}']")
    walker.page.fill("[name=number]", "B-1/2026")
    walker.page.fill("[name=dated]", "2026-01-05")
    walker.click("main form button.btn-primary", wait=".alert, .invalid-feedback, [role=alert]")
    assert walker.page.input_value("[name=number]") == "B-1/2026"


def test_a_leader_reads_the_figures_and_takes_one_along(walker, ministry):
    walker.sign_in("leader")
    page = walker.page
    page.wait_for_selector("#figure-lorenz canvas")  # the blocks that had to be counted have come
    walker.look()
    assert page.locator("svg.map .tile").count() == 38
    walker.click("#figure-units h2 a", wait="table")
    with page.expect_download() as got:
        page.click(".page-head a.btn-primary")
    assert got.value.path().read_text(encoding="utf-8-sig").count("\n") > 1
    walker.open(reverse("reports:figure", args=["lorenz"]))
    walker.click(".tabs a:not([aria-current])", wait=".tabs li:nth-child(2) [aria-current]")


def test_a_regional_office_reviews_downloads_and_answers(walker, ministry):
    walker.sign_in("operator")
    walker.click(
        f"main a[href='{reverse('invitations:review', args=[ministry.selection.pk])}']", wait="table.list"
    )
    walker.click("table.list .row-actions a", wait="input[name=reason]")
    issue(ministry)
    walker.open("/")
    with walker.page.expect_download():
        walker.page.click("main a[href$='list.csv']")
    walker.click("#awaiting ~ ul a", wait="main form")
    walker.page.check("input[name=answer][value=accept]")
    walker.click("main form button.btn-primary", wait=".notice-success")
    assert Invitation.objects.filter(state="accepted").count() == 1
    walker.open(reverse("reports:index"))
    walker.open(reverse("employees:list"))
    more, phone = walker.page.locator("[data-filter-toggle]"), walker.page.viewport_size["width"] < 500
    assert (more.is_visible(), walker.page.is_visible("#id_status")) == (phone, not phone)
    if phone:
        more.click()
        assert walker.page.is_visible("#id_status") and more.get_attribute("aria-expanded") == "true"
        walker.look()
    walker.open(reverse("employees:list") + "?training=none2")


def test_an_employee_accepts_and_reads_why(walker, ministry):
    issue(ministry)
    walker.sign_in(ministry.employee.nip)
    walker.click(".invitation-card button.btn-primary", wait=".notice-success")
    assert Invitation.objects.get(employee=ministry.employee).state == "accepted"
    walker.open(reverse("invitations:mine"))
    walker.open(reverse("invitations:why"))
    walker.open("/messages/")


def test_a_planner_plans_the_next_batch_looks_at_the_year_and_approves(walker, ministry):
    walker.sign_in("organiser")
    page = walker.page
    walker.open(reverse("calendar"))
    walker.click(f"main a[href='{reverse('calendar_year', args=[timezone.localdate().year])}']")
    walker.open(reverse("invitations:class", args=[ministry.proposed.pk]) + "?step=plan")
    walker.click("main a[href*='?copy=']", wait="#id_first_day")
    assert page.input_value("#id_batch").startswith("Angkatan II Tahun 20")
    walker.click("main form [type=submit]", wait="[aria-current=step]")
    made = TrainingClass.objects.exclude(pk=ministry.proposed.pk).get()
    walker.click(f"form[action$='/classes/{made.pk}/schedule/'] button", wait="table.list")
    Selection.objects.filter(pk=ministry.selection.pk).update(
        review_until=timezone.localdate() - timedelta(days=1)
    )
    walker.open(reverse("invitations:selection", args=[ministry.selection.pk]))
    walker.click("main a.btn-primary", wait=".letter, pre, main form")
    made.refresh_from_db()
    assert made.state == "scheduled"


def test_an_auditor_walks_through_everything_there_is_to_read(walker, ministry):
    issue(ministry)
    walker.sign_in("auditor")
    for address in walker.page.eval_on_selector_all(
        ".side nav a", "all => all.map(a => a.getAttribute('href'))"
    ):
        walker.open(address)
    walker.open(reverse("invitations:selection", args=[ministry.selection.pk]))
    walker.open(reverse("samples"))


@pytest.mark.parametrize("who", ["anybody", "central", "operator", "leader", "employee"])
def test_a_first_view_is_light(live_server, page, ministry, who):
    issue(ministry)
    if who != "anybody":
        page.goto(live_server.url + "/sign-in/")
        page.fill(
            "#id_username, [name=username], [name=login]", ministry.employee.nip if who == "employee" else who
        )
        page.fill("[type=password]", PASSWORD)
        page.click("main form button.btn-primary")
        page.wait_for_url(live_server.url + "/")
        page.wait_for_load_state("networkidle")
    sizes = transferred(page, live_server.url, "/")
    assert sum(sizes.values()) < 150_000, sizes
    assert sum(sizes.values()) > 20_000


def test_with_the_keyboard_alone_from_the_map_to_the_units(live_server, page, ministry):
    """Skip link, map, sheet of shortcuts: reached and used without a mouse."""
    walker = Walker(page, live_server.url, "desktop")
    walker.sign_in("central")
    page.goto(live_server.url + reverse("reports:index"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("Boolean(document.activeElement.closest('svg.map a'))"):
            break
    label = page.evaluate("document.activeElement.textContent")
    assert "%" in label
    page.keyboard.press("Enter")
    page.wait_for_url("**/employees/?province=*")
    page.wait_for_load_state("networkidle")  # the keys work once the scripts are there
    page.keyboard.press("?")
    page.wait_for_selector("dialog#shortcuts[open]")
    walker.look()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog#shortcuts:not([open])", state="attached")
    for _ in range(5):  # the two keys belong together for a moment only, which a busy machine may miss
        page.keyboard.press("g")
        page.keyboard.press("k")
        page.wait_for_timeout(1_000)
        if "/calendar/" in page.url:
            break
    page.wait_for_url("**/calendar/")
    page.wait_for_load_state("networkidle")
    # Switched off, a letter is only a letter.
    page.keyboard.press("?")
    page.uncheck("[data-shortcuts-on]")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.keyboard.press("?")
    assert page.locator("dialog#shortcuts[open]").count() == 0
    assert page.url.endswith("/calendar/")


def test_an_ended_session_gives_back_what_was_typed(live_server, page, ministry):
    walker = Walker(page, live_server.url, "desktop")
    walker.sign_in("organiser")
    page.goto(live_server.url + reverse("trainings:class_create"))
    page.fill("#id_batch", "Angkatan XIV")
    page.fill("#id_seats", "17")
    page.context.clear_cookies(name="sessionid")
    page.click("main form [type=submit]")
    page.wait_for_url("**/sign-in/**")
    page.fill("#id_username, [name=username], [name=login]", "organiser")
    page.fill("[type=password]", PASSWORD)
    page.click("main form button.btn-primary")
    page.wait_for_url("**/classes/new/")
    page.wait_for_selector("#messages .notice")
    assert (page.input_value("#id_batch"), page.input_value("#id_seats")) == ("Angkatan XIV", "17")
    page.reload()
    assert page.input_value("#id_batch") == ""


def test_dark_pages_are_as_readable(live_server, page, ministry):
    page.emulate_media(color_scheme="dark")
    walker = Walker(page, live_server.url, "desktop")
    walker.open("/")
    walker.sign_in("central")
    page.wait_for_selector("#figure-lorenz canvas")
    for address in (
        reverse("reports:index"), reverse("calendar"), reverse("samples"),
        reverse("invitations:selection", args=[ministry.selection.pk]),
    ):  # fmt: skip
        walker.open(address)


def test_lists_of_names_fit_on_paper(live_server, page, ministry):
    """The class list, a class's names and a ranking: nothing lies beyond the edge of an A4 page."""
    issue(ministry)
    walker = Walker(page, live_server.url, "desktop")
    walker.sign_in(ministry.central.username)
    walker.page.emulate_media(media="print")
    walker.page.set_viewport_size({"width": 718, "height": 1000})  # A4 without its margins
    for path in (
        reverse("trainings:class_list"),
        reverse("invitations:class", args=[ministry.proposed.pk]),
        reverse("invitations:selection", args=[ministry.selection.pk]),
        reverse("audit"),
    ):
        walker.page.goto(live_server.url + path)
        beyond = walker.page.evaluate(
            "() => [...document.querySelectorAll('.list td')].filter(td => td.getBoundingClientRect().right > 719).length"
        )
        assert beyond == 0, path
        assert not walker.page.locator(".side:visible, .filter-bar:visible, .list .act:visible").count(), path
