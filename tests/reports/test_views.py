"""Pages of figures: in scope, with a table, a file and the people behind each count."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from employees.models import Employee
from employees.provinces import PROVINCES
from invitations import actions
from reports import figures, provinces
from reports.figures.coverage import tiles
from reports.scope import Scope
from tests import factories


@pytest.fixture
def filled(cast, tree):
    """Nine people more in East Java, three in Central Java; some trained."""
    east = [factories.employee(tree.surabaya) for _ in range(9)]
    for _ in range(3):
        factories.employee(tree.semarang)
    for person in east[:4]:
        factories.history(person, timezone.localdate() - timedelta(days=60), jp=40)
    return cast


def rows_of(client, key, query=""):
    response = client.get(reverse("reports:download", args=[key]) + query)
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("key", list(figures.MADE))
def test_each_figure_has_words_a_table_and_a_file(client, filled, key):
    client.force_login(filled.central)
    page = client.get(reverse("reports:figure", args=[key]))
    part = client.get(reverse("reports:part", args=[key])).content.decode()
    made = page.context["figure"]
    assert made.title in part
    assert made.words
    assert made.key == key
    assert rows_of(client, key)[0] == [str(column.label) for column in made.columns]
    if made.chart:
        embedded = re.search(
            r'<script id="chart-[a-z]+" type="application/json">(.*?)</script>', page.content.decode()
        )
        drawn = json.loads(embedded.group(1))
        assert all(len(series["data"]) == len(drawn["labels"]) for series in drawn["series"])
        assert f'aria-label="{made.title}. ' in page.content.decode()
    assert client.get(reverse("reports:figure", args=["nothing"])).status_code == 404


def test_numbers_are_those_of_the_scope_and_open_the_list_behind_them(client, filled, tree):
    client.force_login(filled.operator)
    table = rows_of(client, "provinces")
    assert [row[0] for row in table[1:]] == ["Jawa Timur"]
    assert table[1][1:3] == ["10", "6"]
    page = client.get(reverse("reports:figure", args=["provinces"])).content.decode()
    link = (
        re.search(r'href="(/employees/\?province=35&amp;training=none2)"', page)
        .group(1)
        .replace("&amp;", "&")
    )
    assert client.get(link).context["table"].paginator.count == 6
    assert (
        client.get(reverse("reports:figure", args=["units"]) + f"?unit={tree.semarang.pk}").status_code == 404
    )


def test_a_leader_sees_no_small_group_and_no_list(client, filled, tree):
    client.force_login(filled.leader)
    table = {row[0]: row[1:] for row in rows_of(client, "provinces")[1:]}
    # Four people in Central Java, ten in East Java: with the total both would be known, so both are hidden.
    assert set(table) == {"Jawa Timur", "Jawa Tengah"}
    assert all(cell == "" for row in table.values() for cell in row)
    page = client.get("/")
    assert page.status_code == 200
    assert "/employees/" not in page.content.decode()
    client.force_login(filled.central)
    assert {row[0]: row[1] for row in rows_of(client, "provinces")[1:]} == {
        "Jawa Timur": "10",
        "Jawa Tengah": "4",
    }


def opened(client, url):
    """How many rows the list at this address has."""
    response = client.get(url)
    assert response.context["filter"].form.is_valid()
    return response.context["table"].paginator.count


@pytest.mark.parametrize("who, people", [("central", 14), ("operator", 10)])
def test_each_count_of_hours_and_of_trainings_opens_as_many_people(client, filled, tree, who, people):
    today = timezone.localdate()
    one, two, three = Employee.objects.filter(unit=tree.surabaya, history=None).order_by("pk")[:3]
    other = Employee.objects.filter(unit=tree.semarang).order_by("pk")[0]
    for days, person in ((0, one), (1, one), (400, two), (3000, two)):
        factories.history(person, today - timedelta(days=days), jp=9)
    for number in range(11):
        factories.history(three, today - timedelta(days=900 + number), jp=3)
    factories.history(other, today, jp=12)
    factories.history(other, today, jp=50, result="TIDAK_LULUS", title="Gagal")
    one.status = "CPNS"
    other.status = "PPPK_PW"
    one.save()
    other.save()
    client.force_login(getattr(filled, who))
    for key, columns, query in (
        ("hours", (1, 3), ""), ("repeats", (1,), "?years=5"), ("repeats", (1,), "?years=10")
    ):  # fmt: skip
        rows = client.get(reverse("reports:figure", args=[key]) + query).context["figure"].rows
        cells = [row[column] for row in rows for column in columns]
        assert [opened(client, cell.url) for cell in cells] == [cell.value for cell in cells]
        assert sum(cell.value for cell in cells) == people
    client.force_login(filled.leader)
    for key in ("hours", "repeats", "waits"):
        page = client.get(reverse("reports:figure", args=[key]))
        assert all(cell.url == "" for row in page.context["figure"].rows for cell in row)
        assert "/employees/" not in page.content.decode() and "/invitations/?" not in page.content.decode()


def test_drill_down_follows_the_tree(client, filled, tree):
    client.force_login(filled.operator)
    page = client.get(reverse("reports:figure", args=["units"]))
    assert f"?unit={tree.surabaya.pk}" in page.content.decode()
    deeper = client.get(reverse("reports:figure", args=["units"]) + f"?unit={tree.surabaya.pk}")
    crumbs = [label for label, _url in deeper.context["crumbs"]]
    assert crumbs[1:] == ["Kanwil Jawa Timur"]
    assert sum(row[1].value for row in deeper.context["figure"].rows) == 10


def test_every_province_has_one_tile_and_none_covers_another(db):
    assert set(provinces.TILES) == set(PROVINCES)
    assert len({(column, row) for column, row, _name in provinces.TILES.values()}) == 38
    assert [tile.shade for tile in tiles(Scope.ministry())] == [-1] * 38


def test_a_figure_that_is_not_counted_yet_is_asked_for_by_the_page(client, filled):
    client.force_login(filled.leader)
    first = client.get(reverse("reports:index")).content.decode()
    asked = re.findall(r'hx-get="(/figures/[a-z]+/part/)"', first)
    assert reverse("reports:part", args=["lorenz"]) in asked
    for address in asked:
        assert client.get(address).status_code == 200
    assert 'hx-get="/figures/' not in client.get(reverse("reports:index")).content.decode()


@pytest.mark.parametrize("key", ["units", "provinces", "superiors"])
def test_as_many_queries_at_one_row_as_at_three(client, cast, tree, key):
    client.force_login(cast.central)
    address = reverse("reports:figure", args=[key])
    client.get(address)

    def queries():
        from django.core.cache import cache

        cache.clear()
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    before = queries()
    for code, name in (("32", "KW32"), ("36", "KW36"), ("31", "KW31")):
        unit = factories.unit(name, tree.root, "KANWIL", province_code=code)
        factories.employee(unit)
    assert queries() == before


def test_invitations_are_counted_by_wait_answer_and_reason(client, cast, tree):
    trained = factories.employee(tree.surabaya)
    factories.history(trained, timezone.localdate() - timedelta(days=200))
    training_class = factories.training_class(factories.programme(), tree.bdk, [tree.east], seats=5)
    selection = actions.start_selection(training_class=training_class, by=cast.organiser, in_background=False)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.organiser, in_background=False)
    actions.issue(selection.pk)
    first = selection.invitations.get(employee=cast.employee)
    actions.answer(invitation=first, answer="decline", by=cast.employee_user, reason="ATASAN")
    client.force_login(cast.central)
    waits = {row[0]: row[1] for row in rows_of(client, "waits")[1:]}
    assert list(waits.values()) == ["1", "0", "0", "0", "1"]
    assert rows_of(client, "reasons")[1][1] == "1"
    assert rows_of(client, "superiors")[1:] == [["MAN 1 Surabaya", "1", "1", "100.0"]]
    assert rows_of(client, "replies")[1] == ["0", "0.0", "50.0"]
    assert rows_of(client, "overrides")[-1][1:3] == ["2", "0"]
    # Each count of the waits opens as many invitations.
    made = client.get(reverse("reports:figure", args=["waits"])).context["figure"]
    linked = [(row[1].value, row[1].url) for row in made.rows]
    assert [opened(client, url) for _number, url in linked] == [number for number, _url in linked]
    # The link of the figure opens exactly that invitation.
    page = client.get(reverse("invitations:list") + "?state=declined&reason=ATASAN")
    assert page.context["table"].paginator.count == 1
    # A leader reads that it happened, not where: that would be one person.
    client.force_login(cast.leader)
    assert [row[1:] for row in rows_of(client, "superiors")[1:]] == [["", "", ""]]
    assert "MAN 1 Surabaya" not in client.get(reverse("reports:figure", args=["superiors"])).content.decode()
