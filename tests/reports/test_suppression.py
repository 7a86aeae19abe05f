"""Nobody can be told from a hidden count, not even with the total in hand."""

from hypothesis import given
from hypothesis import strategies as st

from reports.suppression import LEAST, suppressed

counts = st.lists(st.integers(min_value=0, max_value=30), max_size=12)


@given(counts)
def test_no_small_count_is_shown_and_the_shown_ones_are_true(numbers):
    shown = suppressed(numbers)
    assert len(shown) == len(numbers)
    for number, value in zip(numbers, shown, strict=True):
        assert value in (None, number)
        assert not 0 < number < LEAST or value is None


@given(counts)
def test_what_is_hidden_cannot_be_worked_out_from_the_total(numbers):
    shown = suppressed(numbers)
    hidden = [number for number, value in zip(numbers, shown, strict=True) if value is None]
    if hidden and len(numbers) > 1:
        assert len(hidden) > 1
        # With the total known, the rest is the sum of at least two groups of together enough people,
        # unless there are not so many people altogether.
        assert sum(hidden) >= min(LEAST, sum(numbers))


@given(counts)
def test_nothing_is_hidden_without_need(numbers):
    if all(number == 0 or number >= LEAST for number in numbers):
        assert suppressed(numbers) == numbers
