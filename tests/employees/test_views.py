"""The list of people, one person, and the search for units."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import factories


@pytest.fixture
def signed_in(client, cast):
    client.force_login(cast.operator)
    return client


@pytest.mark.parametrize("query", ["", "?q=pegawai", "?training=never", "?sort=-waiting"])
def test_the_list_costs_the_same_at_one_row_and_at_three(
    cast, tree, signed_in, django_assert_num_queries, query
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    address = reverse("employees:list") + query
    cast.employee.name = "Pegawai Satu"
    cast.employee.save()
    with CaptureQueriesContext(
        connection,
    ) as one:
        assert signed_in.get(address).content.decode().count("<tr><td") == 1
    for _n in range(2):
        factories.employee(tree.surabaya)
    with django_assert_num_queries(len(one)):
        assert signed_in.get(address).content.decode().count("<tr><td") == 3


def test_an_empty_list_says_what_is_missing_in_its_own_words(signed_in):
    for address, words in (
        (reverse("employees:list") + "?q=tidakadaorangnya", "Tidak ada pegawai"),
        (reverse("invitations:letter_list"), "Belum ada surat bagi kantor Anda"),
    ):
        body = signed_in.get(address).content.decode()
        assert words in body
        assert "Belum ada data di sini." not in body


@pytest.mark.parametrize("query, opened", [("", False), ("?q=sari", False), ("?training=never", True)])
def test_filters_in_use_are_open_on_a_phone(signed_in, query, opened):
    body = signed_in.get(reverse("employees:list") + query).content.decode()
    assert (f'class="filter-bar{" filter-open" if opened else ""}"') in body


def names(response) -> set[str]:
    return {row.record.name for row in response.context["table"].page.object_list}


def test_filters_keep_exactly_the_people_they_name(cast, tree, signed_in):
    trained = factories.employee(tree.surabaya, name="Dewi Lestari", status="PPPK")
    long_ago = factories.employee(tree.surabaya, name="Eko Prasetyo")
    factories.history(trained, timezone.localdate() - timedelta(days=100))
    factories.history(long_ago, timezone.localdate() - timedelta(days=800))
    address = reverse("employees:list")

    def found(**query):
        return names(signed_in.get(address, query))

    assert found() == {"Sari Wulandari", "Dewi Lestari", "Eko Prasetyo"}
    assert found(q="lestari") == {"Dewi Lestari"}
    assert found(q=f"{trained.nip[:8]} {trained.nip[8:14]}") == {"Dewi Lestari"}
    assert found(status="PPPK") == {"Dewi Lestari"}
    assert found(training="none2") == {"Sari Wulandari", "Eko Prasetyo"}
    assert found(training="never") == {"Sari Wulandari"}
    assert found(unit=tree.madrasah.pk) == {"Sari Wulandari"}
    assert found(training="wait5") == {"Sari Wulandari"}
    assert found(status="PPPK_ALL") == {"Dewi Lestari"}
    assert found(trainings="1-") == found(trainings="1") == {"Dewi Lestari", "Eko Prasetyo"}
    assert found(trainings="0", years="10") == {"Sari Wulandari"}
    assert found(trainings="2-") == set()


@pytest.mark.parametrize("text", ["many", "9-3", "-5", "12345", "1-2-3"])
def test_a_range_that_is_none_is_refused_with_an_example(cast, signed_in, text):
    response = signed_in.get(reverse("employees:list"), {"hours": text})
    assert "0-19" in response.context["filter"].form.errors["hours"][0]


def test_a_unit_outside_the_scope_is_not_a_filter(cast, tree, signed_in):
    response = signed_in.get(reverse("employees:list"), {"unit": tree.semarang.pk})
    assert response.context["filter"].form.errors.keys() == {"unit"}
    assert "Budi Santoso" not in response.content.decode()


def test_htmx_gets_the_table_alone(cast, signed_in):
    body = signed_in.get(reverse("employees:list"), headers={"HX-Request": "true"}).content.decode()
    assert "Sari Wulandari" in body
    assert "<html" not in body


def test_a_list_beyond_the_limit_says_so_and_counts_no_further(cast, tree, signed_in, monkeypatch):
    monkeypatch.setattr("employees.tables.COUNT_LIMIT", 2)
    for _n in range(4):
        factories.employee(tree.surabaya)
    response = signed_in.get(reverse("employees:list"))
    assert response.context["table"].paginator.count == 2
    assert str(response.context["table"].paginator.count_words) in response.content.decode()


def test_the_person_shows_standing_history_and_nip_as_it_is_written(cast, signed_in):
    factories.history(cast.employee, date(2020, 5, 5), title="Pelatihan Lama")
    body = signed_in.get(reverse("employees:detail", args=[cast.employee.pk])).content.decode()
    assert cast.employee.nip_display in body
    assert "Pelatihan Lama" in body
    assert 'datetime="2020-05-05"' in body


@pytest.mark.parametrize(
    ("who", "purpose", "expected"),
    [
        ("operator", "people", {"Kanwil Jawa Timur"}),
        ("central", "people", {"Kanwil Jawa Timur", "Kanwil Jawa Tengah"}),
        ("organiser", "areas", {"Kanwil Jawa Timur"}),
        ("organiser", "organisers", set()),
        ("operator", "organisers", set()),
    ],
)
def test_the_search_for_units_offers_only_what_the_purpose_allows(client, cast, who, purpose, expected):
    client.force_login(getattr(cast, who))
    response = client.get(reverse("employees:unit_search"), {"for": purpose, "q": "kanwil"})
    assert {unit.name for unit in response.context["units"]} == expected


def test_one_letter_searches_nothing(client, cast):
    client.force_login(cast.central)
    assert client.get(reverse("employees:unit_search"), {"q": "k"}).content.decode().strip() == ""
