"""The log of reading: what is noted, that it stays, and that it answers "who saw this person"."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleGrant
from accounts.roles import Role
from audit import reading
from audit.models import Reading
from tests import factories
from tests.simdiklat.test_access import issued  # noqa: F401 - fixture
from tests.trainings import running


def seen(person) -> list[tuple[str, str]]:
    return [(r.actor_name, r.kind) for r in reading.of_person(person.pk)]


def test_opening_a_person_notes_who_in_which_role_and_from_where(client, cast):
    client.force_login(cast.operator)
    client.get(reverse("employees:detail", args=[cast.employee.pk]), REMOTE_ADDR="192.0.2.7")
    (noted,) = reading.of_person(cast.employee.pk)
    assert (noted.actor_id, noted.actor_label, noted.kind) == (cast.operator.pk, "Operator", "opened")
    assert noted.roles == [{"role": "region", "unit": "KW35", "name": "Kanwil Jawa Timur"}]
    assert (noted.address, noted.subjects) == ("192.0.2.7", [cast.employee.pk])
    RoleGrant.objects.all().delete()
    noted.refresh_from_db()
    assert noted.roles[0]["role"] == "region"  # as it was then


def test_behind_the_proxy_the_address_is_the_one_the_proxy_added(client, cast, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    client.force_login(cast.operator)
    address = reverse("employees:detail", args=[cast.employee.pk])
    client.get(address, HTTP_X_FORWARDED_FOR="10.9.9.9, 198.51.100.4")
    client.get(address, HTTP_X_FORWARDED_FOR="nonsense")
    assert [r.address for r in reading.of_person(cast.employee.pk)] == [None, "198.51.100.4"]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("employees:list", "nip", "searched"),
        ("employees:list", "wulandari", "searched"),
        ("search", "nip", "searched"),
        ("search", "wulandari", "searched"),
    ],
)
def test_a_search_that_shows_somebody_is_noted(client, cast, name, text, kind):
    text = cast.employee.nip if text == "nip" else text
    client.force_login(cast.operator)
    response = client.get(reverse(name), {"q": text})
    assert cast.employee.name in response.content.decode()
    (noted,) = reading.of_person(cast.employee.pk)
    assert (noted.kind, noted.what, noted.filters) == (kind, name, {"q": text})
    assert seen(cast.stranger) == []


def test_a_list_without_a_search_is_noted_once_and_a_search_that_finds_nobody_is_not(client, cast):
    client.force_login(cast.operator)
    client.get(reverse("employees:list"), {"q": cast.stranger.name})
    assert not Reading.objects.exists()
    client.get(reverse("employees:list"), {"sort": "name"})
    noted = Reading.objects.get()
    assert (noted.kind, noted.what, noted.filters) == ("listed", "employees:list", {"sort": "name"})
    assert noted.subjects == [cast.employee.pk]
    assert noted.object_id == reverse("employees:list")


def test_seeing_oneself_is_no_reading_and_a_name_written_outside_of_a_page_none_either(client, cast):
    client.force_login(cast.employee_user)
    assert client.get(reverse("employees:corrections_own")).status_code == 200
    assert str(cast.stranger)
    assert not Reading.objects.exists()


def test_a_page_that_is_refused_has_shown_nobody(client, cast):
    client.force_login(cast.operator)
    assert client.get(reverse("employees:detail", args=[cast.stranger.pk])).status_code == 404
    assert not Reading.objects.exists()


def test_an_export_tells_everybody_it_contains_and_nobody_else(client, cast, issued):  # noqa: F811
    client.force_login(cast.operator)
    response = client.get(reverse("invitations:download", args=[issued.training_class_id, "xlsx"]))
    assert response.status_code == 200
    (noted,) = reading.of_person(cast.employee.pk)
    assert (noted.kind, noted.row_count, noted.filters["class"]) == (
        "downloaded", 1, issued.training_class.code,
    )  # fmt: skip
    assert noted.what in response["Content-Disposition"]
    assert len(noted.sha256) == 64
    assert seen(cast.stranger) == []


def test_the_evidence_tells_everybody_considered(client, cast, issued):  # noqa: F811
    client.force_login(cast.auditor)
    assert client.get(reverse("invitations:evidence", args=[issued.pk])).status_code == 200
    # Both were considered: one ranked, one kept out by the area.
    assert seen(cast.employee) == seen(cast.stranger) == [("auditor", "evidence")]


def test_searches_in_lists_of_invitations_and_in_the_pool(client, cast, issued):  # noqa: F811
    client.force_login(cast.operator)
    client.get(reverse("invitations:list"), {"q": "wulandari"})
    client.force_login(cast.organiser)
    client.get(reverse("invitations:pool_search", args=[issued.pk]), {"q": "wulandari"})
    assert seen(cast.employee) == [("organiser", "searched"), ("operator", "searched")]


def test_every_page_an_auditor_is_shown_leaves_a_reading(client, cast, issued):  # noqa: F811
    client.force_login(cast.auditor)
    pages = [
        reverse("home"), reverse("employees:list"), reverse("trainings:class_list"),
        reverse("invitations:class", args=[issued.training_class_id]), reverse("invitations:list"),
        reverse("employees:detail", args=[cast.employee.pk]), reverse("trainings:programme_list"),
    ]  # fmt: skip
    for n, address in enumerate(pages, 1):
        assert client.get(address).status_code == 200
        assert Reading.objects.by_account(cast.auditor.pk).count() == n, address
    client.get(reverse("invitations:start", args=[issued.training_class_id]))  # refused: nothing was shown
    assert Reading.objects.count() == len(pages)
    client.force_login(cast.central)
    client.get(reverse("home"))
    assert Reading.objects.count() == len(pages)


def test_readings_can_be_neither_changed_nor_removed_while_they_are_kept(cast):
    noted = reading.note("opened", by=cast.operator, subjects=[cast.employee.pk])
    for change in (lambda: Reading.objects.update(actor_name="x"), lambda: Reading.objects.all().delete()):
        with pytest.raises(IntegrityError, match="only appended"), transaction.atomic():
            change()
    old = timezone.now() - timedelta(days=365 * Reading.KEPT_YEARS + 10)
    Reading.objects.create(kind="opened", at=old)
    Reading.objects.filter(at__lt=old + timedelta(days=1)).delete()
    assert list(Reading.objects.all()) == [noted]


@pytest.mark.django_db
def test_the_database_keeps_readings_as_long_as_the_code_says():
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'audit_reading_keep'")
        assert f"interval '{Reading.KEPT_YEARS} years'" in cursor.fetchone()[0]


def test_who_saw_a_person_is_answered_by_the_index(cast):
    Reading.objects.bulk_create(Reading(kind="opened", subjects=[n, n + 1]) for n in range(3000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_reading")
        cursor.execute("EXPLAIN " + str(reading.of_person(1500).query))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "audit_reading_subjects" in plan


# --- What the person finds ------------------------------------------------------------------------


def test_the_page_says_who_saw_one_and_only_oneself(client, cast, tree):
    other = factories.employee(tree.madrasah)
    reading.note("opened", by=cast.central, subjects=[other.pk])
    client.force_login(cast.employee_user)
    address = reverse("employees:readings")
    assert "Belum ada" in client.get(address).content.decode()
    reading.note("opened", by=cast.operator, subjects=[cast.employee.pk])
    body = client.get(address).content.decode()
    assert "Operator" in body
    assert "Kanwil Jawa Timur" in body
    assert "Central" not in body


def test_the_page_costs_the_same_at_one_row_and_at_three(client, cast, django_assert_num_queries):
    client.force_login(cast.employee_user)
    address = reverse("employees:readings")
    reading.note("opened", by=cast.operator, subjects=[cast.employee.pk])
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    reading.note("downloaded", by=cast.central, subjects=[cast.employee.pk], what="daftar.csv")
    reading.note("searched", by=cast.auditor, subjects=[cast.employee.pk])
    with django_assert_num_queries(len(one)):
        body = client.get(address).content.decode()
    assert "daftar.csv" in body
    assert "Auditor" in body


def test_an_account_without_a_person_has_no_such_page(client, cast):
    client.force_login(cast.central)
    for name in ("employees:readings", "employees:who_can_see"):
        assert client.get(reverse(name)).status_code == 404


def test_who_can_see_me_lists_the_roles_and_offices_of_the_scoping_rule(client, cast, tree):
    RoleGrant.objects.create(user=cast.neighbour, role=Role.REGION, unit=tree.surabaya)
    client.force_login(cast.employee_user)
    viewers = client.get(reverse("employees:who_can_see")).context["viewers"]
    assert [(v.unit.code, v.role, len(v.accounts)) for v in viewers] == [
        ("KK3578", "region", 1), ("BDK-SBY", "organiser", 1), ("KW35", "region", 1),
        ("MENAG", "central", 1), ("MENAG", "auditor", 1),
    ]  # fmt: skip


def test_who_can_see_me_also_names_who_sees_me_through_a_class_and_through_the_account(client, cast, tree):
    """From the other side: each of them opens a page with the name on it, and nobody else does."""
    elsewhere = factories.unit("BDK-SMG", tree.root, "BDK", name="BDK Semarang")
    planner = get_user_model().objects.create_user("planner", full_name="Planner")
    RoleGrant.objects.create(user=planner, role=Role.ORGANISER, unit=elsewhere)
    made = running.running_class(elsewhere)

    def pages():
        client.force_login(cast.employee_user)
        context = client.get(reverse("employees:who_can_see")).context
        return [
            [(v.unit.code, v.role, len(v.accounts)) for v in context[name]]
            for name in ("class_viewers", "account_viewers")
        ]

    def named_to(user) -> bool:
        client.force_login(user)
        page = client.get(reverse("trainings:attendance", args=[made.pk]))
        return page.status_code == 200 and cast.employee.name in page.content.decode()

    assert pages() == [[], [("MENAG", "admin", 1)]]
    assert not named_to(planner)
    running.lesson(made)
    running.seat(made, cast.employee)
    assert pages() == [[("BDK-SMG", "organiser", 1)], [("MENAG", "admin", 1)]]
    assert named_to(planner) and not named_to(cast.neighbour)
    client.force_login(cast.admin)
    assert cast.employee.name in client.get(reverse("employees:accounts")).content.decode()
    # Who sees the person anyway is not named twice.
    RoleGrant.objects.create(user=planner, role=Role.REGION, unit=tree.east)
    assert pages()[0] == []


def test_a_letter_notes_whom_it_names(client, cast, issued):  # noqa: F811
    from invitations.letters import making

    made = making.make(training_class=issued.training_class, by=cast.organiser)
    client.force_login(cast.operator)
    response = client.get(reverse("invitations:letter_pdf", args=[made.letters[0].pk]))
    assert response.status_code == 200
    assert "operator" in response["Content-Disposition"]
    assert seen(cast.employee) == [("operator", "letter")]
