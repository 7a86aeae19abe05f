"""The benchmark runs anywhere and prints ratios; nothing here is held to a time."""

import re
from pathlib import Path

import pytest
from django.db import connection

from employees.models import Employee
from simdiklat.bench import lists
from simdiklat.bench.measure import Figure, in_turn, table
from tests.simdiklat.commands import manage

MEASURED = [
    "import units",
    "import employees",
    "import programmes",
    "import classes",
    "import history",
    "selection, pool and evidence stored",
    "preview of the same",
    "settings of the rule, summary",
    "settings of the rule, changed",
    "people, first page",
    "people, first page",
    "people, search for a name",
    *lists.PAGES,
    "people as CSV",
    "people as XLSX",
    "invitations issued, with messages",
    "preview, a class in three areas",
    "selection in three areas, stored",
    "ten selections and the replies at once",
    "delivery by 1 sender",
    "delivery by 2 senders",
    "delivery by 4 senders",
    "certificates, unsigned, with ZIP",
    "certificates, signed, with ZIP",
]


def databases() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.engines
@pytest.mark.django_db
def test_every_figure_is_measured_beside_the_portals_own_data(tmp_path: Path) -> None:
    before = databases()
    done = manage(tmp_path, "bench", "--quick", "--employees", "300", "--runs", "1")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sum(bool(re.match(r"\d+ cores, PostgreSQL \d+", line)) for line in lines) == 2
    start = lines.index("300 people, median of 1 runs (pages: 5)") + 2
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines[start:]]
    assert [row[0] for row in rows] == MEASURED
    for _what, number, median, floor, ratio, against in rows:
        assert int(number.replace(",", "")) > 0
        assert re.fullmatch(r"[\d.]+ m?s", median)
        assert re.fullmatch(r"[\d.]+ m?s", floor)
        assert re.fullmatch(r"[\d.]+×", ratio)
        assert against
    assert rows[1][1] == "300"
    assert databases() == before
    assert Employee.objects.count() == 0


def test_medians_leave_out_the_first_and_ratios_are_to_the_floor() -> None:
    taken: list[str] = []
    figure = in_turn(Figure("x", "y", 7), 3, lambda: taken.append("work"), lambda: taken.append("floor"))
    assert taken == ["work", "floor"] * 4
    assert (len(figure.times), len(figure.floors)) == (3, 3)
    figure.times, figure.floors = [3.0, 1.0, 50.0], [0.5, 0.25, 0.75]
    assert (figure.median, figure.floor, figure.ratio) == (3.0, 0.5, 6.0)
    assert table([figure])[1].split() == ["x", "7", "3.00", "s", "500.0", "ms", "6.0×", "y"]


@pytest.mark.django_db
def test_measuring_not_at_all_is_refused(tmp_path: Path) -> None:
    done = manage(tmp_path, "bench", "--runs", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Measure at least once" in done.stderr
