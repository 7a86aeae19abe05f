"""Limits in PostgreSQL: what they let through, over many processes and at the same moment."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts import limits
from accounts.limits import Limit, TooMany
from accounts.models import Attempt
from tests.engines import ROOT, database_url_for
from tests.races import at_once

SLOW = Limit("test", 5, timedelta(hours=1))


def passes(limit, subject="somebody") -> bool:
    try:
        limits.take(limit, subject)
    except TooMany:
        return False
    return True


def let_go_by(time: timedelta) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_attempt SET full_at = full_at - %s", [time])


def test_a_burst_passes_then_one_each_refill(db):
    assert [passes(SLOW) for _ in range(7)] == [True] * 5 + [False] * 2
    with pytest.raises(TooMany) as refused:
        limits.take(SLOW, "somebody")
    assert timedelta(minutes=59) < refused.value.wait <= timedelta(hours=1)
    assert passes(SLOW, "somebody else")
    let_go_by(timedelta(hours=1))
    assert [passes(SLOW) for _ in range(2)] == [True, False]


def test_a_right_attempt_is_given_back(db):
    for _ in range(20):
        limits.take(SLOW, "somebody")
        limits.give_back(SLOW, "somebody")
    assert [passes(SLOW) for _ in range(6)] == [True] * 5 + [False]


def test_no_name_and_no_address_is_stored(db):
    limits.take(SLOW, "198603022010121001")
    assert len(Attempt.objects.get().key) == 64
    assert "198603022010121001" not in str(Attempt.objects.values())


def test_full_limits_are_forgotten_and_others_not(db):
    limits.take(SLOW, "a")
    assert limits.forget() == 0
    let_go_by(timedelta(hours=2))
    assert limits.forget() == 1


class Model(TestCase):
    """Against a plain bucket that is filled drop by drop."""

    @settings(max_examples=40, deadline=None)
    @given(
        st.integers(1, 6),
        st.lists(st.one_of(st.just("try"), st.just("give back"), st.integers(1, 400)), max_size=30),
    )
    def test_it_is_a_bucket(self, burst, steps):
        limit, left = Limit("model", burst, timedelta(minutes=60)), burst * 60.0  # in minutes
        Attempt.objects.all().delete()
        taken = False
        for step in steps:
            if step == "try":
                expected = left >= 59.9  # the moments the test itself takes
                assert passes(limit, "x") is expected
                left -= 60 if expected else 0
                taken = taken or expected
            elif step == "give back":
                if taken and left <= 60 * (burst - 1):
                    limits.give_back(limit, "x")
                    left += 60
            else:
                let_go_by(timedelta(minutes=step))
                left = min(burst * 60.0, left + step)


TEN_THOUSAND = """
import sys
import django
django.setup()
from datetime import timedelta
from accounts.limits import Limit, TooMany, take
limit, passed = Limit("many", 10, timedelta(days=1)), 0
for _ in range(int(sys.argv[1])):
    try:
        take(limit, "one account")
        passed += 1
    except TooMany:
        pass
print(passed)
"""


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_attempts_by_three_processes_pass_ten_times():
    environment = {
        **os.environ, "DATABASE_URL": database_url_for(), "DJANGO_SETTINGS_MODULE": "simdiklat.settings",
    }  # fmt: skip
    guessers = [
        subprocess.Popen(
            [sys.executable, "-c", TEN_THOUSAND, "3334"],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    passed = [int(guesser.communicate(timeout=120)[0]) for guesser in guessers]
    assert [guesser.returncode for guesser in guessers] == [0] * 3
    assert sum(passed) == 10


@pytest.mark.django_db(transaction=True)
def test_the_last_attempt_is_had_by_one_of_two():
    for _ in range(4):
        limits.take(SLOW, "race")
    assert sorted(at_once(*[lambda: passes(SLOW, "race")] * 4)) == [False, False, False, True]
