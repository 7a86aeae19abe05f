"""The clock of a class: each time people read is the local time of its organiser and carries its zone."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from employees.codes import ZONE_NAMES
from trainings.models import Session, TrainingClass
from trainings.papers.wording import long_day


def hours_text(session: Session) -> str:
    """Beginning and end of a session, "08.00–09.30 WITA"; empty for a self-paced one without times."""
    if session.starts is None or session.ends is None:
        return ""
    zone = session.training_class.organiser.time_zone
    return f"{session.starts:%H.%M}–{session.ends:%H.%M} {zone}"


def moment_text(session: Session, moment: datetime) -> str:
    """A moment on the clock of the session's class, "07.30 WIT".

    Where it falls on another day than the session there, with that day: "Senin, 5 Mei 2026, 23.40 WIT".
    """
    organiser = session.training_class.organiser
    local = moment.astimezone(ZoneInfo(ZONE_NAMES[organiser.time_zone]))
    words = f"{local:%H.%M} {organiser.time_zone}"
    return words if local.date() == session.day else f"{long_day(local.date())}, {words}"


def today_of(training_class: TrainingClass, on: date | None = None) -> date:
    """Today where the class is held; after 22.00 WIB that is tomorrow already for an organiser in WIT.

    `on` is today in WIB, the portal's own day; by default the present one.
    """
    now = timezone.now()
    here = now.astimezone(ZoneInfo(ZONE_NAMES["WIB"])).date()
    there = now.astimezone(ZoneInfo(ZONE_NAMES[training_class.organiser.time_zone])).date()
    return (on or here) + timedelta(days=(there - here).days)
