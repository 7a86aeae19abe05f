"""A worker killed at random points of the writing: each batch is old or new, and the import goes on."""

import random

import pytest
from django.utils import translation

from employees.importing import running
from employees.importing.models import ImportRun
from employees.models import Employee
from simdiklat.chaos import imports
from simdiklat.integrity import problems
from tests.employees.importing.runs import check, person, upload, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("seed", [7, 2026])
def test_killed_at_random_points_each_batch_is_old_or_new(cast, tree, settings, tmp_path, seed):
    settings.IMPORTS_DIR = tmp_path / "imports"
    settings.IMPORT_BATCH_ROWS = 25
    with translation.override("en"):
        first = check(upload(tmp_path, cast.central, "employees", [person(n) for n in range(100)]))
        write(running.confirm(run=first, by=cast.central, typed=100))
        rows = [person(n, GOL_RUANG="III/d") for n in range(150)]
        run = check(upload(tmp_path, cast.central, "employees", rows))
        assert (run.count("changed"), run.count("new")) == (100, 50)
        run = running.confirm(run=run, by=cast.central, typed=150)
        dice = random.Random(seed)
        report = imports.torture(run, imports.random_statements(dice, 60), kills=3)
    assert report.kills == 3
    assert report.wrong == []
    run = ImportRun.objects.get(pk=run.pk)
    assert run.written == {"created": 50, "updated": 100, "conflicting": 0}
    assert Employee.objects.filter(grade="III/d").count() == 150
    assert problems() == {}


def test_the_watch_sees_a_half_batch(cast, tree, settings, tmp_path):
    """The check itself: a row that is in before its batch is named."""
    settings.IMPORTS_DIR = tmp_path / "imports"
    run = check(upload(tmp_path, cast.central, "employees", [person(n) for n in range(4)]))
    assert imports.halves(run) == []
    run.written_to = 3
    assert imports.halves(run) == ["2 rows up to 3 are not in"]
