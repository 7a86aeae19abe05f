"""The pass rule against an independent reading of it, in plain fractions."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.profiles import tries
from trainings.hours import jp_of, shares
from trainings.passing import Reached, Rule, counted, final_score, verdict

marks = st.decimals(0, 100, places=2)
components = st.lists(
    st.builds(Reached, st.sampled_from([0, 10, 25, 40, 100]), st.none() | marks, st.none() | marks),
    max_size=5,
)


def model(rule, attended, held, reached, withdrew):
    """The rule read again, step by step, in fractions."""
    if withdrew:
        return "MENGUNDURKAN_DIRI"
    if attended == 0:
        return "TIDAK_HADIR"
    share = Fraction(attended, held) if held else Fraction(0)
    enough = share >= Fraction(rule.minimum_attendance, 100)
    if not rule.graded:
        return "HADIR" if enough else "TIDAK_LULUS"
    counting = [c for c in reached if c.weight > 0]
    if not counting or any(c.score is None for c in counting):
        return "TIDAK_LULUS"
    total = Fraction(0)
    for c in counting:
        score = Fraction(c.score)
        if c.remedial is not None:
            lifted = Fraction(c.remedial) if c.remedial < rule.pass_mark else Fraction(rule.pass_mark)
            score = lifted if lifted > score else score
        total += score * c.weight
    mean = total / sum(c.weight for c in counting)
    cents = (mean * 100 + Fraction(1, 2)).__floor__()
    return "LULUS" if enough and cents >= rule.pass_mark * 100 else "TIDAK_LULUS"


@tries(100)
@given(
    rule=st.builds(Rule, st.booleans(), st.integers(0, 100), st.integers(0, 100)),
    held=st.integers(1, 5000),
    share=st.fractions(0, 1),
    reached=components,
    withdrew=st.booleans(),
)
def test_the_verdict_is_the_models(rule, held, share, reached, withdrew):
    attended = int(held * share)
    got = verdict(rule, attended=attended, held=held, components=reached, withdrew=withdrew)
    assert got.outcome == model(rule, attended, held, reached, withdrew)


@tries(100)
@given(reached=components, pass_mark=st.integers(0, 100))
def test_a_final_score_lies_between_the_lowest_and_the_highest(reached, pass_mark):
    score = final_score(reached, pass_mark)
    counting = [counted(c, pass_mark) for c in reached if c.weight]
    if score is None:
        assert not counting or None in counting
    else:
        assert min(counting) <= score <= max(counting)


@tries(100)
@given(score=marks, remedial=marks, pass_mark=st.integers(0, 100))
def test_a_remedial_never_lowers_and_never_lifts_above_the_pass_mark(score, remedial, pass_mark):
    got = counted(Reached(100, score, remedial), pass_mark)
    assert got >= score
    assert got <= max(score, Decimal(pass_mark))


@tries(100)
@given(
    st.lists(st.tuples(st.integers(1, 600), st.booleans()), max_size=40),
    st.integers(0, 100),
    st.integers(0, 30),
)
def test_hours_and_shares_are_the_models(lessons, planned, tolerance):
    got = shares(lessons)
    total = sum(minutes for minutes, _online in lessons)
    online = sum(minutes for minutes, is_online in lessons if is_online)
    assert got.minutes == total
    assert abs(Fraction(got.jp) - Fraction(total, 45)) <= Fraction(1, 200)
    assert jp_of(45 * 60) == 60
    if total:
        assert abs(Fraction(got.online_percent) - Fraction(100 * online, total)) <= Fraction(1, 20)
        assert got.online_percent + got.classroom_percent == 100
        assert got.keeps(planned, tolerance) == (abs(got.online_percent - planned) <= tolerance)
    assert got.keeps(None, 0)
