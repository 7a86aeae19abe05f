"""Virtual rooms against a server that speaks the documented interfaces; the personal join link; enrolment."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit
from urllib.request import urlopen

import jwt
import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from audit.errors import Refusal
from tests import factories
from tests.races import at_once
from tests.trainings import running
from trainings import actions, meetings, passes
from trainings.meetings import Guest
from trainings.models import Attendance, Hold, Participation

SECRET = "rahasia-bersama-untuk-uji-saja-32-byte"


class Server:
    """BigBlueButton's `create` and `join`, and a Jitsi that lets in who shows a valid token for the room."""

    def __init__(self) -> None:
        self.meetings: dict[str, int] = {}
        self.joined: list[dict[str, str]] = []
        self.broken = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                call = parts.path.rsplit("/", 1)[-1]
                if outer.broken:
                    self.answer(500, "nothing")
                elif parts.path.startswith("/bigbluebutton/api/"):
                    self.bbb(call, parts.query)
                else:
                    self.jitsi(call, dict(parse_qsl(parts.query)))

            def bbb(self, call: str, query: str) -> None:
                given, _sep, checksum = query.rpartition("&checksum=")
                if hashlib.sha256(f"{call}{given}{SECRET}".encode()).hexdigest() != checksum:
                    self.xml("FAILED", "checksumError", "You did not pass the checksum security check")
                    return
                asked = {key: values[0] for key, values in parse_qs(given, strict_parsing=True).items()}
                if call == "create":
                    outer.meetings[asked["meetingID"]] = outer.meetings.get(asked["meetingID"], 0) + 1
                    self.xml("SUCCESS", "", "")
                elif call == "join" and asked["meetingID"] in outer.meetings:
                    assert asked["role"] in ("MODERATOR", "VIEWER")
                    outer.joined.append(asked)
                    self.answer(200, "in")
                else:
                    self.xml("FAILED", "notFound", "We could not find a meeting with that meeting ID")

            def jitsi(self, room: str, query: dict[str, str]) -> None:
                try:
                    claims = jwt.decode(
                        query["jwt"], SECRET, algorithms=["HS256"], audience="simdiklat", issuer="simdiklat"
                    )
                except (KeyError, jwt.PyJWTError) as error:
                    self.answer(403, str(error))
                    return
                if claims["room"] not in ("*", room) or claims["sub"] not in ("*", "127.0.0.1"):
                    self.answer(403, "another room")
                    return
                outer.joined.append({"room": room, "fullName": claims["context"]["user"]["name"],
                                     "role": claims["context"]["user"]["affiliation"]})  # fmt: skip
                self.answer(200, "in")

            def xml(self, code: str, key: str, message: str) -> None:
                self.answer(200, f"<response><returncode>{code}</returncode><messageKey>{key}</messageKey>"
                                 f"<message>{message}</message></response>")  # fmt: skip

            def answer(self, status: int, body: str) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server(settings) -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, daemon=True)
    thread.start()
    settings.BBB_URL, settings.BBB_SECRET = f"{made.url}/bigbluebutton/api/", SECRET
    settings.JITSI_URL, settings.JITSI_APP_ID, settings.JITSI_APP_SECRET = made.url, "simdiklat", SECRET
    cache.clear()
    yield made
    made.http.shutdown()
    thread.join()
    cache.clear()


def visit(address: str) -> bytes:
    with urlopen(address, timeout=5) as answer:  # noqa: S310 - the server of this test
        return answer.read()


def live(tree, meeting, **fields):
    training_class = running.running_class(tree.bdk, first_day=timezone.localdate())
    return running.lesson(training_class, mode="live", meeting=meeting, **fields)


def test_bigbluebutton_makes_the_room_and_lets_people_in_by_name(server, tree):
    session = live(tree, "bbb", title="Tanya & jawab, sesi 1")
    for guest in (Guest("Siti Nur'aini & Co, S.Ag", "p1"), Guest("Panitia", "u1", moderator=True)):
        assert visit(meetings.address(session, guest)) == b"in"
    assert [(one["fullName"], one["role"]) for one in server.joined] == [
        ("Siti Nur'aini & Co, S.Ag", "VIEWER"), ("Panitia", "MODERATOR"),
    ]  # fmt: skip
    assert list(server.meetings.values()) == [1]  # the second guest found it made


def test_a_wrong_secret_a_broken_and_a_missing_server_are_said(server, tree, settings):
    session = live(tree, "bbb")
    settings.BBB_SECRET = "other"
    with pytest.raises(Refusal, match="checksum"):
        meetings.address(session, Guest("A", "p1"))
    server.broken = True
    with pytest.raises(Refusal):
        meetings.address(session, Guest("A", "p1"))
    settings.BBB_URL = settings.JITSI_URL = ""
    for kind in ("bbb", "jitsi", ""):
        session.meeting = kind
        with pytest.raises(Refusal):
            meetings.address(session, Guest("A", "p1"))
    assert meetings.configured() == []


def test_jitsi_takes_the_token_for_its_room_only(server, tree, settings):
    session = live(tree, "jitsi")
    address = meetings.address(session, Guest('Ali "Bin" Umar', "p1"))
    assert visit(address) == b"in"
    assert server.joined[0]["fullName"] == 'Ali "Bin" Umar'
    with pytest.raises(Exception, match="403"):
        visit(address.replace("simdiklat-", "lain-", 1))
    settings.JITSI_APP_ID = ""
    assert "displayName=%22Ali%20%5C%22Bin%5C%22%20Umar%22" in meetings.address(
        session, Guest('Ali "Bin" Umar', "p1")
    )


def test_the_join_link_needs_no_name_marks_once_and_only_by_entering(client, server, tree, cast):
    session = live(tree, "bbb", starts=time(8), ends=time(9, 30))
    seat = running.seat(session.training_class, cast.employee)
    token = passes.join_token(session.pk, seat.pk)
    page, enter = reverse("trainings:join", args=[token]), reverse("trainings:enter", args=[token])
    at = datetime.combine(session.day, time(8, 10), timezone.get_default_timezone())
    with travel(at - timedelta(hours=2), tick=False):
        assert enter not in client.get(page).content.decode()  # not open yet
    with travel(at, tick=False):
        body = client.get(page).content.decode()
        assert "Sari" in body
        assert not Attendance.objects.exists()
        assert client.get(enter)["Location"] == page  # a scanner that guesses the address marks nobody
        link = body.split(enter, 1)[1].split('"')[0]
        for _turn in range(2):
            sent = client.get(enter + link)
            assert visit(sent["Location"]) == b"in"
    mark = Attendance.objects.get()
    assert (mark.channel, mark.late_minutes) == ("join", 10)
    assert server.joined[0]["fullName"] == cast.employee.full_name
    with travel(at + timedelta(hours=5), tick=False):
        assert client.get(enter + link)["Location"] == page
    seat.state = "released"
    seat.save()
    assert client.get(page).status_code == 404
    assert client.get(reverse("trainings:join", args=[token[:-2] + "zz"])).status_code == 404


def test_the_participants_page_has_the_way_in_and_the_committee_its_own(client, server, tree, cast):
    session = live(tree, "bbb", starts=time(0, 1), ends=time(23, 59))
    seat = running.seat(session.training_class, cast.employee)
    client.force_login(cast.employee_user)
    body = client.get(reverse("trainings:my_class", args=[seat.pk])).content.decode()
    assert passes.join_token(session.pk, seat.pk) in body
    assert "Arsip dinamis" in client.get(reverse("invitations:mine")).content.decode()
    client.force_login(cast.organiser)
    assert visit(client.get(reverse("trainings:host", args=[session.pk]))["Location"]) == b"in"
    assert server.joined[0]["role"] == "MODERATOR"
    client.force_login(cast.operator)
    assert client.get(reverse("trainings:host", args=[session.pk])).status_code == 403


# --- Self-enrolment ---------------------------------------------------------------------------------


@pytest.fixture
def webinar(tree):
    return factories.training_class(
        factories.programme("WEB-1", kind="WEBINAR", method="WEBINAR", jp=4), tree.bdk, [tree.east],
        self_enrolment=True, seats=2,
    )  # fmt: skip


def account(tree, unit=None, **fields):
    person = factories.employee(unit or tree.madrasah, **fields)
    person.user = get_user_model().objects.create_user(person.nip, person.email, "x")
    person.save()
    return person


def test_an_employee_takes_a_seat_and_gives_it_back(client, webinar, cast):
    client.force_login(cast.employee_user)
    listed = reverse("trainings:open_classes")
    assert reverse("trainings:enrol", args=[webinar.pk]) in client.get(listed).content.decode()
    sent = client.post(reverse("trainings:enrol", args=[webinar.pk]))
    seat = Participation.objects.get()
    assert sent["Location"] == reverse("trainings:my_class", args=[seat.pk])
    assert (seat.state, seat.source) == ("confirmed", "self")
    client.post(reverse("trainings:enrol", args=[webinar.pk]))
    assert Participation.objects.count() == 1
    client.post(reverse("trainings:leave", args=[seat.pk]))
    seat.refresh_from_db()
    assert seat.state == "released"


@pytest.mark.parametrize(
    "problem", ["closed", "area", "status", "hold", "pppk", "inactive", "overlap", "begun"]
)
def test_who_may_not_enrol_is_told_why(webinar, tree, problem):
    person = account(
        tree, tree.semarang if problem == "area" else None, status="PPPK" if problem == "pppk" else "PNS"
    )
    today = timezone.localdate()
    if problem == "closed":
        type(webinar).objects.update(self_enrolment=False)
    elif problem == "begun":
        type(webinar).objects.update(
            first_day=today - timedelta(days=1), confirm_by=today - timedelta(days=3)
        )
    elif problem == "status":
        webinar.programme.target_statuses = ["PPPK"]
        webinar.programme.save()
    elif problem == "hold":
        Hold.objects.create(employee=person, until=today + timedelta(days=5), reason="x")
    elif problem == "pppk":
        webinar.programme.jp = 25  # more than the ceiling of a year by itself
        webinar.programme.save()
    elif problem == "inactive":
        person.activity = "CLTN"
        person.save()
    elif problem == "overlap":
        other = factories.training_class(factories.programme("X"), tree.bdk, first_day=webinar.first_day)
        running.seat(other, person)
    with pytest.raises(Refusal):
        actions.enrol(training_class=webinar, by=person.user)
    assert not webinar.participations.exists()


@pytest.mark.django_db(transaction=True)
def test_the_last_seat_goes_to_one_of_many(tree, cast):
    webinar = factories.training_class(
        factories.programme("WEB-1", kind="WEBINAR", method="WEBINAR", jp=4), tree.bdk, [tree.east],
        self_enrolment=True, seats=2,
    )  # fmt: skip
    people = [account(tree) for _turn in range(6)]
    found = at_once(*(lambda p=p: actions.enrol(training_class=webinar, by=p.user) for p in people))
    assert sum(isinstance(one, Refusal) for one in found) == 4
    webinar.refresh_from_db()
    assert webinar.seats_taken == 2


def test_the_planner_opens_and_closes_the_enrolment(client, webinar, cast):
    client.force_login(cast.organiser)
    address = reverse("trainings:open_enrolment", args=[webinar.pk])
    for value, is_open in (("0", False), ("1", True)):
        client.post(address, {"open": value})
        webinar.refresh_from_db()
        assert webinar.self_enrolment is is_open
    assert client.get(reverse("invitations:class", args=[webinar.pk])).status_code == 200
    client.force_login(cast.operator)
    assert client.post(address, {"open": "0"}).status_code == 403
