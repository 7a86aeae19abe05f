"""The clock of a class: each time people read is the local time of its organiser and carries its zone."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import time_format

from employees.codes import ZONE_NAMES
from trainings.models import Session, TrainingClass
from trainings.papers.wording import long_day

#: Hours that the three zones are ahead of UTC, all the year; none has a summer time.
_AHEAD = {7: "WIB", 8: "WITA", 9: "WIT"}


def zone_of(session: Session) -> str:
    """The zone in which a session's moments are reckoned: WIB, WITA or WIT.

    It is the organiser's, but for a session that had begun, or would clash, when the organiser's was
    changed (docs/adr/0058).
    """
    if session.starts is None or session.starts_at is None:
        return session.training_class.organiser.time_zone
    ahead = datetime.combine(session.day, session.starts, UTC) - session.starts_at
    return _AHEAD[round(ahead / timedelta(hours=1))]


def reckoned_elsewhere(sessions: Iterable[Session], at: datetime | None = None) -> set[str]:
    """The zones, other than the organiser's, of sessions that are still to come; they want a look."""
    now = at or timezone.now()
    return {
        zone_of(one)
        for one in sessions
        if one.starts_at and one.starts_at > now and zone_of(one) != one.training_class.organiser.time_zone
    }


def hours_text(session: Session) -> str:
    """Beginning and end of a session, "08.00–09.30 WITA" (08:00 in English); empty for a self-paced one without times."""
    if session.starts is None or session.ends is None:
        return ""
    return f"{_clock(session.starts)}–{_clock(session.ends)} {zone_of(session)}"


def _clock(value: time) -> str:
    return time_format(value, "TIME_FORMAT")


def moment_text(session: Session, moment: datetime) -> str:
    """A moment on the clock of the session, "07.30 WIT".

    Where it falls on another day than the session there, with that day: "Senin, 5 Mei 2026, 23.40 WIT".
    """
    zone = zone_of(session)
    local = moment.astimezone(ZoneInfo(ZONE_NAMES[zone]))
    words = f"{_clock(local.time())} {zone}"
    return words if local.date() == session.day else f"{long_day(local.date())}, {words}"


def today_of(training_class: TrainingClass, on: date | None = None) -> date:
    """Today where the class is held; after 22.00 WIB that is tomorrow already for an organiser in WIT.

    `on` is today in WIB, the portal's own day; by default the present one.
    """
    now = timezone.now()
    here = now.astimezone(ZoneInfo(ZONE_NAMES["WIB"])).date()
    there = now.astimezone(ZoneInfo(ZONE_NAMES[training_class.organiser.time_zone])).date()
    return (on or here) + timedelta(days=(there - here).days)
