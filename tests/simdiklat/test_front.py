"""What anybody may open without signing in, and how an ended session and a request too large are met."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from certificates import limits
from invitations.models import Letter
from tests import factories


@pytest.fixture(autouse=True)
def nothing_kept(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def test_the_front_says_what_this_is_and_names_nobody(client, cast, tree):
    factories.training_class(factories.programme(name="Pelatihan Arsip"), tree.bdk, [tree.east], seats=7)
    factories.training_class(factories.programme("X-1", name="Konsep Rahasia"), tree.bdk, state="draft")
    body = client.get("/").content.decode()
    assert "Pelatihan Arsip" in body
    assert "Konsep Rahasia" not in body
    assert "Sari Wulandari" not in body
    assert "/employees/" not in body
    assert reverse("accounts:login") in body
    assert '<svg class="map map-west"' in body


def test_open_classes_are_scheduled_and_have_not_begun(client, tree):
    today = timezone.localdate()
    programme = factories.programme()
    factories.training_class(
        programme, tree.bdk, first_day=today + timedelta(days=1), code="SOON", batch="Besok"
    )
    factories.training_class(programme, tree.bdk, first_day=today, confirm_by=today, code="NOW", batch="Kini")
    factories.training_class(programme, tree.bdk, state="cancelled", code="GONE", batch="Batal")
    shown = [
        c.code for _month, classes in client.get(reverse("open_classes")).context["months"] for c in classes
    ]
    assert shown == ["SOON"]


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_rule_is_there_in_both_languages_with_its_version(client, cast, language):
    with translation.override(language):
        client.cookies["django_language"] = language
        for user in (None, cast.employee_user):
            if user:
                client.force_login(user)
            page = client.get(reverse("rule"))
            assert page.status_code == 200
            assert " 1" in str(page.context["subtitle"])


def test_a_letter_is_found_by_number_and_date_together(client, tree):
    address = reverse("verification")
    training_class = factories.training_class(factories.programme(), tree.bdk, [tree.east])
    letter = Letter.objects.create(
        public_id="abc123", training_class=training_class, office=tree.east, kind="first", organiser=tree.bdk,
        year=2026, seq=1, number="B-1/Bdk.05/2026", dated=timezone.localdate(), names_count=0, data={},
        facts={"class": "X", "first_day": "2026-12-01", "last_day": "2026-12-05"},
    )  # fmt: skip
    right = client.post(address, {"number": " B-1/Bdk.05/2026 ", "dated": letter.dated.isoformat()})
    assert right["Location"] == reverse("invitations:letter_check", args=["abc123"])
    wrong = client.post(address, {"number": "B-1/Bdk.05/2026", "dated": "2001-01-01"})
    assert wrong.status_code == 200
    assert wrong.context["form"].non_field_errors()
    assert "B-1/Bdk.05/2026" in wrong.content.decode()  # what was typed stays


def test_letters_cannot_be_counted_through_and_who_has_one_is_never_stopped(client, tree):
    address = reverse("verification")
    training_class = factories.training_class(factories.programme(), tree.bdk, [tree.east])
    right = {"number": "B-1/2026", "dated": timezone.localdate().isoformat()}
    Letter.objects.create(
        public_id="abc123", training_class=training_class, office=tree.east, kind="first", organiser=tree.bdk,
        year=2026, seq=1, number=right["number"], dated=timezone.localdate(), names_count=0, data={}, facts={},
    )  # fmt: skip
    for _n in range(limits.CHECK.burst + 1):
        assert client.post(address, right).status_code == 302
    for n in range(limits.CHECK.burst):
        assert client.post(address, right | {"number": f"B-{n + 2}/2026"}).status_code == 200
    stopped = client.post(address, right)
    assert stopped.status_code == 429
    assert 0 < int(stopped["Retry-After"]) <= 30
    assert "Coba lagi" in stopped.content.decode()
    assert right["number"] in stopped.content.decode()
    assert client.post(address, right, REMOTE_ADDR="10.9.8.7").status_code == 302


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(client, db):
    response = client.get(
        reverse("employees:list"),
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/employees/?q=sari"},
    )
    assert response.status_code == 204
    assert response["HX-Redirect"] == reverse("accounts:login") + "?next=/employees/%3Fq%3Dsari"


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(client, db):
    response = client.post(
        reverse("trainings:class_create"),
        {"batch": "I"},
        headers={"Referer": "http://testserver/classes/new/"},
    )
    assert response["Location"] == reverse("accounts:login") + "?next=/classes/new/"
    elsewhere = client.post(reverse("trainings:class_create"), headers={"Referer": "http://evil.invalid/x"})
    assert elsewhere["Location"].endswith("?next=/")


def test_too_large_a_request_is_met_with_a_page(cast, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    client = Client(raise_request_exception=False)
    client.force_login(cast.central)
    response = client.post(reverse("trainings:class_create"), {"batch": "x" * 500})
    assert response.status_code == 413
    assert "<h1>" in response.content.decode()


def test_the_page_of_components_is_there(client, cast):
    client.force_login(cast.employee_user)
    assert client.get(reverse("samples")).status_code == 200


def test_the_address_of_a_button_answers_with_a_page(client, cast, tree):
    """A reload or the switch of the language on what a button answered: no empty page."""
    planned = factories.training_class(factories.programme(), tree.bdk, state="draft")
    address = reverse("trainings:class_schedule", args=[planned.pk])
    client.force_login(cast.central)
    answer = client.get(address, headers={"accept": "text/html"})
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "bukan halaman tersendiri" in answer.content.decode()
    assert client.get(address, headers={"accept": "application/json"}).content == b""


def test_the_language_of_what_a_button_answered_leads_back_to_the_button(client, db):
    page = client.post(
        reverse("certificates:search"),
        {"number": "1", "name": "x"},
        headers={"referer": "http://testserver/check/"},
    ).content.decode()
    assert '<input type="hidden" name="next" value="http://testserver/check/">' in page


@pytest.mark.parametrize(("who", "searches"), [("central", True), ("leader", True), ("employee_user", False)])
def test_the_sheet_of_shortcuts_names_the_search_where_there_is_one(cast, client, who, searches):
    client.force_login(getattr(cast, who))
    sheet = client.get("/").content.decode().partition('<dialog id="shortcuts"')[2].partition("</dialog>")[0]
    assert "<kbd>?</kbd>" in sheet
    assert ("<kbd>/</kbd>" in sheet) == searches
