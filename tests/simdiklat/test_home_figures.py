"""The figures of the first page say the same as every other page."""

import pytest

from simdiklat.views.home import Coverage


@pytest.mark.parametrize(
    ("part", "share"), [(0, "0%"), (93_114, "41%"), (74_945, "33%"), (1_135, "0%"), (1_136, "1%")]
)
def test_shares_are_rounded_not_cut(part, share):
    assert Coverage(people=227_108, untrained=part, never=part).untrained_share == share
    assert Coverage(people=227_108, untrained=part, never=part).never_share == share


def test_nobody_has_no_share():
    assert Coverage(people=0, untrained=0, never=0).untrained_share == "–"
