"""Pages of lists: whole, in order, from either end, whatever the order; counts that are honest."""

import re
from datetime import date
from urllib.parse import parse_qs

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from employees import paging
from employees.models import Employee
from employees.paging import Pages, order_of, values_of
from employees.querysets import EmployeeQuerySet
from employees.tables import EmployeeTable
from tests import factories
from trainings.models import HistoryRecord, TrainingClass
from trainings.tables import HistoryTable

ORDERS = ["name", "-name", "unit", "-unit", "status", "-status", "waiting", "-waiting", "last_training"]


@pytest.fixture
def people(cast, tree):
    """Nine people whose names, states and waits repeat, so that every order has ties."""
    for n in range(7):
        person = factories.employee(
            [tree.surabaya, tree.madrasah, tree.semarang][n % 3],
            name=["Ani", "Budi", "ani", "O'Neil", "Ünal", "Budi", "Ani"][n],
            status="PPPK" if n % 2 else "PNS",
        )
        if n % 3 == 0:
            factories.history(person, date(2020, 5, 5))
    return Employee.objects.active().for_table()


def asking(user, **query):
    """A request of this person for a list."""
    request = RequestFactory().get("/", query)
    request.user = user
    return request


def walk(queryset, page, per_page, towards, **options):
    """Follow the links from this page on; the records in the order of the list."""
    shown = [page.records]
    while (link := getattr(page, towards)) is not None:
        page = Pages(queryset, per_page=per_page, **options).page(link)
        assert page.records, "a link never leads to an empty page"
        shown.append(page.records)
        assert len(shown) < 100
    return [record for records in (shown if towards == "next" else shown[::-1]) for record in records]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("per_page", [1, 2, 4, 9])
def test_links_lead_through_the_whole_list_in_both_directions(cast, people, order, per_page):
    table = EmployeeTable(people).paged(asking(cast.central, sort=order), per_page)
    everybody = list(table.data.data)
    assert len(everybody) == 9
    ordered = Pages(table.data.data, per_page=per_page)
    assert ordered.steps is not None
    assert walk(table.data.data, ordered.page({}), per_page, "next") == everybody
    assert walk(table.data.data, ordered.page({"page": "last"}), per_page, "previous") == everybody


def test_an_order_of_both_directions_is_walked_as_well(cast, tree):
    programme = factories.programme()
    for n in range(5):
        factories.training_class(programme, tree.bdk, code=f"K{n}", first_day=date(2027, 1, 1 + n // 2))
    classes = TrainingClass.objects.for_table().order_by("-first_day", "code")
    assert walk(classes, Pages(classes, per_page=2).page({}), 2, "next") == list(classes)
    last = Pages(classes, per_page=2).page({"page": "last"})
    assert walk(classes, last, 2, "previous") == list(classes)


def test_numbers_reach_any_page_and_say_where_we_are(people):
    everybody = list(people.order_by("name", "pk"))
    for number in range(1, 6):
        page = Pages(people.order_by("name", "pk"), per_page=2).page({"page": str(number)})
        assert (page.number, page.records) == (number, everybody[2 * number - 2 : 2 * number])
    beyond = Pages(people.order_by("name", "pk"), per_page=2).page({"page": "70"}, rows_known=9)
    assert (beyond.number, beyond.records, beyond.next) == (5, everybody[8:], None)
    second = Pages(people.order_by("name", "pk"), per_page=2).page(beyond.previous)
    assert (second.number, second.records) == (4, everybody[6:8])


def test_one_can_jump_to_a_value(people):
    names = people.order_by("name", "pk")
    found = Pages(names, per_page=2).page({"from": "budi"})
    assert [person.name for person in found.records] == ["Budi", "Budi"]
    assert [p.name for p in Pages(names, per_page=9).page(found.previous).records] == ["Ani", "Ani"]
    falling = Pages(people.order_by("-name", "-pk"), per_page=3).page({"from": "bu"})
    assert [person.name for person in falling.records] == ["Budi Santoso", "Budi", "Budi"]
    records = HistoryRecord.objects.order_by("-last_day", "-pk")
    assert [r.last_day for r in Pages(records, per_page=1).page({"from": "2021-01-01"}).records] == [
        date(2020, 5, 5)
    ]
    assert Pages(records, per_page=1).page({"from": "2019-01-01"}).records == [records.last()]


@given(st.text(max_size=40))
def test_an_address_typed_by_hand_gives_values_of_the_order_or_nothing(text):
    steps = order_of(
        Employee.objects.order_by("standing__ever_trained", "standing__waiting_since", "name", "pk")
    )
    values = values_of(steps, text)
    assert values is None or (
        len(values) == 4 and isinstance(values[0], bool) and isinstance(values[1], date)
    )


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=W10",
        "before=WzEsMl0",
        "page=0",
        "page=-1",
        "page=9e9",
        "page=١",
        "from=%00",
        "after=%00",
    ],
)
def test_a_mistyped_address_shows_the_first_page(client, cast, query):
    client.force_login(cast.central)
    table = client.get(f"{reverse('employees:list')}?{query}").context["table"]
    assert {row.record.name for row in table.page.object_list} == {"Sari Wulandari", "Budi Santoso"}


def test_columns_that_may_be_empty_are_paged_by_number_alone(people):
    assert order_of(people.order_by("nip")) is None
    pages = Pages(people.order_by("nip"), per_page=4)
    assert [len(pages.page({"page": n}).records) for n in ("1", "2", "3")] == [4, 4, 1]
    assert pages.page({}).next == {"page": "2"}


def test_the_pager_keeps_the_filters(client, cast, people, monkeypatch):
    monkeypatch.setattr("employees.tables.PortalTable.paged.__defaults__", (2, None))
    client.force_login(cast.central)
    table = client.get(reverse("employees:list"), {"status": "PNS", "sort": "-name"}).context["table"]
    urls = {word: parse_qs(url.lstrip("?")) for word, _label, url in table.pager_on}
    assert urls["next"]["status"] == ["PNS"] and urls["next"]["sort"] == ["-name"] and urls["next"]["after"]
    body = client.get(reverse("employees:list") + table.pager_on[0][2]).content.decode()
    assert body.count("<tr><td") == 2
    assert re.search(r'rel="prev" href="\?status=PNS&amp;sort=-name"', body)


def test_a_long_list_counts_to_the_end_only_when_asked(client, cast, people, monkeypatch):
    monkeypatch.setattr("employees.tables.COUNT_LIMIT", 3)
    monkeypatch.setattr("employees.tables.PortalTable.paged.__defaults__", (2, None))
    client.force_login(cast.central)
    page = client.get(reverse("employees:list"))
    assert "Lebih dari 3 baris" in page.content.decode()
    assert 'hx-get="?count=exact"' in page.content.decode()
    exact = client.get(reverse("employees:list"), {"count": "exact"})
    assert exact.content.decode() == "9 baris"
    few = client.get(reverse("employees:list"), {"count": "exact", "q": "sari"})
    assert few.content.decode() == "1 baris"


def test_an_exact_count_is_that_of_the_readers_own_scope(client, cast, people, monkeypatch):
    monkeypatch.setattr("employees.tables.COUNT_LIMIT", 1)
    monkeypatch.setattr("employees.tables.PortalTable.paged.__defaults__", (1, None))
    counts = {}
    for who in ("central", "operator", "neighbour"):
        client.force_login(getattr(cast, who))
        counts[who] = client.get(reverse("employees:list"), {"count": "exact"}).content.decode()
    assert counts == {"central": "9 baris", "operator": "6 baris", "neighbour": "3 baris"}


@pytest.mark.parametrize("language", ["id", "en"])
def test_cells_are_those_of_django_tables2(cast, people, language):
    from django.utils import translation
    from django.utils.html import conditional_escape

    with translation.override(language):
        for table in (
            EmployeeTable(people).paged(asking(cast.central)),
            HistoryTable(HistoryRecord.objects.for_table()).paged(asking(cast.central)),
        ):
            theirs = [
                [str(conditional_escape(cell)) for _c, cell in row.items()] for row in table.paginated_rows
            ]
            ours = re.findall(r"<td[^>]*>(.*?)</td>", table.body, re.DOTALL)
            assert len(theirs) >= 3
            assert ours == [cell for row in theirs for cell in row]


def test_names_cannot_smuggle_markup_into_the_table(cast, tree):
    factories.employee(tree.surabaya, name="<b>Eko</b>", position='"><script>')
    body = EmployeeTable(Employee.objects.for_table()).paged(asking(cast.central)).body
    assert "<b>" not in body and "<script>" not in body


def test_short_words_must_begin_a_part_of_the_name(cast, tree):
    for name in ("Ali Nur", "Nural", "Wulan"):
        factories.employee(tree.surabaya, name=name)
    assert isinstance(Employee.objects.all(), EmployeeQuerySet)
    names = lambda text: {p.name for p in Employee.objects.search(text)}  # noqa: E731 - local shorthand
    assert names("nu") == {"Ali Nur", "Nural"}
    assert names("ula") == {"Sari Wulandari", "Wulan"}
    assert names("nu al") == {"Ali Nur"}
    assert names("") == {"Ali Nur", "Nural", "Wulan", "Sari Wulandari", "Budi Santoso"}


def test_addresses_drop_the_page_they_leave():
    asked = QueryDict("q=sari&page=3&after=abc&count=exact&sort=name")
    assert paging.address(asked, {"page": "last"}) == "?q=sari&count=exact&sort=name&page=last"
