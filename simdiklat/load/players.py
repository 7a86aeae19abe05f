"""The people of an invitation day, played by Locust against a running portal.

A process of its own, started by path and without Django: Locust changes Python's sockets for all of it.
Its script (JSON, written by `world`) says who comes, with which links and passwords; its report (JSON)
says how long each kind of request took and what each person was told.

    python -P players.py script.json report.json

They do as browsers do: cookies, tokens and redirects, the style sheets and scripts of a page once for each
browser, an address of their own in X-Forwarded-For as the portal's proxy would write it.
"""

# First, before anything opens a socket.
from locust import FastHttpUser, events, task  # isort: skip
from locust.env import Environment  # isort: skip
from locust.exception import StopUser  # isort: skip

import base64
import hashlib
import hmac
import html
import json
import random
import re
import struct
import sys
import time
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import gevent
from gevent.event import Event

#: Seconds that may pass after the last arrival until everybody has finished.
PATIENCE = 180.0
#: Seconds an export or a ranking may take until its owner gives up on it.
LONGEST_JOB = 120.0

_PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"
_DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
_STATIC = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg|woff2))"')
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
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


DAY: Day


class Browser(FastHttpUser):
    """One person's browser."""

    abstract = True
    device = _DESK

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        # To the proxy it speaks HTTPS; the line from the proxy to the portal is the one that is played.
        self.client.cookiejar.set_policy(DefaultCookiePolicy(secure_protocols=("http", "https")))
        dice = DAY.dice
        self.headers = {
            "User-Agent": self.device,
            "Accept-Language": "id-ID,id;q=0.9",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": f"114.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}",
        }
        self.cached: set[str] = set()
        self.path, self.page = "/", ""

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
        token = _TOKEN.search(self.page)
        if token is None:
            self._wrong(kind, "the page has no form to send")
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

    def _wrong(self, kind: str, what: str) -> None:
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
        DAY.pause(2, 6)
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
            self._wrong(f"{kind}: sign in, the password", f"came to {self.path} instead of the first page")
            raise StopUser

    def wait_for_job(self, kind: str) -> str:
        """Watch the progress on whose page the browser is; returns the finished part, empty when given up."""
        until = time.monotonic() + LONGEST_JOB
        shown, path = self.page, self.path
        while f'hx-get="{path}"' in shown:
            if time.monotonic() > until:
                self._wrong(kind, f"not finished after {LONGEST_JOB:.0f} s")
                return ""
            gevent.sleep(1)  # as the page says
            shown = self.part(path, kind)
        return shown


class Employee(Browser):
    """Somebody invited: opens the link in the mail, or signs in, and answers, mostly."""

    device = _PHONE

    @task
    def visit(self) -> None:
        """Once; then the browser is closed."""
        person = DAY.coming.pop()
        mind = DAY.dice.random()
        answers = (
            ["accept"] if mind < 0.62 else ["decline"] if mind < 0.86 else ["accept", "decline"] if mind < 0.9 else []
        )  # fmt: skip
        if not answers:
            DAY.silent += 1
        if person["signs_in"]:
            self.in_the_portal(person, answers)
        else:
            self.by_the_link(person, answers)
        raise StopUser

    def by_the_link(self, person: dict[str, Any], answers: list[str]) -> None:
        """The page behind the signed link in the mail, without signing in."""
        self.open(person["link"], "link: read the invitation")
        for answer in answers:
            DAY.pause(6, 40)
            self.answer(person, answer, person["link"], "link")

    def in_the_portal(self, person: dict[str, Any], answers: list[str]) -> None:
        """Signed in: one's own page with the history, why one was invited, the invitation, the answer."""
        self.sign_in(person, "employee")
        DAY.pause(4, 20)
        self.open("/me/why/", "employee: why me, why not")
        DAY.pause(4, 20)
        own = f"/undangan/{person['invitation']}/"
        for answer in answers:
            self.open(own, "employee: the invitation")
            DAY.pause(4, 20)
            if answer == "decline":
                self.open(f"{own}decline/", "employee: the reasons for declining")
                DAY.pause(4, 12)
            self.answer(person, answer, f"{own}{answer}/", "employee")

    def answer(self, person: dict[str, Any], answer: str, path: str, way: str) -> None:
        """Send the answer, one in twenty twice at once; what the page then says is what counts."""
        data = {"answer": answer}
        if answer == "decline":
            data["reason"] = DAY.dice.choice(DAY.script["reasons"])
            data["text"] = "Ada tugas lain." if data["reason"] == "LAINNYA" else ""
        kind = f"{way}: answer"
        twice = None
        if DAY.dice.random() < 0.05:
            token = _TOKEN.search(self.page)
            again = {"csrfmiddlewaretoken": token[1] if token else "", **data}
            twice = gevent.spawn(self.ask, "POST", path, kind, again)
        self.send(path, data, kind, after=f"{way}: after the answer")
        if twice is not None:
            twice.join()
        tone, words = self.told()
        if tone == "success":
            DAY.answers.setdefault(person["invitation"], []).append(answer)
        else:
            self._wrong(kind, f"not confirmed: {words or 'the page says nothing'}")


class _Staff(Browser):
    """Somebody with a role: signs in before the day begins, works in rounds until it is over."""

    abstract = True
    kind = ""

    def on_start(self) -> None:
        self.who = DAY.staff[f"{self.kind}s"].pop()
        try:
            self.sign_in(self.who, self.kind)
        finally:
            DAY.ready += 1
        DAY.begun.wait()
        DAY.pause(0, 30)

    @task
    def day(self) -> None:
        while True:
            for step in self.steps():
                if DAY.over.is_set():
                    raise StopUser
                step()
                DAY.pause(5, 25)

    def steps(self) -> list[Any]:
        raise NotImplementedError

    def look(self, path: str, kind: str) -> Any:
        return lambda: self.open(path, f"{self.kind}: {kind}")

    def class_of(self) -> int:
        return int(DAY.dice.choice(self.who["classes"]))

    def received(self, content: bytes | None, job: int) -> None:
        DAY.files.append({"sha256": hashlib.sha256(content or b"").hexdigest(), "job": job})


class Operator(_Staff):
    """Looks who has answered, looks people up, takes lists away."""

    kind = "operator"

    def steps(self) -> list[Any]:
        name = DAY.dice.choice(DAY.script["names"])
        return [
            self.look("/", "first page"),
            self.look("/invitations/", "invitations"),
            lambda: self.export("invitations", "xlsx"),
            self.look("/invitations/?state=declined", "invitations, filtered"),
            self.look(f"/classes/{self.class_of()}/?step=replies", "a class's replies"),
            self.download,
            self.look("/employees/", "people"),
            lambda: self.part(f"/search/?q={name}", "operator: search while typing"),
            self.look(f"/employees/?q={name}", "people, search for a name"),
            self.person,
            self.look("/employees/?status=PNS", "people, filtered"),
            lambda: self.export("employees", "csv"),
        ]

    def person(self) -> None:
        found = re.findall(r'href="(/employees/\d+/)"', self.page)
        if found:
            self.open(DAY.dice.choice(found), "operator: a person")

    def download(self) -> None:
        """The list of names of a class, straight from its page."""
        kind = DAY.dice.choice(["xlsx", "xlsx", "csv", "pdf"])
        response = self.ask(
            "GET", f"/classes/{self.class_of()}/list.{kind}", "operator: a class's list of names"
        )
        if response.status_code == 200:
            self.received(response.content, 0)

    def export(self, name: str, kind: str) -> None:
        """The rows of the list at hand as a file, which a worker writes."""
        query = dict(re.findall(r"(\w+)=([^&]+)", urlsplit(self.path).query))
        progress = "operator: export, its progress"
        self.send(f"/export/{name}.{kind}", query, "operator: export, begun", after=progress)
        file = re.search(r'href="(/jobs/(\d+)/file/)"', self.wait_for_job(progress))
        if file is None:
            self._wrong("operator: export, the file", "the export came to no file")
            return
        response = self.ask("GET", file[1], "operator: export, the file")
        if response.status_code == 200:
            self.received(response.content, int(file[2]))


class Planner(_Staff):
    """Prepares further classes while the invited answer: previews, what-ifs, now and then a selection."""

    kind = "planner"

    def steps(self) -> list[Any]:
        own = self.who["plans"]
        plan = DAY.dice.choice(own) if own else None
        look = self.look("/", "first page")
        if plan is None:
            preparing = [look]
        else:
            preparing = [
                look,
                self.look(f"/classes/{plan}/", "a class to plan"),
                lambda: self.part(f"/classes/{plan}/preview/", "planner: preview"),
                lambda: self.what_if(plan),
                lambda: self.part(f"/classes/{plan}/preview/", "planner: preview"),
                lambda: self.select(plan),
            ]
        return [
            *preparing,
            self.look("/classes/", "classes"),
            self.look(f"/classes/{self.class_of()}/?step=replies", "a class's replies"),
            self.look("/calendar/", "calendar"),
            self.look(f"/employees/?q={DAY.dice.choice(DAY.script['names'])}", "people, search for a name"),
        ]

    def what_if(self, plan: int) -> None:
        """The comparison as planned, then with ten seats more."""
        path = f"/classes/{plan}/what-if/"
        shown = self.part(path, "planner: what if")
        fields = dict(re.findall(r'name="(seats|reserve|unit_cap)" value="(\d+)"', shown))
        if len(fields) < 3:
            return
        fields["seats"] = str(int(fields["seats"]) + 10)
        DAY.pause(4, 10)
        self.part(f"{path}?{urlencode({**fields, 'allocation': 'NASIONAL'})}", "planner: what if")

    def select(self, plan: int) -> None:
        """Start the selection, watch it ranked, look at the proposal. Each class once."""
        self.who["plans"].remove(plan)
        self.open(f"/classes/{plan}/select/", "planner: start a selection, the question")
        progress = "planner: selection, its progress"
        self.send(f"/classes/{plan}/select/", {}, "planner: start a selection", after=progress)
        found = re.search(r'href="(/selections/\d+/)"', self.wait_for_job(progress))
        if found is None:
            self._wrong(progress, "the selection came to no proposal")
            return
        DAY.selections += 1
        self.open(found[1], "planner: the proposal")


def code_of(secret: str) -> str:
    """The six digits an authenticator app shows now (RFC 6238)."""
    digest = hmac.new(
        base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1
    ).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def arrivals(runner: Any) -> None:
    """Employees come by themselves, at random moments at the day's rate, however long the answers take."""
    rate, ends = DAY.script["rate"], time.monotonic() + DAY.script["seconds"]
    due = time.monotonic()
    while DAY.coming:
        due += DAY.dice.expovariate(rate)
        if due > ends:
            break
        gevent.sleep(max(0.0, due - time.monotonic()))
        DAY.late = max(DAY.late, time.monotonic() - due)
        # Each takes its person from the list as it starts.
        runner.spawn_users({"Employee": 1})
        gevent.sleep(0)


def play(script: dict[str, Any]) -> dict[str, Any]:
    """The whole day; returns the report."""
    global DAY
    DAY = Day(script)
    Browser.host = script["base"]
    env = Environment(user_classes=[Employee, Operator, Planner], events=events, catch_exceptions=True)  # fmt: skip
    runner = env.create_local_runner()
    staff = {"Operator": len(script["operators"]), "Planner": len(script["planners"])}
    runner.spawn_users(staff)
    while DAY.ready < sum(staff.values()):
        gevent.sleep(0.05)
    failed = list(env.stats.errors.values())
    env.stats.clear_all()
    began, cpu = time.monotonic(), time.process_time()
    Path(script["begun"]).touch()
    DAY.begun.set()
    arrivals(runner)
    played = time.monotonic() - began
    DAY.over.set()
    until = time.monotonic() + PATIENCE
    while runner.user_count and time.monotonic() < until:
        gevent.sleep(0.05)
    report = {
        "played": played,
        "seconds": time.monotonic() - began,
        "processor": time.process_time() - cpu,
        "late": DAY.late,
        "failed_before": sum(error.occurrences for error in failed),
        "unfinished": runner.user_count,
        "silent": DAY.silent,
        "selections": DAY.selections,
        "answers": DAY.answers,
        "files": DAY.files,
        "kinds": [
            {
                "kind": entry.name,
                "count": entry.num_requests,
                "errors": entry.num_failures,
                "longest": entry.max_response_time,
                "times": sorted(entry.response_times.items()),
            }
            for entry in env.stats.entries.values()
        ],
        "errors": [
            {"kind": error.name, "error": str(error.error), "count": error.occurrences}
            for error in [*failed, *env.stats.errors.values()]
        ],
        "exceptions": [
            {"error": one["msg"], "trace": one["traceback"], "count": one["count"]}
            for one in runner.exceptions.values()
        ],
    }
    runner.quit()
    return report


if __name__ == "__main__":
    script_file, report_file = map(Path, sys.argv[1:3])
    found = play(json.loads(script_file.read_text()))
    report_file.write_text(json.dumps(found))
