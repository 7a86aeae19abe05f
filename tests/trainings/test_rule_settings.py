"""The settings of the rule: who changes them, what is said before, what follows, what stays on record."""

from datetime import date

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import RoleGrant
from accounts.roles import Role
from audit.errors import Refusal
from audit.models import Event
from simdiklat.integrity import problems
from simdiklat.privacy.changes import changes_of
from tests import factories
from tests.profiles import tries
from trainings import actions
from trainings.actions.ruling import LIMITS
from trainings.models import RuleSettings, Standing

pytestmark = pytest.mark.django_db
ADDRESS = "/rule/settings/"


def now() -> dict[str, int]:
    return actions.values_of(RuleSettings.current())


def change(by, reason="KMA 12 Tahun 2026", seen=None, **values):
    return actions.change_rule(values=now() | values, seen=seen or now(), reason=reason, by=by)


def typed(reason="KMA 12 Tahun 2026", **values) -> dict[str, object]:
    current = now()
    return {
        **{f"seen_{name}": value for name, value in current.items()}, **current, "reason": reason, **values,
    }  # fmt: skip


@pytest.fixture
def trained(cast, tree):
    """`employee` with a course of 20 JP outside the catalogue in 2020; a colleague with one of 40 JP."""
    for person, jp in ((cast.employee, 20), (factories.employee(tree.madrasah), 40)):
        factories.history(person, date(2020, 5, 8), None, kind="TEKNIS", jp=jp)
    return cast.employee


def test_every_setting_of_the_model_is_on_the_page():
    assert set(LIMITS) == {f.name for f in RuleSettings._meta.concrete_fields} - {"id"}
    fresh = RuleSettings()
    assert all(least <= getattr(fresh, name) <= most for name, (least, most) in LIMITS.items())


def test_a_change_moves_the_standing_and_is_on_record_with_before_and_after(cast, trained):
    assert Standing.objects.get(employee=trained).ever_trained
    _settings, concerned = change(cast.central, minimum_jp=30, retirement_months=12)
    assert (concerned.recomputed, concerned.moved) == (2, 1)
    assert not Standing.objects.get(employee=trained).ever_trained
    event = Event.objects.get(verb="rule.changed")
    assert event.actor_name == cast.central.get_username()
    assert event.data == {
        "before": {"minimum_jp": 20, "retirement_months": 24},
        "after": {"minimum_jp": 30, "retirement_months": 12},
        "reason": "KMA 12 Tahun 2026", "recomputed": 2, "moved": 1,
    }  # fmt: skip
    (kept,) = changes_of(RuleSettings.current())
    assert {(before, after) for _label, before, after in kept.fields} == {(20, 30), (24, 12)}
    assert problems() == {}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"reason": "  "}, "reason"),
        ({"minimum_jp": 0}, "minimum_jp"),
        ({"retirement_months": 121}, "retirement_months"),
        ({"pppk_ceiling_jp": -1}, "pppk_ceiling_jp"),
        ({}, "same"),
    ],
)
def test_refused_with_the_field_and_nothing_is_written(cast, fields, code):
    before = now()
    with pytest.raises(Refusal) as no:
        change(cast.central, **fields)
    assert (no.value.code, now()) == (code, before)
    assert not Event.objects.filter(verb="rule.changed").exists()


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(cast):
    seen = now()
    change(cast.central, pns_yearly_jp=24)
    with pytest.raises(Refusal) as no:
        change(cast.central, seen=seen, absence_hold_months=3)
    assert (no.value.code, now()["absence_hold_months"]) == ("seen", 6)


@pytest.mark.parametrize(
    "who", ["organiser", "operator", "leader", "auditor", "admin", "employee_user", "part"]
)
def test_only_who_plans_for_the_whole_ministry_changes_them(client, cast, tree, who):
    user = cast.employee_user if who == "part" else getattr(cast, who)
    if who == "part":
        RoleGrant.objects.create(user=user, role=Role.CENTRAL, unit=tree.east, since=date(2020, 1, 1))
    with pytest.raises(Refusal) as no:
        change(user, pns_yearly_jp=24)
    assert no.value.code == "permission"
    client.force_login(user)
    assert client.get(ADDRESS).status_code == (200 if who == "part" else 403)
    assert client.post(ADDRESS, typed(pns_yearly_jp=24, save="20-3-24-24-24-6")).status_code == 403
    assert now()["pns_yearly_jp"] == 20


def test_the_page_says_what_changes_before_it_saves(client, cast, trained):
    client.force_login(cast.central)
    assert reverse("trainings:rule_settings") == ADDRESS
    body = client.get(ADDRESS).content.decode()
    assert "PP) 49/2018" in body and "Yang akan berubah" not in body
    shown = client.post(ADDRESS, typed(minimum_jp=30))
    assert shown.context["effect"].recomputed == 2 and shown.context["effect"].moved == 1
    assert "20 → 30" in shown.content.decode()
    assert now()["minimum_jp"] == 20
    # Another number than the summary's: a new summary, nothing saved.
    other = client.post(ADDRESS, typed(minimum_jp=31, save=shown.context["summarised"]))
    assert other.context["changes"] and now()["minimum_jp"] == 20
    saved = client.post(ADDRESS, typed(minimum_jp=30, save=shown.context["summarised"]))
    assert saved["Location"] == ADDRESS and now()["minimum_jp"] == 30
    assert Event.objects.get(verb="rule.changed").data["reason"] == "KMA 12 Tahun 2026"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"reason": ""}, None),
        ({"minimum_jp": "x"}, None),
        ({"minimum_jp": 301}, None),
        ({}, "Tidak ada yang berbeda dari pengaturan yang berlaku."),
        ({"seen_minimum_jp": 19, "minimum_jp": 30}, "Pengaturan ini sementara itu sudah diubah orang lain."),
    ],
)
def test_bad_input_shows_no_summary_and_saves_nothing(client, cast, fields, says):
    before = now()
    client.force_login(cast.central)
    page = client.post(ADDRESS, typed(**fields))
    assert page.status_code == 200 and "changes" not in page.context and page.context["form"].errors
    if says:
        assert page.content.decode().count(says) == 1
    assert now() == before


@tries(25)
@given(
    people=st.lists(
        st.lists(
            st.tuples(st.booleans(), st.sampled_from([5, 19, 20, 21, 40]), st.integers(1, 20), st.booleans()),
            max_size=3,
        ),
        max_size=3,
    ),
    minimum=st.integers(1, 45),
)
def test_what_the_summary_says_is_what_happens(people, minimum):
    """The counts against the standing before and after, for any history and any minimum."""
    with transaction.atomic():
        root = factories.unit("MENAG", kind="KEMENTERIAN")
        programme = factories.programme("TEK-01")
        outside = set()
        for courses in people:
            person = factories.employee(root)
            for n, (in_catalogue, jp, day, passed) in enumerate(courses):
                factories.history(
                    person, date(2020, n + 1, day), programme if in_catalogue else None, kind="TEKNIS", jp=jp,
                    result="LULUS" if passed else "TIDAK_LULUS",
                )  # fmt: skip
                if not in_catalogue:
                    outside.add(person.pk)
        before = dict(Standing.objects.values_list("employee", "last_training"))
        said = actions.effect(minimum_jp=minimum)
        RuleSettings.objects.update(minimum_jp=minimum)
        after = dict(Standing.objects.values_list("employee", "last_training"))
        assert said.moved == sum(before[key] != after[key] for key in before)
        assert said.recomputed == (0 if minimum == 20 else len(outside))
        transaction.set_rollback(True)
