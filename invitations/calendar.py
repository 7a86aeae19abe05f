"""The calendar file that goes with an invitation (RFC 5545 and 5546).

Outlook breaks on files without a zone definition and calendars double what has no stable identity: hence a
VTIMEZONE, one UID for each invitation and a SEQUENCE that only grows.
"""

from datetime import date, datetime, time, timedelta
from email.utils import parseaddr
from functools import cache
from typing import Any

from django.conf import settings
from icalendar import (
    Calendar,
    Event,
    Timezone,
    TimezoneStandard,
    vCalAddress,
    vText,
)

from employees.codes import ZONE_NAMES

#: Indonesia has no summer time: the offset of each zone holds the whole year.
OFFSETS = {"WIB": timedelta(hours=7), "WITA": timedelta(hours=8), "WIT": timedelta(hours=9)}


def calendar_file(
    context: dict[str, Any], *, stamp: datetime, attendee: str, attendee_name: str, cancelled: bool = False
) -> bytes:
    """The `.ics` of one invitation; the same arguments always give the same bytes.

    `context` is a message's: class_name, first_day, last_day (ISO), place, organiser, zone (WIB, WITA,
    WIT), uid, sequence, url_path; with `starts_at` and `ends_at` ("08:00") the event has these times on its
    first and last day, without them it lasts whole days. `cancelled` takes it out of calendars again.
    """
    zone = context.get("zone") or "WIB"
    event = Event()
    event.add("uid", f"{context['uid']}@{_domain()}")
    event.add("sequence", int(context.get("sequence") or 0))
    event.add("dtstamp", stamp)
    event.add("summary", context["class_name"])
    first, last = date.fromisoformat(context["first_day"]), date.fromisoformat(context["last_day"])
    if context.get("starts_at") and context.get("ends_at"):
        for name, day, clock in (("dtstart", first, "starts_at"), ("dtend", last, "ends_at")):
            event.add(name, datetime.combine(day, time.fromisoformat(context[clock])))
            event[name.upper()].params["TZID"] = ZONE_NAMES[zone]
    else:
        event.add("dtstart", first)
        event.add("dtend", last + timedelta(days=1))  # the end of whole days is exclusive
    if context.get("place"):
        event.add("location", context["place"])
    if context.get("url_path"):
        event.add("url", settings.PORTAL_URL + context["url_path"])
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    event.add("organizer", _party(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], context.get("organiser", "")))
    guest = _party(attendee, attendee_name)
    # The answer counts in the portal, not by the calendar's own buttons.
    guest.params["RSVP"] = vText("FALSE")
    guest.params["ROLE"] = vText("REQ-PARTICIPANT")
    event.add("attendee", guest)
    return _frame(zone, "CANCEL" if cancelled else "REQUEST") + event.to_ical() + _END


_END = b"END:VCALENDAR\r\n"


@cache
def _frame(zone: str, method: str) -> bytes:
    """What comes before the event: the same for every invitation of a zone, so it is written once."""
    calendar = Calendar()
    calendar.add("prodid", "-//Simdiklat//Kementerian Agama//ID")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(_zone(zone))
    return calendar.to_ical().removesuffix(_END)


def _zone(zone: str) -> Timezone:
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1988, 1, 1))  # the zones' present borders and offsets
    standard.add("tzoffsetfrom", OFFSETS[zone])
    standard.add("tzoffsetto", OFFSETS[zone])
    standard.add("tzname", zone)
    definition = Timezone()
    definition.add("tzid", ZONE_NAMES[zone])
    definition.add_component(standard)
    return definition


def _party(address: str, name: str) -> vCalAddress:
    party = vCalAddress(f"mailto:{address}")
    if name:
        # Parameters cannot hold a quotation mark or control characters (RFC 5545, 3.2).
        party.params["CN"] = vText("".join(c for c in name if c.isprintable()).replace('"', "'"))
    return party


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
