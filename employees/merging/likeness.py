"""How alike two names are. The comparing is RapidFuzz's; what counts as alike is decided here."""

import re

from rapidfuzz import fuzz

#: From here on two names are taken for likely the same, of people born on the same day.
ALIKE = 88.0
#: The same, without the same unit to support it.
ALIKE_ELSEWHERE = 94.0

_SIGNS = re.compile(r"[^\w\s]+")
#: Ways to write the same Indonesian name.
_SAME = (
    ("muhammad", "muhamad"), ("mohammad", "muhamad"), ("mohamad", "muhamad"), ("mochamad", "muhamad"),
    ("moch", "muhamad"), ("moh", "muhamad"), ("muh", "muhamad"), ("md", "muhamad"), ("abd", "abdul"),
    ("st", "siti"),
)  # fmt: skip
_WORDS = dict(_SAME)


def plain(name: str) -> str:
    """A name in lower case without signs, common abbreviations written out."""
    words = _SIGNS.sub(" ", name.lower()).split()
    return " ".join(_WORDS.get(word, word) for word in words)


def likeness(first: str, second: str) -> float:
    """How alike two plain names are, 0 to 100, whatever the order of their words."""
    return fuzz.token_sort_ratio(first, second, score_cutoff=ALIKE)
