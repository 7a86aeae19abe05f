"""The stored pool: found by person, unchangeable, and only stored together with its evidence."""

import gzip
import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.models import Event
from invitations import actions, evidence, ranking
from invitations.models import Candidate, RankPage, Selection
from invitations.verify import verify
from simdiklat.integrity import problems
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def training_class(cast, tree):
    """Two areas; 300 people, so that the pool's keys lie in several pages; some inactive, in and out of them."""
    today = timezone.localdate()
    for number in range(300):
        unit = (tree.surabaya, tree.madrasah, tree.central_java)[number % 3]
        activity = "PENSIUN" if number % 10 == 0 else "AKTIF"
        person = factories.employee(unit, name=f"Orang {number}", activity=activity)
        if number % 7 == 0:
            factories.history(person, today - timedelta(days=number + 1), title=f"Pelatihan {number}")
    return factories.training_class(
        factories.programme(), tree.bdk, [tree.east, tree.madrasah], seats=5, reserve=3, allocation="RATA"
    )


@pytest.fixture
def selection(cast, training_class):
    started = actions.start_selection(training_class=training_class, by=cast.central, in_background=False)
    actions.run_selection(started.pk)
    started.refresh_from_db()
    return started


def test_everybody_is_found_by_person_and_nobody_else(cast, tree, selection):
    pool = list(selection.candidates.all())
    assert len({one.employee_id >> RankPage.BITS for one in pool}) > 1
    for one in pool:
        assert list(selection.candidates.of_people([one.employee_id])) == [one]
    keys = [one.employee_id for one in pool]
    assert set(Candidate.objects.of_people(keys)) == set(pool)
    outside = factories.employee(tree.central_java)
    assert not Candidate.objects.of_people([outside.pk]).exists()
    assert list(Selection.objects.issued_to(cast.employee)) == []
    Selection.objects.filter(pk=selection.pk).update(state="approved")
    Selection.objects.filter(pk=selection.pk).update(state="issued")
    ranked = pool[0].employee
    assert list(Selection.objects.issued_to(ranked)) == [selection]


def test_a_page_is_not_changed_and_a_changed_one_is_found(selection):
    page = RankPage.objects.filter(selection=selection).first()
    for change in ("UPDATE invitations_rankpage SET ranks = ranks || 1", "DELETE FROM invitations_rankpage"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    assert verify(selection).matches
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE invitations_rankpage DISABLE TRIGGER USER")
        swapped = [*page.ranks[1:], page.ranks[0]]
        cursor.execute("UPDATE invitations_rankpage SET ranks = %s WHERE id = %s", [swapped, page.pk])
        (difference,) = verify(selection).differences
        assert difference.endswith(f": {len(swapped)}.")
        cursor.execute("DELETE FROM invitations_rankpage WHERE id = %s", [page.pk])
        cursor.execute("ALTER TABLE invitations_rankpage ENABLE TRIGGER USER")
    found = [problem for problem in problems()["states"] if "found in it by person" in problem]
    assert len(found) == 1


def test_the_preview_counts_everybody_as_the_proposal_does(training_class, cast):
    before = ranking.preview(training_class, limit=1000)
    started = actions.start_selection(training_class=training_class, by=cast.central, in_background=False)
    actions.run_selection(started.pk)
    started.refresh_from_db()
    assert before.excluded == started.excluded
    assert {"area", "inactive"} <= started.excluded.keys()
    assert (before.pool_size, before.selected, before.reserve) == (
        started.pool_size,
        started.selected_count,
        started.reserve_count,
    )
    stored = started.candidates.order_by("rank").values_list("employee", "rank", "area_rank", "outcome")
    shown = sorted((row.rank, row) for row in before.rows)
    assert [(row.employee_id, row.rank, row.area_rank, row.outcome) for _rank, row in shown] == list(stored)


def test_the_file_is_what_its_hash_says_and_the_same_when_packed_again(selection):
    path = evidence.path_of(selection.evidence_file)
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == selection.evidence_sha256
    assert gzip.compress(gzip.decompress(content), compresslevel=1, mtime=0)[10:] == content[10:]
    assert not path.with_suffix(".partial").exists()


def test_evidence_that_cannot_be_written_leaves_no_proposal(cast, training_class, monkeypatch):
    started = actions.start_selection(training_class=training_class, by=cast.central, in_background=False)
    monkeypatch.setattr(
        evidence.os, "fsync", lambda _file: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(OSError, match="No space left"):
        actions.run_selection(started.pk)
    started.refresh_from_db()
    assert (started.state, started.evidence_sha256) == ("failed", "")
    assert not started.candidates.exists()
    assert not RankPage.objects.exists()
    assert not Event.objects.filter(verb="selection.proposed").exists()


def test_a_pool_that_cannot_be_stored_leaves_no_file_under_its_name(
    cast, training_class, settings, monkeypatch
):
    started = actions.start_selection(training_class=training_class, by=cast.central, in_background=False)

    def fail(*_given: object) -> None:
        raise AssertionError("the pool is another")

    monkeypatch.setattr("invitations.delivery.proposing._store_candidates", fail)
    with pytest.raises(AssertionError, match="the pool is another"):
        actions.run_selection(started.pk)
    assert [path.suffix for path in settings.EVIDENCE_DIR.iterdir()] == [".partial"]
