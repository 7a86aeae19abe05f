"""Virtual rooms: where a person enters a session, with the own name already known.

Any meeting's address is entered as it is. Jitsi takes a JSON Web Token with the name where the server asks
for one (JITSI_APP_ID and JITSI_APP_SECRET), and the name in the address where it does not. BigBlueButton is
spoken to by its documented interface: `create` (repeating it is harmless), then `join`, each call with the
SHA-256 checksum of call, query and secret.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, urlencode, urlsplit

import jwt
import requests
from defusedxml import ElementTree
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import Refusal
from trainings.models import Session

#: Seconds that a meeting server may take.
TIMEOUT = 10
#: Seconds for which a room that was made is not made again.
_REMEMBERED = 300


@dataclass(frozen=True)
class Guest:
    """Who enters: the name shown, an id that the server keeps, and whether it is the committee."""

    name: str
    key: str
    moderator: bool = False


def address(session: Session, guest: Guest) -> str:
    """Where this guest enters the session's room.

    Refusal when the session has none, its server is not configured, or does not answer as documented.
    """
    if session.meeting == Session.Meeting.ADDRESS:
        return session.meeting_address
    if session.meeting == Session.Meeting.JITSI:
        return _jitsi(session, guest)
    if session.meeting == Session.Meeting.BBB:
        return _bigbluebutton(session, guest)
    raise Refusal(_("This session has no virtual room."), code="meeting")


def configured() -> list[str]:
    """The kinds of rooms that can be made here, beside any meeting's address."""
    known = ((Session.Meeting.JITSI, settings.JITSI_URL), (Session.Meeting.BBB, settings.BBB_URL))
    return [str(kind) for kind, url in known if url]


def _jitsi(session: Session, guest: Guest) -> str:
    base = settings.JITSI_URL.rstrip("/")
    if not base:
        raise Refusal(_("No Jitsi server is configured. Tell the portal's operator."), code="meeting")
    room = f"simdiklat-{session.meeting_key.hex}"
    shown = f"#userInfo.displayName={quote(_quoted(guest.name))}"
    if not settings.JITSI_APP_ID:
        return f"{base}/{room}{shown}"
    now = timezone.now()
    ends = session.ends_at or now
    claims = {
        "aud": settings.JITSI_APP_ID,
        "iss": settings.JITSI_APP_ID,
        "sub": urlsplit(base).hostname or "*",
        "room": room,
        "nbf": int((now - timedelta(minutes=1)).timestamp()),
        "exp": int((max(ends, now) + timedelta(hours=1)).timestamp()),
        "moderator": guest.moderator,
        "context": {
            "user": {
                "id": guest.key,
                "name": guest.name,
                "affiliation": "owner" if guest.moderator else "member",
            }
        },
    }
    token = jwt.encode(claims, settings.JITSI_APP_SECRET, algorithm="HS256")
    return f"{base}/{room}?jwt={token}"


def _quoted(text: str) -> str:
    """The text as a JSON string, as Jitsi reads values in the address."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bigbluebutton(session: Session, guest: Guest) -> str:
    base = settings.BBB_URL.rstrip("/")
    if not base:
        raise Refusal(_("No BigBlueButton server is configured. Tell the portal's operator."), code="meeting")
    meeting = f"simdiklat-{session.meeting_key.hex}"
    made = f"bbb:{meeting}"
    if not cache.get(made):
        answer = _call(base, "create", {"name": session.name[:100], "meetingID": meeting, "record": "false"})
        if answer.get("returncode") != "SUCCESS":
            raise Refusal(
                _("The meeting server did not make the room: %(why)s.") % {"why": answer.get("message", "?")},
                code="meeting",
            )
        cache.set(made, True, _REMEMBERED)
    role = "MODERATOR" if guest.moderator else "VIEWER"
    query = {
        "fullName": guest.name,
        "meetingID": meeting,
        "role": role,
        "userID": guest.key,
        "redirect": "true",
    }
    return _signed(base, "join", query)


def _signed(base: str, call: str, parameters: dict[str, str]) -> str:
    query = urlencode(parameters)
    checksum = hashlib.sha256(f"{call}{query}{settings.BBB_SECRET}".encode()).hexdigest()
    return f"{base}/{call}?{query}&checksum={checksum}"


def _call(base: str, call: str, parameters: dict[str, str]) -> dict[str, str]:
    """One call of the interface; its answer as name and text."""
    try:
        answer = requests.get(_signed(base, call, parameters), timeout=TIMEOUT)
        answer.raise_for_status()
        return {child.tag: child.text or "" for child in ElementTree.fromstring(answer.content)}
    except (requests.RequestException, ElementTree.ParseError) as error:
        raise Refusal(
            _("The meeting server does not answer. Try again in a minute."), code="meeting"
        ) from error
