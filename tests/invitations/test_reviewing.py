"""Review window, deferrals, overrides: who gives way to whom, and who may decide."""

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import RoleGrant
from accounts.roles import Role
from audit.errors import Refusal
from invitations import actions
from invitations.models import Invitation, Override
from invitations.verify import verify
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(cast, tree):
    user = get_user_model().objects.create_user("officer", "officer@contoh.invalid", "x")
    RoleGrant.objects.create(user=user, role=Role.CENTRAL, unit=tree.root, since=date(2020, 1, 1))
    return user


@pytest.fixture
def people(tree):
    """Five people of Surabaya, P0 waiting longest."""
    today = timezone.localdate()
    made = []
    for i in range(5):
        person = factories.employee(tree.surabaya, name=f"P{i}", service_start=date(2009, 1, 1))
        factories.history(person, today - timedelta(days=2000 - 100 * i))
        made.append(person)
    return made


@pytest.fixture
def selection(tree, cast, people):
    """Two seats and two reserves in Surabaya, in review; Sari and P0 are proposed, P1 and P2 reserve."""
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.surabaya], seats=2, reserve=2, review_days=3
    )
    started = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(started.pk)
    started.refresh_from_db()
    return started


def chosen(selection) -> list[str]:
    return list(selection.candidates.chosen().values_list("employee__name", flat=True))


def candidate(selection, name):
    return selection.candidates.get(employee__name=name)


def test_a_deferral_moves_the_next_up_and_both_see_why(selection, cast):
    assert chosen(selection) == ["Sari Wulandari", "P0"]
    moved = actions.defer(candidate=candidate(selection, "P0"), by=cast.operator, reason="hamil")
    assert moved.employee.name == "P1"
    assert chosen(selection) == ["Sari Wulandari", "P1"]
    marks = list(selection.marks.values_list("employee__name", "kind", "code", "because_of__employee__name"))
    assert marks == [("P0", "deferred", "HAMIL", None), ("P1", "moved_up", "", "P0")]
    assert verify(selection).matches


@pytest.mark.parametrize(
    ("who", "name", "reason", "code"),
    [
        ("neighbour", "P0", "SAKIT", "permission"),
        ("leader", "P0", "SAKIT", "permission"),
        ("operator", "P1", "SAKIT", "state"),
        ("operator", "P0", "MALAS", "reason"),
        ("operator", "P0", "LAINNYA", "text"),
    ],
)
def test_a_deferral_is_refused_with_its_reason(selection, cast, who, name, reason, code):
    with pytest.raises(Refusal) as refusal:
        actions.defer(candidate=candidate(selection, name), by=getattr(cast, who), reason=reason)
    assert refusal.value.code == code
    assert chosen(selection) == ["Sari Wulandari", "P0"]


def test_no_approval_while_the_offices_review_and_no_deferral_after(selection, cast):
    with pytest.raises(Refusal) as refusal:
        actions.approve(selection=selection, by=cast.central)
    assert refusal.value.code == "review"
    actions.close_review(selection=selection, by=cast.central, reason="semua kantor sudah menjawab")
    with pytest.raises(Refusal) as refusal:
        actions.defer(candidate=candidate(selection, "P0"), by=cast.operator, reason="SAKIT")
    assert refusal.value.code == "review"
    actions.approve(selection=selection, by=cast.central)
    assert actions.issue(selection.pk) == {"selection": selection.pk, "issued": 2, "reserve": 2}


def request(selection, cast, name, kind, **more):
    person = candidate(selection, name).employee
    return actions.request_override(
        selection=selection, employee=person, kind=kind, category="KEWAJIBAN", text="wajib sertifikat",
        by=more.get("by", cast.central),
    )  # fmt: skip


def test_an_include_displaces_the_last_who_then_leads_the_reserve(selection, cast, officer):
    override = request(selection, cast, "P4", "include")
    assert chosen(selection) == ["Sari Wulandari", "P0"]
    with pytest.raises(Refusal) as refusal:
        actions.decide_override(override=override, approve=True, by=cast.central)
    assert refusal.value.code == "second_officer"
    actions.decide_override(override=override, approve=True, by=officer)
    assert chosen(selection) == ["Sari Wulandari", "P4"]

    actions.close_review(selection=selection, by=officer, reason="selesai")
    with pytest.raises(Refusal) as refusal:
        actions.approve(selection=selection, by=cast.central)
    assert refusal.value.code == "second_officer"
    actions.approve(selection=selection, by=officer)
    actions.issue(selection.pk)
    included = Invitation.objects.get(employee__name="P4")
    assert included.reason["override"] == "KEWAJIBAN"
    declined = actions.answer(
        invitation=included, answer="decline", by=cast.operator, reason="DINAS", channel="behalf"
    )
    assert declined.promoted.employee.name == "P0"


def test_an_exclude_moves_the_next_up(selection, cast, officer):
    override = request(selection, cast, "Sari Wulandari", "exclude")
    actions.decide_override(override=override, approve=True, by=officer)
    assert chosen(selection) == ["P0", "P1"]


def test_a_refused_override_changes_nothing(selection, cast, officer):
    override = request(selection, cast, "P4", "include")
    actions.decide_override(override=override, approve=False, by=officer)
    assert chosen(selection) == ["Sari Wulandari", "P0"]
    assert Override.objects.get().state == "refused"


def test_approval_waits_for_the_second_officer(selection, cast, officer):
    request(selection, cast, "P4", "include")
    actions.close_review(selection=selection, by=officer, reason="selesai")
    with pytest.raises(Refusal) as refusal:
        actions.approve(selection=selection, by=officer)
    assert refusal.value.code == "override"


def test_an_override_goes_past_the_order_never_past_a_gate(selection, cast):
    with pytest.raises(Refusal) as refusal:
        actions.request_override(
            selection=selection,
            employee=cast.stranger,
            kind="include",
            category="LAINNYA",
            text="x",
            by=cast.central,
        )
    assert refusal.value.code == "area"


def test_the_database_refuses_one_officer_for_both(selection, cast):
    override = request(selection, cast, "P4", "include")
    with pytest.raises(IntegrityError), transaction.atomic():
        Override.objects.filter(pk=override.pk).update(state="approved", decided_by=cast.central)
