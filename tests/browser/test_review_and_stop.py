"""Defer, override, approve, stop: by clicking, under the content security policy of service."""

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleGrant
from accounts.roles import Role
from invitations import actions
from invitations.models import Override
from outbox.models import Message
from tests import factories
from tests.browser.test_main_job import sign_in
from tests.browser.walking import follow
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def selection(cast, tree, settings, tmp_path):
    """Sari and P0 are proposed, P1 is the reserve, P2 and P3 wait; in review."""
    settings.EVIDENCE_DIR = tmp_path
    for number in range(4):
        person = factories.employee(tree.surabaya, name=f"P{number}")
        factories.history(person, timezone.localdate() - timedelta(days=2000 - 100 * number))
    made = factories.training_class(
        factories.programme(), tree.bdk, [tree.east], seats=2, reserve=1, review_days=3
    )
    started = actions.start_selection(training_class=made, by=cast.central, in_background=False)
    actions.run_selection(started.pk)
    officer = get_user_model().objects.create_user("officer", "officer@contoh.invalid", PASSWORD)
    RoleGrant.objects.create(user=officer, role=Role.CENTRAL, unit=tree.root, since=date(2020, 1, 1))
    started.refresh_from_db()
    return started


def names(selection) -> list[str]:
    return list(selection.candidates.chosen().values_list("employee__name", flat=True))


def test_defer_override_approve_and_stop_by_clicking(live_server, page, cast, selection):
    address = live_server.url

    # The region finds the proposal on its home page and defers P0; P1 moves up.
    sign_in(page, address, "operator")
    follow(page, f"a[href='{reverse('invitations:review', args=[selection.pk])}']")
    follow(page, "table.list tr:has-text('P0') .row-actions a")
    page.check("input[name=reason][value=DINAS]")
    follow(page, "main form button.btn-danger")
    page.wait_for_selector("#changes")
    assert names(selection) == ["Sari Wulandari", "P1"]

    # The planner asks for P3, found by typing; the second officer approves.
    sign_in(page, address, "central")
    page.goto(address + reverse("invitations:request_override", args=[selection.pk]))
    page.locator("#id_person").press_sequentially("P0", delay=20)  # too short: nothing is searched
    page.locator("#id_person").fill("")
    number = selection.candidates.get(employee__name="P3").employee.nip
    page.locator("#id_person").press_sequentially(number, delay=5)
    page.wait_for_selector("#id_person_results [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".chip")
    page.check("input[name=category][value=KEWAJIBAN]")
    page.fill("#id_text", "Wajib sertifikat")
    follow(page, "main form button.btn-primary")
    page.wait_for_selector("#overrides")
    override = Override.objects.get()
    sign_in(page, address, "officer")
    follow(page, f"a[href='{reverse('invitations:decide_override', args=[override.pk])}']")
    follow(page, "button[value=approve]")
    page.wait_for_selector("#overrides")
    assert names(selection) == ["Sari Wulandari", "P3"]

    # Issued, the countdown runs without a script of the page, and the sending is stopped.
    actions.close_review(selection=selection, by=cast.organiser, reason="semua kantor setuju")
    actions.approve(selection=selection, by=cast.organiser, in_background=False)
    actions.issue(selection.pk)
    sign_in(page, address, "organiser")
    page.goto(address + reverse("invitations:class", args=[selection.training_class_id]))
    first = page.inner_text("#sending [role=timer]")
    page.wait_for_function(
        "text => document.querySelector('#sending [role=timer]').innerText !== text", arg=first
    )
    follow(page, "#sending a.btn-danger")
    page.fill("#id_reason", "Salah kelas")
    follow(page, "main form button.btn-danger")
    page.wait_for_selector("#sending >> text=Salah kelas")
    assert set(Message.objects.values_list("state", flat=True)) == {"cancelled"}
    follow(page, "#sending a.btn-outline-primary")
    follow(page, "main form button.btn-primary")
    page.wait_for_selector("#sending [role=timer]")
    assert set(Message.objects.values_list("state", flat=True)) == {"pending"}
