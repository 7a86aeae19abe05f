"""Counts of few people are not shown to whoever may not see the people themselves."""

from collections.abc import Sequence

#: Fewer people than this could be recognised.
LEAST = 5


def suppressed(counts: Sequence[int], *, least: int = LEAST) -> list[int | None]:
    """The counts of groups that add up to a known total, with those that give somebody away as None.

    A count from 1 to `least` - 1 is hidden. Where what is hidden could be worked out from the total (one
    group alone, or groups of fewer than `least` people together), the next smallest groups are hidden with
    it. Nobody is a fact about nobody: 0 stays, unless it must help to hide another.
    """
    hidden = {i for i, count in enumerate(counts) if 0 < count < least}
    if hidden:
        others = sorted(
            (i for i, count in enumerate(counts) if i not in hidden),
            key=lambda i: (counts[i] == 0, counts[i], i),
        )
        while others and (len(hidden) < 2 or sum(counts[i] for i in hidden) < least):
            hidden.add(others.pop(0))
    return [None if i in hidden else count for i, count in enumerate(counts)]


def as_shown(counts: Sequence[int], masked: bool) -> list[int | None]:
    """The counts as a reader sees them: suppressed where `masked`, else as they are."""
    return suppressed(counts) if masked else list(counts)
