"""Granting and ending roles, switching accounts off: by whom, where, since when; what the database refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleGrant, User
from accounts.roles import Permission, Role
from audit.errors import Refusal
from audit.models import Event
from employees.granting import actions
from employees.scoping import scope_roots
from tests import factories

TODAY = timezone.localdate


@pytest.fixture
def local_admin(cast, tree) -> User:
    """An administrator of East Java only."""
    user = User.objects.create_user("admin.jatim", full_name="Admin Jatim")
    RoleGrant.objects.create(user=user, role=Role.ADMIN, unit=tree.east)
    return user


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def give(user, unit, by, role=Role.REGION, since=None, until=None) -> RoleGrant:
    return actions.grant(user=user, role=role, unit=unit, since=since or TODAY(), until=until, by=by)


def test_a_granted_role_holds_from_its_first_day_to_its_last(cast, tree):
    someone = cast.employee_user
    soon, later = TODAY() + timedelta(days=3), TODAY() + timedelta(days=9)
    made = give(someone, tree.surabaya, cast.admin, since=soon, until=later)
    for day, held in [(soon - timedelta(1), 0), (soon, 1), (later, 1), (later + timedelta(1), 0)]:
        assert RoleGrant.objects.current(day).filter(user=someone).count() == held
    assert scope_roots(fresh(someone), Permission.SEE_PEOPLE) == []
    event = Event.objects.get(verb="role.granted")
    assert (event.actor_id, event.object_id, event.unit_path) == (
        cast.admin.pk, str(someone.pk), tree.surabaya.path,
    )  # fmt: skip
    assert event.data["grant"] == made.pk
    assert made.granted_by == cast.admin


def test_ending_at_once_takes_the_sight_away_and_keeps_the_record(cast, tree):
    grant = cast.operator.grants.get()
    assert scope_roots(fresh(cast.operator), Permission.SEE_PEOPLE) == [tree.east.path]
    actions.end_grant(grant=grant, by=cast.admin)
    assert scope_roots(fresh(cast.operator), Permission.SEE_PEOPLE) == []
    grant.refresh_from_db()
    assert (grant.status, grant.ended_by) == ("ended", cast.admin)
    with pytest.raises(Refusal) as refused:
        actions.end_grant(grant=grant, by=cast.admin)
    assert refused.value.code == "over"


def test_ending_on_a_day_shortens_and_never_lengthens(cast, tree):
    grant = give(cast.employee_user, tree.east, cast.admin, until=TODAY() + timedelta(days=5))
    for day, code in [(TODAY() + timedelta(days=6), "longer"), (TODAY() - timedelta(days=1), "until")]:
        with pytest.raises(Refusal) as refused:
            actions.end_grant(grant=grant, by=cast.admin, last_day=day)
        assert refused.value.code == code
    actions.end_grant(grant=grant, by=cast.admin, last_day=TODAY())
    grant.refresh_from_db()
    assert (grant.until, grant.status) == (TODAY(), "current")


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("self", "self"), ("above", "scope"), ("beside", "scope"), ("past", "since"), ("backwards", "until"),
        ("off", "inactive"), ("twice", "double"),
    ],
)  # fmt: skip
def test_what_is_refused(cast, tree, local_admin, case, code):
    given = {"user": cast.employee_user, "unit": tree.surabaya, "by": local_admin}
    if case == "self":
        given["user"] = local_admin
    elif case == "above":
        given["unit"] = tree.root
    elif case == "beside":
        given["unit"] = tree.central_java
    elif case == "past":
        given["since"] = TODAY() - timedelta(days=1)
    elif case == "backwards":
        given["until"] = TODAY() - timedelta(days=1)
    elif case == "off":
        User.objects.filter(pk=cast.employee_user.pk).update(is_active=False)
    else:
        give(**given)
    before = RoleGrant.objects.count()
    with pytest.raises(Refusal) as refused:
        give(**given)
    assert refused.value.code == code
    assert RoleGrant.objects.count() == before


def test_the_database_refuses_a_grant_to_oneself(cast, tree):
    with pytest.raises(IntegrityError, match="nobody_grants_themselves"), transaction.atomic():
        RoleGrant.objects.create(user=cast.admin, role=Role.CENTRAL, unit=tree.root, granted_by=cast.admin)


def test_an_administrator_of_a_province_sees_and_changes_only_its_accounts(client, cast, tree, local_admin):
    seen = set(actions.accounts_seen_by(fresh(local_admin)))
    assert seen == {cast.operator, cast.employee_user, local_admin}
    client.force_login(local_admin)
    for address in (
        reverse("employees:account", args=[cast.neighbour.pk]),
        reverse("employees:account_grant", args=[cast.central.pk]),
        reverse("employees:account_switch", args=[cast.neighbour.pk]),
        reverse("employees:grant_end", args=[cast.neighbour.grants.get().pk]),
    ):
        assert client.get(address).status_code == 404
        assert client.post(address, {}).status_code == 404
    assert cast.neighbour.grants.get().status == "current"


def test_switching_off_signs_out_at_the_next_request(client, cast):
    client.force_login(cast.operator)
    assert client.get(reverse("employees:list")).status_code == 200
    assert actions.set_active(user=cast.operator, active=False, by=cast.admin) is True
    assert actions.set_active(user=cast.operator, active=False, by=cast.admin) is False
    assert client.get(reverse("employees:list")).status_code == 302
    assert Event.objects.filter(verb="account.switched_off").count() == 1


def test_who_may_not_be_switched_off(cast, tree, local_admin):
    top = User.objects.create_superuser("root", "root@contoh.invalid", "x")
    RoleGrant.objects.create(user=cast.operator, role=Role.LEADER, unit=tree.root)
    for user, by, code in [
        (cast.admin, cast.admin, "self"), (top, cast.admin, "superuser"), (cast.operator, local_admin, "scope"),
    ]:  # fmt: skip
        with pytest.raises(Refusal) as refused:
            actions.set_active(user=user, active=False, by=by)
        assert refused.value.code == code
        assert fresh(user).is_active


def test_the_pages_grant_and_end(client, cast, tree):
    client.force_login(cast.admin)
    address = reverse("employees:account_grant", args=[cast.employee_user.pk])
    assert "Sari Wulandari" in client.get(address).content.decode()
    client.post(address, {"role": "region", "unit": tree.surabaya.pk, "since": TODAY().isoformat()})
    grant = cast.employee_user.grants.get()
    page = client.get(reverse("employees:account", args=[cast.employee_user.pk])).content.decode()
    end = reverse("employees:grant_end", args=[grant.pk])
    assert end in page
    client.post(end, {})
    grant.refresh_from_db()
    assert grant.status == "ended"
    page = client.get(reverse("employees:account", args=[cast.employee_user.pk])).content.decode()
    assert end not in page
    assert tree.surabaya.name in page


def test_fields_that_the_form_does_not_offer_change_nothing(client, cast, tree):
    client.force_login(cast.admin)
    address = reverse("employees:account_grant", args=[cast.employee_user.pk])
    client.post(
        address,
        {
            "role": "region", "unit": tree.east.pk, "since": TODAY().isoformat(), "user": cast.admin.pk,
            "is_superuser": "on", "granted_by": cast.central.pk,
        },
    )  # fmt: skip
    grant = RoleGrant.objects.latest("pk")
    assert (grant.user, grant.granted_by) == (cast.employee_user, cast.admin)
    assert not fresh(cast.employee_user).is_superuser


def test_the_list_masks_numbers_and_costs_the_same_at_any_length(
    client, cast, tree, django_assert_num_queries
):
    client.force_login(cast.admin)
    address = reverse("employees:accounts")
    body = client.get(address, {"q": cast.employee.nip}).content.decode()
    assert "Sari Wulandari" in body
    assert f">{cast.employee.nip}<" not in body
    User.objects.exclude(pk=cast.admin.pk).exclude(pk=cast.operator.pk).update(is_active=False)
    one_more = factories.employee(tree.east)  # a list that names a person is told to the log of reading
    type(one_more).objects.filter(pk=one_more.pk).update(user=cast.operator)
    with CaptureQueriesContext(connection) as one:
        client.get(address, {"state": "active", "role": "region"})
    for n in range(2):
        person = factories.employee(tree.east)
        person.user = User.objects.create_user(f"r{n}", full_name=f"Region {n}")
        person.save()
        RoleGrant.objects.create(user=person.user, role=Role.REGION, unit=tree.east)
    with django_assert_num_queries(len(one)):
        assert "Region 1" in client.get(address, {"state": "active", "role": "region"}).content.decode()


def test_the_unit_picker_offers_the_units_one_manages(client, cast, tree, local_admin):
    client.force_login(local_admin)
    body = client.get(reverse("employees:unit_search"), {"for": "accounts", "q": "Kan"}).content.decode()
    assert tree.surabaya.name in body
    assert tree.semarang.name not in body


def test_the_first_page_of_an_administrator_leads_to_the_accounts(client, cast):
    client.force_login(cast.admin)
    page = client.get(reverse("home")).content.decode()
    main = page[page.index("<main") :]
    assert f'href="{reverse("employees:accounts")}"' in main
    assert "Belum ada yang disiapkan" not in main
