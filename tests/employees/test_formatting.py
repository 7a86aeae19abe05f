"""Dates and waits as people read them."""

from datetime import date

import pytest
from django.utils import translation

from employees.formatting import period_text, time_element, wait_words, whole_months

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (date(2016, 5, 20), "10 years 6 months"),
        (date(2016, 5, 21), "10 years 5 months"),
        (date(2025, 11, 20), "1 year"),
        (date(2025, 10, 20), "1 year 1 month"),
        (date(2026, 9, 20), "2 months"),
        (date(2026, 10, 21), "30 days"),
        (date(2026, 11, 19), "1 day"),
        (TODAY, "0 days"),
        (date(2027, 1, 1), "0 days"),
    ],
)
def test_a_wait_is_said_in_whole_years_and_months(since, expected):
    with translation.override("en"):
        assert wait_words(since, TODAY) == expected


def test_nobody_waits_without_a_date():
    assert wait_words(None) == ""


@pytest.mark.parametrize(
    ("since", "on", "months"),
    [
        (date(2024, 2, 29), date(2025, 2, 28), 11),
        (date(2024, 2, 29), date(2025, 3, 1), 12),
        (date(2026, 1, 31), date(2026, 2, 28), 0),
    ],
)
def test_only_full_months_count(since, on, months):
    assert whole_months(since, on) == months


def test_a_date_carries_the_exact_day_on_hover():
    with translation.override("id"):
        assert time_element(date(2016, 5, 5)) == (
            '<time datetime="2016-05-05" title="Kamis, 5 Mei 2016">5 Mei 2016</time>'
        )
    assert time_element(None) == "–"


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 5, 3), date(2026, 5, 7), "3–7 Mei 2026"),
        (date(2026, 4, 30), date(2026, 5, 3), "30 April – 3 Mei 2026"),
        (date(2026, 12, 28), date(2027, 1, 4), "28 Desember 2026 – 4 Januari 2027"),
        (date(2026, 5, 3), date(2026, 5, 3), "3 Mei 2026"),
    ],
)
def test_two_dates_read_as_one_period(first, last, expected):
    with translation.override("id"):
        assert period_text(first, last) == expected
