"""One person's browser, and the day that all of them share."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import random
import re
import struct
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import gevent
from gevent.event import Event
from locust import FastHttpUser
from locust.exception import StopUser

#: Seconds an export or a ranking may take until its owner gives up on it.
LONGEST_JOB = 120.0

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
_STATIC = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg|woff2))"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_NOTICE = re.compile(r'class="notice notice-(\w+)"[^>]*>(.*?)</', re.DOTALL)


class Day:
    """What the players share: the script, the moments of the day, and what they were told."""

    def __init__(self, script: dict[str, Any]) -> None:
        self.script = script
        self.dice = random.Random(script["dice"])  # noqa: S311 - dice, not secrets
        self.begun, self.over = Event(), Event()
        self.ready = 0
        self.coming: list[dict[str, Any]] = list(script["people"])
        self.staff = {kind: list(script[kind]) for kind in ("operators", "planners")}
        #: What was confirmed on the screen: invitation → answers in their order.
        self.answers: dict[int, list[str]] = {}
        #: Files that operators received: SHA-256, and the job that wrote it (0: straight from a page).
        self.files: list[dict[str, Any]] = []
        self.selections = 0
        self.silent = 0
        self.late = 0.0

    def pause(self, least: float, most: float) -> None:
        """Read, think, look out of the window: `least` to `most` seconds, shorter in a hurry."""
        gevent.sleep(self.dice.uniform(least, most) * self.script["pause"])


class Browser(FastHttpUser):
    """One person's browser."""

    abstract = True
    device = DESK

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        # To the proxy it speaks HTTPS; the line from the proxy to the portal is the one that is played.
        self.client.cookiejar.set_policy(DefaultCookiePolicy(secure_protocols=("http", "https")))
        dice = self.day.dice
        self.headers = {
            "User-Agent": self.device,
            "Accept-Language": "id-ID,id;q=0.9",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": f"114.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}",
        }
        self.cached: set[str] = set()
        self.path, self.page = "/", ""

    @property
    def day(self) -> Day:
        shared: Any = self.environment
        day: Day = shared.day
        return day

    def ask(
        self, method: str, path: str, kind: str, data: dict[str, Any] | None = None, *, htmx: bool = False
    ) -> Any:
        """One request, no redirect followed; counted under `kind`, as an error unless it is a 200 or a 302."""
        headers = dict(self.headers)
        if htmx:
            headers |= {"HX-Request": "true", "HX-Current-URL": self._https(self.path)}
        if self.path:
            headers["Referer"] = self._https(self.path)
        body = None
        if method == "POST":
            headers |= {
                "Origin": self._https("").rstrip("/"),
                "Content-Type": "application/x-www-form-urlencoded",
            }
            body = urlencode(data or {}, doseq=True)
        with self.client.request(
            method, path, name=kind, data=body, headers=headers, allow_redirects=False, catch_response=True
        ) as response:
            if response.status_code not in (200, 302):
                response.failure(f"answered {response.status_code or response.error!r}")
            elif "/sign-in/" in (response.headers.get("Location") or "") and "sign in" not in kind:
                response.failure("was sent to sign in")
        return response

    def _https(self, path: str) -> str:
        host = self.host or ""
        return f"https://{urlsplit(host).netloc}{path}"

    def open(self, path: str, kind: str, *, after: str = "") -> str:
        """Open a page, and what it needs that this browser has not kept yet; returns its text.

        `after` names the kind of the pages to which it is redirected.
        """
        response = self.ask("GET", path, kind)
        return self._arrive(response, path, after or kind)

    def send(self, path: str, data: dict[str, Any], kind: str, *, after: str) -> str:
        """Send the form of the page at hand; returns the text of the page to which it leads."""
        token = TOKEN.search(self.page)
        if token is None:
            self.wrong(kind, "the page has no form to send")
            raise StopUser
        data = {"csrfmiddlewaretoken": token[1], **data}
        response = self.ask("POST", path, kind, data)
        return self._arrive(response, path, after)

    def _arrive(self, response: Any, path: str, kind: str) -> str:
        for _hop in range(5):
            if response.status_code != 302:
                break
            path = urljoin(path, response.headers["Location"])
            response = self.ask("GET", path, kind)
        self.path, self.page = path, (response.text or "") if response.status_code == 200 else ""
        for needed in dict.fromkeys(_STATIC.findall(self.page)):
            if needed not in self.cached:
                self.cached.add(needed)
                self.ask("GET", needed, "style sheets, scripts, icons")
        return self.page

    def part(self, path: str, kind: str) -> str:
        """A part of the page, as htmx asks for it."""
        response = self.ask("GET", path, kind, htmx=True)
        return (response.text or "") if response.status_code == 200 else ""

    def wrong(self, kind: str, what: str) -> None:
        self.environment.events.request.fire(
            request_type="–", name=kind, response_time=0, response_length=0, exception=AssertionError(what),
            context={}, response=None, start_time=time.time(), url="",
        )  # fmt: skip

    def told(self) -> tuple[str, str]:
        """The notice on the page: its tone and its words; empty where there is none."""
        found = _NOTICE.search(self.page)
        return (found[1], html.unescape(found[2]).strip()) if found else ("", "")

    def sign_in(self, who: dict[str, Any], kind: str) -> None:
        """By user name and password, and a code of the authenticator app where one is set up."""
        self.open("/sign-in/", f"{kind}: sign in, the form")
        self.day.pause(2, 6)
        self.send(
            "/sign-in/", {"username": who["username"], "password": who["password"], "next": ""},
            f"{kind}: sign in, the password", after=f"{kind}: sign in, what follows",
        )  # fmt: skip
        if who.get("secret"):
            self.send(
                self.path, {"code": code_of(who["secret"])},
                f"{kind}: sign in, the code", after=f"{kind}: sign in, what follows",
            )  # fmt: skip
        if self.path != "/" or not self.page:
            self.wrong(f"{kind}: sign in, the password", f"came to {self.path} instead of the first page")
            raise StopUser

    def wait_for_job(self, kind: str) -> str:
        """Watch the progress on whose page the browser is; returns the finished part, empty when given up."""
        until = time.monotonic() + LONGEST_JOB
        shown, path = self.page, self.path
        while f'hx-get="{path}"' in shown:
            if time.monotonic() > until:
                self.wrong(kind, f"not finished after {LONGEST_JOB:.0f} s")
                return ""
            gevent.sleep(1)  # as the page says
            shown = self.part(path, kind)
        return shown


def code_of(secret: str) -> str:
    """The six digits an authenticator app shows now (RFC 6238)."""
    digest = hmac.new(
        base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1
    ).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"
