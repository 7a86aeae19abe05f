"""The calendar file, read back by the library and looked at byte by byte."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from invitations.calendar import calendar_file

CONTEXT = {
    "class_name": "Pelatihan Moderasi, Angkatan III; tahap 1\nlanjutan yang namanya sengaja dibuat sangat "
    "panjang — supaya baris dilipat",
    "first_day": "2026-12-07",
    "last_day": "2026-12-11",
    "place": "Aula A, Gedung 2; Surabaya",
    "organiser": 'BDK "Surabaya": Jawa Timur',
    "zone": "WIB",
    "uid": "invitation-17",
    "sequence": 0,
    "url_path": "/undangan/17/",
}
STAMP = datetime(2026, 11, 1, 2, 3, 4, tzinfo=UTC)


def made(**changes) -> bytes:
    arguments = {
        "stamp": STAMP,
        "attendee": "sari@contoh.invalid",
        "attendee_name": 'Dra. Sari "Wulan", M.Pd.',
        "cancelled": changes.pop("cancelled", False),
    }
    return calendar_file({**CONTEXT, **changes}, **arguments)


def event_of(content: bytes):
    calendar = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


@pytest.mark.parametrize(
    ("zone", "name", "hours"),
    [("WIB", "Asia/Jakarta", 7), ("WITA", "Asia/Makassar", 8), ("WIT", "Asia/Jayapura", 9)],
)
def test_times_are_in_the_zone_of_the_class(zone, name, hours):
    content = made(zone=zone, starts_at="08:00", ends_at="16:30")
    calendar, event = event_of(content)
    (definition,) = calendar.walk("VTIMEZONE")
    assert definition["TZID"] == name
    assert f"DTSTART;TZID={name}:20261207T080000" in content.decode()
    assert f"TZOFFSETTO:+0{hours}00" in content.decode()
    assert event["DTSTART"].dt.utcoffset() == timedelta(hours=hours)
    assert event["DTEND"].dt.replace(tzinfo=None) == datetime(2026, 12, 11, 16, 30)


def test_whole_days_end_on_the_day_after():
    _calendar, event = event_of(made())
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2026, 12, 7), date(2026, 12, 12))


def test_an_invitation_is_requested_and_a_withdrawal_cancels_the_same_event():
    asked, event = event_of(made())
    gone, cancelled = event_of(made(cancelled=True, sequence=1))
    assert (asked["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("REQUEST", "CONFIRMED", 0)
    assert (gone["METHOD"], cancelled["STATUS"], cancelled["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert event["UID"] == cancelled["UID"] == "invitation-17@kemenag.invalid"


def test_special_characters_come_back_as_they_were():
    _calendar, event = event_of(made())
    assert str(event["SUMMARY"]) == CONTEXT["class_name"]
    assert str(event["LOCATION"]) == CONTEXT["place"]
    assert event["ATTENDEE"].params["CN"] == "Dra. Sari 'Wulan', M.Pd."
    assert event["ATTENDEE"] == "mailto:sari@contoh.invalid"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"


def test_lines_are_folded_at_75_octets_and_end_with_crlf():
    lines = made().split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert any(line.startswith(b" ") for line in lines)
    assert b"\n" not in b"".join(lines)


def test_a_name_cannot_add_a_property():
    content = made(organiser="BDK\r\nATTENDEE:mailto:lain@contoh.invalid")
    _calendar, event = event_of(content)
    assert event["ATTENDEE"] == "mailto:sari@contoh.invalid"


def test_repeated_it_is_the_same_file():
    assert made() == made()
