"""The benchmark runs anywhere and prints ratios; nothing here is held to a time."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from audit.errors import Refusal
from employees.models import Employee
from simdiklat.bench import lists, plans, report, run
from simdiklat.bench.measure import Figure, Setting, in_turn, table
from tests import factories
from tests.simdiklat.commands import manage

MEASURED = [
    *lists.PAGES,
    "any of these pages",
    "people, first page, beside its rows alone",
    "list pages a second, four clients",
    "first page of a fresh worker, its start included",
    "people as CSV",
    "people as XLSX",
    "people as CSV, memory",
    "people as XLSX, memory",
    "selection, pool and evidence stored",
    "preview of the same",
    "settings of the rule, summary",
    "settings of the rule, changed",
    "invitations issued, with messages",
    "preview, a class in three areas",
    "selection in three areas, stored",
    "ten selections and the replies at once",
    "delivery by 1 sender",
    "delivery by 2 senders",
    "delivery by 4 senders",
    "certificates, unsigned, with ZIP",
    "certificates, signed, with ZIP",
    "import units",
    "import employees",
    "import programmes",
    "import classes",
    "import history",
    "people from XLSX, first import",
    "people from XLSX, once more, one in ten changed",
    "people from XLSX, once more, unchanged",
    "people from XLSX, first import: until the preview",
    "people from XLSX, once more, one in ten changed: until the preview",
    "people from XLSX, once more, unchanged: until the preview",
]


def databases() -> set[str]:
    """The databases of benches on this server; other tests make theirs meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ^@ 'simdiklat_bench_'")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.engines
@pytest.mark.django_db
def test_every_figure_is_measured_beside_the_portals_own_data(tmp_path: Path) -> None:
    before = databases()
    document = tmp_path / "figures.md"
    document.write_text("\n".join(report.markers(300)))
    done = manage(tmp_path, "bench", "--quick", "--employees", "300", "--runs", "1", "--write", str(document))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    told = [
        line for line in lines if re.search(r"; \d+ cores, \d+ GB, PostgreSQL \d+.*load [\d.]+ before", line)
    ]
    assert len(told) == len(run.titles())
    rows = [
        re.split(r"\s{2,}", line.strip())
        for line in lines
        if re.search(r"×", line) and not line.startswith(" ")
    ]
    assert {row[0] for row in rows} >= set(MEASURED)
    for _what, number, median, _p95, floor, ratio, _goal, against, *_missed in rows:
        assert int(number.replace(",", "")) >= 0
        assert re.fullmatch(r"[\d.,]+ (m?s|MB|/s)", median)
        assert re.fullmatch(r"[\d.,]+ (m?s|MB|/s)", floor)
        assert re.fullmatch(r"[\d.]+×", ratio)
        assert against
    assert rows[[row[0] for row in rows].index("import employees")][1] == "300"
    assert databases() == before
    assert Employee.objects.count() == 0
    assert document.read_text() == "\n".join(report.markers(300)), "a quick run says nothing about figures"


@pytest.mark.django_db
def test_a_section_is_told_before_the_next_one_can_fail(tmp_path: Path) -> None:
    def broken(_setting: Setting) -> Iterator[Figure]:
        raise RuntimeError("in the middle")
        yield

    parts = (("One", lambda _setting: [Figure("x", "y")]), ("Two", broken))
    sections = run._each(parts, Setting(300, 1, tmp_path, lambda _line: None))
    told = next(sections)
    assert (told.title, len(told.figures)) == ("One", 1)
    with pytest.raises(RuntimeError, match="in the middle"):
        next(sections)


def test_the_command_hands_on_how_many_senders_deliver(monkeypatch):
    asked: dict[str, object] = {}

    def nothing(**given: object) -> Iterator[report.Section]:
        asked.update(given)
        yield from ()

    monkeypatch.setattr(run, "run", lambda *_args, **given: nothing(**given))
    call_command("bench", "--quick", "--messages", "70", "--senders", "2", "3")
    assert (asked["messages"], asked["senders"]) == (70, (2, 3))
    call_command("bench", "--quick")
    assert asked["senders"] == Setting.senders


def test_medians_leave_out_the_first_and_ratios_are_to_the_floor() -> None:
    taken: list[str] = []
    figure = in_turn(Figure("x", "y", 7), 3, lambda: taken.append("work"), lambda: taken.append("floor"))
    assert taken == ["work", "floor"] * 4
    assert (len(figure.times), len(figure.floors)) == (3, 3)
    figure.times, figure.floors = [3.0, 1.0, 50.0], [0.5, 0.25, 0.75]
    assert (figure.median, figure.floor, figure.ratio) == (3.0, 0.5, 6.0)
    assert table([figure])[1].split() == ["x", "7", "3.00", "s", "-", "500.0", "ms", "6.0×", "-", "y"]


def test_the_95th_of_a_hundred_and_what_is_asked_for() -> None:
    figure = Figure(
        "x", "y", times=[n / 1000 for n in range(100, 0, -1)], floors=[0.01], goal=0.096, tail=True
    )
    assert (figure.p95, figure.reached) == (0.095, True)
    figure.goal = 0.094
    assert figure.reached is False
    assert "MISSED" in table([figure])[1]
    figure.times = figure.times[:19]
    assert (figure.p95, figure.reached) == (None, None), "too few to say anything"
    rate = Figure("x", "y", times=[50.0], floors=[200.0], unit="/s", goal=100.0)
    assert (rate.ratio, rate.reached, rate.shown(rate.median)) == (4.0, False, "50 /s")


def test_only_what_stands_between_the_markers_of_its_size_is_replaced(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    small, large = report.markers(237_000), report.markers(1_800_000)
    document.write_text(
        f"By hand.\n{small[0]}\nold\n{small[1]}\nReasons.\n{large[0]}\nkept\n{large[1]}\nEnd.\n"
    )
    figure = Figure("a page", "an empty | page", 25, times=[0.02], floors=[0.01], goal=0.05)
    plan = plans.Plan("a page", "SELECT 1", ["Result (actual rows=1.00)"])
    measured = report.Section("Lists", "One core.", [figure], [plan])
    order = ["Lists", "Exports"]
    report.write(document, 237_000, [report.Section("Exports", "Before."), measured], order)
    text = document.read_text()
    assert text.startswith(f"By hand.\n{small[0]}\n\n### Lists\nOne core.\n\n")
    assert "| a page | 25 | 20.0 ms |  | 10.0 ms | 2.0 | <= 50.0 ms | an empty \\| page |" in text
    assert "<details><summary>Plan: a page</summary>" in text and "Result (actual rows=1.00)" in text
    assert text.endswith(f"{small[1]}\nReasons.\n{large[0]}\nkept\n{large[1]}\nEnd.\n")
    assert "old" not in text
    report.write(document, 237_000, [report.Section("Exports", "Again.")], order)
    again = document.read_text()
    assert again == text.replace("Before.", "Again."), "a part measured again leaves the others"
    with pytest.raises(Refusal, match="no place for figures at 50,000"):
        report.write(document, 50_000, [], [])


def test_the_handbook_has_a_place_for_both_sizes() -> None:
    for size in (run.MINISTRY, 1_800_000):
        assert report.has_place(Path("docs/performance.md"), size)


@pytest.mark.django_db
def test_a_plan_is_taken_back_and_names_the_slowest_reading(cast) -> None:
    people = Employee.objects.count()
    made = plans.explain("a deletion", "DELETE FROM employees_formernip")
    assert made.lines[0].startswith("Delete on employees_formernip")
    factories.history(cast.employee, date(2020, 5, 5))
    plans.explain(
        "a deletion", "DELETE FROM trainings_historyrecord WHERE employee_id = %s", [cast.employee.pk]
    )
    assert cast.employee.history.count() == 1

    def work() -> None:
        list(Employee.objects.filter(pk=cast.employee.pk, name__contains=cast.employee.name))

    found = plans.slowest("one person", work)
    assert found.sql.startswith("SELECT … FROM employees_employee WHERE")
    assert any("actual" in line for line in found.lines)
    assert Employee.objects.count() == people
    with pytest.raises(ValueError, match="reads nothing"):
        plans.slowest("nothing", lambda: None)


@pytest.mark.django_db
def test_measuring_not_at_all_is_refused(tmp_path: Path) -> None:
    done = manage(tmp_path, "bench", "--runs", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Measure at least once" in done.stderr
