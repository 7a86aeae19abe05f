"""Over whom a figure counts, and how long it is kept."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.cache import cache
from django.utils import timezone

from accounts.access import holds
from accounts.roles import Permission
from employees.scoping import EVERYWHERE, scope_roots

#: Seconds for which the numbers of a scope are kept.
KEPT = 300

T = TypeVar("T")


@dataclass(frozen=True)
class Scope:
    """The units at or below which people are counted.

    `masked`: counts of few people are hidden, because the reader may not see the people themselves.
    `lists`: a figure opens the list of the people behind it.
    """

    roots: tuple[str, ...]
    masked: bool = True
    lists: bool = False
    #: Shown without signing in: nothing of it leads anywhere.
    open_to_all: bool = False

    @classmethod
    def of(cls, user: Any) -> "Scope":
        """Where the user may see figures today."""
        roots = tuple(scope_roots(user, Permission.SEE_FIGURES))
        named = scope_roots(user, Permission.SEE_PEOPLE)
        # A leader of the ministry may be an operator of one province too: few people stay hidden then.
        everybody_named = all(any(root.startswith(path) for path in named) for root in roots)
        return cls(roots, masked=not everybody_named, lists=holds(user, Permission.SEE_PEOPLE))

    @classmethod
    def ministry(cls) -> "Scope":
        """Everybody, as it is shown to anybody: few people are hidden, and no list is opened."""
        return cls((EVERYWHERE,), open_to_all=True)

    def condition(self, path: str = "u.path") -> tuple[str, list[str]]:
        """SQL that keeps what lies in the scope, with its parameters; no roots keep nothing."""
        if EVERYWHERE in self.roots:
            return "TRUE", []
        if not self.roots:
            return "FALSE", []
        return "(" + " OR ".join([f"{path} LIKE %s"] * len(self.roots)) + ")", [f"{r}%" for r in self.roots]

    def contains(self, path: str) -> bool:
        """Whether the unit at this path lies in the scope."""
        return any(root == EVERYWHERE or path.startswith(root) for root in self.roots)

    def _key(self, name: str) -> str:
        digest = hashlib.sha256(",".join(self.roots).encode()).hexdigest()[:24]
        return f"reports:{name}:{timezone.localdate()}:{digest}"

    def kept(self, name: str, count: Callable[["Scope"], T]) -> "Counted[T]":
        """What `count` makes of this scope, at most KEPT seconds old."""
        found = cache.get(self._key(name))
        if found is None:
            found = Counted(count(self), timezone.now())
            cache.set(self._key(name), found, KEPT)
        return found

    def has(self, name: str) -> bool:
        """Whether the numbers are at hand, so that nobody has to wait for them."""
        return cache.has_key(self._key(name))


@dataclass(frozen=True)
class Counted(Generic[T]):
    """Numbers, and when they were counted."""

    numbers: T
    at: datetime
