"""What a selection does to fairness, against plain Python over the same people."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from employees.filters import years_before
from employees.models import Employee
from invitations import actions, fairness
from tests import factories


@pytest.fixture(autouse=True)
def nothing_kept(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def proposed(cast, tree):
    """Nine people of East Java for eight seats: some never trained, some trained long ago or lately."""
    today = timezone.localdate()
    people = [
        factories.employee(tree.surabaya, service_start=today - timedelta(days=900 * i)) for i in range(1, 9)
    ]
    for person, days in ((people[7], 2_000), (people[6], 1_200), (people[5], 400), (people[4], 30)):
        factories.history(person, today - timedelta(days=days), jp=40)
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.east], seats=8, reserve=1, allocation="NASIONAL"
    )
    started = actions.start_selection(training_class=training_class, by=cast.organiser, in_background=False)
    actions.run_selection(started.pk)
    started.refresh_from_db()
    return started


def test_reach_is_that_of_the_ranked_names(proposed):
    ranked = list(proposed.candidates.filter(rank__isnull=False))
    chosen = [c for c in ranked if c.outcome == "selected"]
    limit = years_before(proposed.run_on, 2)
    found = fairness.reach(proposed)
    assert (found.selected, found.never_trained) == (8, sum(not c.ever_trained for c in chosen))
    assert 0 < found.never_trained < found.untrained < found.selected
    assert found.untrained == sum(not c.ever_trained or c.waiting_since < limit for c in chosen)
    for mean, people in ((found.mean_wait, chosen), (found.mean_wait_of_pool, ranked)):
        days = [(proposed.run_on - c.waiting_since).days for c in people]
        assert abs(mean - sum(days) / len(days)) <= 0.5
    assert found.mean_wait > found.mean_wait_of_pool


def test_the_page_says_what_it_does_to_the_ministry(client, cast, proposed):
    limit = years_before(timezone.localdate(), 2)
    untrained = Employee.objects.active().untrained_since(limit).count()
    client.force_login(cast.organiser)
    page = client.get(reverse("invitations:selection", args=[proposed.pk]))
    now = page.context["ministry"]
    assert (now.untrained, now.active) == (untrained, Employee.objects.active().count())
    assert page.context["untrained_after"] == untrained - fairness.reach(proposed).untrained
    with CaptureQueriesContext(connection) as queries:
        fairness.reach(proposed)
        fairness.ministry()
    assert not queries.captured_queries  # both are kept
