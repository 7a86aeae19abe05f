"""Signed codes of attendance: the room's rotating QR, a participant's personal code, the personal join link.

The room's code names its session and a step of twenty seconds of the server's clock, so it tells when it
was on the screen: a clock of a phone that is wrong changes nothing, and a photograph of it is soon stale.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

#: Seconds for which one code is on the screen.
STEP_SECONDS = 20
#: A code is taken for so many seconds after its step began: time to scan and to load the page.
FRESH_SECONDS = 90
_ROOM, _PERSON, _JOIN = "trainings.room", "trainings.person", "trainings.join"
_LETTERS = 26


@dataclass(frozen=True)
class RoomCode:
    """What the room's QR says: which session, and when it was on the screen."""

    session_id: int
    shown_at: datetime

    def fresh(self, at: datetime) -> bool:
        """Whether it may be used at this moment of the server's clock."""
        return timedelta(seconds=-STEP_SECONDS) <= at - self.shown_at <= timedelta(seconds=FRESH_SECONDS)


def room_code(session_id: int, at: datetime) -> str:
    """The code on the room's screen at this moment."""
    step = int(at.timestamp()) // STEP_SECONDS
    return f"{session_id}.{step}.{_sign(_ROOM, f'{session_id}.{step}')}"


def read_room_code(text: str) -> RoomCode | None:
    """What a room's code says; None when it is none, or forged. The address around it may be given too."""
    session, step, signature = _parts(text, 3)
    if not (session.isdigit() and step.isdigit() and len(session) < 19 and len(step) < 12):
        return None
    if not constant_time_compare(signature, _sign(_ROOM, f"{session}.{step}")):
        return None
    return RoomCode(int(session), datetime.fromtimestamp(int(step) * STEP_SECONDS, UTC))


def person_code(participation_id: int) -> str:
    """A participant's personal code for one class."""
    return f"P{participation_id}.{_sign(_PERSON, str(participation_id))}"


def read_person_code(text: str) -> int | None:
    """The participation a personal code names; None when it is none, or forged."""
    name, signature = _parts(text, 2)
    if name[:1] != "P" or not name[1:].isdigit() or len(name) > 19:
        return None
    return int(name[1:]) if constant_time_compare(signature, _sign(_PERSON, name[1:])) else None


def join_token(session_id: int, participation_id: int) -> str:
    """The token of a personal join link; it opens one session for one participant."""
    return signing.Signer(salt=_JOIN).sign_object([session_id, participation_id])


def read_join_token(token: str) -> tuple[int, int] | None:
    """Session and participation of a join link; None when it is forged or damaged."""
    try:
        session, participation = signing.Signer(salt=_JOIN).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(session), int(participation)


def _parts(text: str, number: int) -> list[str]:
    """The code's parts, of the last piece of an address; blanks when they are not so many."""
    found = text.strip().rstrip("/").rsplit("/", 1)[-1].split(".")
    return found if len(found) == number else [""] * number


def _sign(salt: str, value: str) -> str:
    return salted_hmac(salt, value, algorithm="sha256").hexdigest()[:_LETTERS]
