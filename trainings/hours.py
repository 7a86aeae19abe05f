"""Hours and shares of an agenda as plain functions: one JP (jam pelajaran) is 45 minutes."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

MINUTES_PER_JP = 45
#: Timed hours that a day can hold: nine hours of lessons. More is a slip of the pen.
MOST_JP_A_DAY = 12


def jp_of(minutes: int) -> Decimal:
    """Minutes as JP, rounded half up to two decimals."""
    return (Decimal(minutes) / MINUTES_PER_JP).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Shares:
    """Minutes of lessons by where they are given, and the shares in percent (together 100, or both 0)."""

    online: int
    classroom: int

    @property
    def minutes(self) -> int:
        return self.online + self.classroom

    @property
    def jp(self) -> Decimal:
        return jp_of(self.minutes)

    @property
    def online_percent(self) -> Decimal:
        if not self.minutes:
            return Decimal(0)
        return (Decimal(100) * self.online / self.minutes).quantize(Decimal("0.1"), ROUND_HALF_UP)

    @property
    def classroom_percent(self) -> Decimal:
        return Decimal(100) - self.online_percent if self.minutes else Decimal(0)

    def keeps(self, planned_online: int | None, tolerance: int) -> bool:
        """Whether the online share lies within `tolerance` points of the plan; no plan is always kept."""
        return planned_online is None or abs(self.online_percent - planned_online) <= tolerance


def shares(lessons: Iterable[tuple[int, bool]]) -> Shares:
    """Shares of lessons given as (minutes, online)."""
    online = classroom = 0
    for minutes, is_online in lessons:
        if is_online:
            online += minutes
        else:
            classroom += minutes
    return Shares(online=online, classroom=classroom)
