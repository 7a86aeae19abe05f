"""What-if says what the preview of a class really planned so would say, and stores nothing."""

import sys
from datetime import date, timedelta
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from invitations import ranking
from invitations.models import Candidate, Selection
from tests import factories
from tests.profiles import tries
from trainings.models import ClassArea

pytestmark = pytest.mark.django_db

ALLOCATIONS = ("NASIONAL", "RATA", "PROPORSIONAL", "MANUAL")


@pytest.fixture
def ministry(cast, tree):
    """Three areas, one inside another, thirty people in ties of three; some never trained, some excluded."""
    units = [tree.surabaya, tree.madrasah, tree.east, tree.semarang, tree.central_java]
    for n in range(30):
        person = factories.employee(
            units[n % 5],
            service_start=date(2005 + n // 3 % 5, 1, 1),
            activity="AKTIF" if n % 7 else "CLTN",
            status="PNS" if n % 6 else "NON_ASN",
        )
        if n % 2:
            factories.history(person, timezone.localdate() - timedelta(days=300 * (1 + n // 6)))
    programme = factories.programme("WI", target_statuses=["PNS"])
    return programme, [tree.east, tree.surabaya, tree.central_java]


def planned(programme, organiser, areas, allocation, seats, reserve, cap):
    """A class with these parameters; under MANUAL the first area has the seats that are left over."""
    each = [seats // len(areas)] * len(areas)
    each[0] += seats - sum(each)
    made = factories.training_class(
        programme, organiser, areas, seats=seats, reserve=reserve, unit_cap=cap, allocation=allocation,
        area_seats=each if allocation == "MANUAL" else None,
    )  # fmt: skip
    return made, list(zip(areas, each, strict=True))


def same(variant: ranking.Variant, preview: ranking.Preview) -> None:
    for name in (
        "pool_size",
        "selected",
        "reserve",
        "by_area",
        "excluded",
        "never_trained",
        "mean_wait_days",
    ):
        assert getattr(variant, name) == getattr(preview, name), name


def selected(preview: ranking.Preview) -> set[int]:
    return {row.employee_id for row in preview.rows if row.outcome == "selected"}


places = st.tuples(
    st.sampled_from(ALLOCATIONS), st.integers(1, 12), st.integers(0, 8), st.integers(0, 2), st.integers(1, 3)
)


@given(one=places, two=places, margin=st.sampled_from((0, 200)))
@tries(60)
def test_both_variants_are_what_their_previews_say(ministry, tree, one, two, margin):
    """With heads as short as they can be, too: then the never trained alone make one up, or it is lengthened."""
    module = sys.modules["invitations.ranking.what_if"]
    with mock.patch.object(module, "MARGIN", margin):
        compare(ministry, tree, one, two)


def compare(ministry, tree, one, two):
    programme, areas = ministry
    base, _ = planned(programme, tree.bdk, areas[: one[4]], *one[:4])
    other, other_areas = planned(programme, tree.bdk, areas[: two[4]], *two[:4])
    # The same draw for both, so that only the parameters differ.
    other.seeds.update(value=base.seeds.get().value)
    allocation, seats, reserve, cap, _n = two
    answer = ranking.what_if(
        base, seats=seats, reserve=reserve, unit_cap=cap, allocation=allocation,
        areas=[(unit, n if allocation == "MANUAL" else None) for unit, n in other_areas],
    )  # fmt: skip
    before, after = ranking.preview(base), ranking.preview(other)
    same(answer.base, before)
    same(answer.changed, after)
    assert {p.employee_id for p in answer.came_in} == selected(after) - selected(before)
    assert {p.employee_id for p in answer.fell_out} == selected(before) - selected(after)
    helped = answer.changed.untrained_before - answer.changed.untrained_after
    assert 0 <= helped <= answer.changed.selected
    for made in (base, other):
        ClassArea.objects.filter(training_class=made).delete()
        made.seeds.all().delete()
        made.delete()


def test_nothing_is_stored(ministry, tree):
    programme, areas = ministry
    training_class, _ = planned(programme, tree.bdk, areas, "RATA", 6, 3, 1)
    ranking.what_if(training_class, seats=9)
    training_class.refresh_from_db()
    assert (training_class.seats, Selection.objects.count(), Candidate.objects.count()) == (6, 0, 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'gated_people'")
        assert cursor.fetchone() == (0,)


def test_seats_by_hand_that_do_not_add_up_are_refused(ministry, tree):
    programme, areas = ministry
    training_class, _ = planned(programme, tree.bdk, areas, "RATA", 6, 3, 0)
    with pytest.raises(ValueError, match="3 seats, the class 6"):
        ranking.what_if(training_class, allocation="MANUAL", areas=[(areas[0], 1), (areas[1], 2)])
