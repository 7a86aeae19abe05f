"""Those who come on the day: the invited, regional operators, planners."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

import gevent
from browser import PHONE, TOKEN, Browser
from locust import task
from locust.exception import StopUser


class Employee(Browser):
    """Somebody invited: opens the link in the mail, or signs in, and answers, mostly."""

    device = PHONE

    @task
    def visit(self) -> None:
        """Once; then the browser is closed."""
        person = self.day.coming.pop()
        mind = self.day.dice.random()
        answers = (
            ["accept"] if mind < 0.62 else ["decline"] if mind < 0.86 else ["accept", "decline"] if mind < 0.9 else []
        )  # fmt: skip
        if not answers:
            self.day.silent += 1
        if person["signs_in"]:
            self.in_the_portal(person, answers)
        else:
            self.by_the_link(person, answers)
        raise StopUser

    def by_the_link(self, person: dict[str, Any], answers: list[str]) -> None:
        """The page behind the signed link in the mail, without signing in."""
        self.open(person["link"], "link: read the invitation")
        for answer in answers:
            self.day.pause(6, 40)
            self.answer(person, answer, person["link"], "link")

    def in_the_portal(self, person: dict[str, Any], answers: list[str]) -> None:
        """Signed in: one's own page with the history, why one was invited, the invitation, the answer."""
        self.sign_in(person, "employee")
        self.day.pause(4, 20)
        self.open("/me/why/", "employee: why me, why not")
        self.day.pause(4, 20)
        own = f"/undangan/{person['invitation']}/"
        for answer in answers:
            self.open(own, "employee: the invitation")
            self.day.pause(4, 20)
            if answer == "decline":
                self.open(f"{own}decline/", "employee: the reasons for declining")
                self.day.pause(4, 12)
            self.answer(person, answer, f"{own}{answer}/", "employee")

    def answer(self, person: dict[str, Any], answer: str, path: str, way: str) -> None:
        """Send the answer, one in twenty twice at once; what the page then says is what counts."""
        data = {"answer": answer}
        if answer == "decline":
            data["reason"] = self.day.dice.choice(self.day.script["reasons"])
            data["text"] = "Ada tugas lain." if data["reason"] == "LAINNYA" else ""
        kind = f"{way}: answer"
        twice = None
        if self.day.dice.random() < 0.05:
            token = TOKEN.search(self.page)
            again = {"csrfmiddlewaretoken": token[1] if token else "", **data}
            twice = gevent.spawn(self.ask, "POST", path, kind, again)
        self.send(path, data, kind, after=f"{way}: after the answer")
        if twice is not None:
            twice.join()
        tone, words = self.told()
        if tone == "success":
            self.day.answers.setdefault(person["invitation"], []).append(answer)
        else:
            self.wrong(kind, f"not confirmed: {words or 'the page says nothing'}")


class _Staff(Browser):
    """Somebody with a role: signs in before the day begins, works in rounds until it is over."""

    abstract = True
    kind = ""
    #: How many times longer than an operator somebody thinks.
    slowness = 1

    def on_start(self) -> None:
        self.who = self.day.staff[f"{self.kind}s"].pop()
        try:
            self.sign_in(self.who, self.kind)
        finally:
            self.day.ready += 1
        self.day.begun.wait()
        self.day.pause(0, 120)  # nobody works in step with the others

    @task
    def work(self) -> None:
        """Round after round, until the day is over."""
        while True:
            for step in self.steps():
                if self.day.over.is_set():
                    raise StopUser
                step()
                self.day.pause(5 * self.slowness, 25 * self.slowness)

    def steps(self) -> list[Any]:
        raise NotImplementedError

    def look(self, path: str, kind: str) -> Any:
        return lambda: self.open(path, f"{self.kind}: {kind}")

    def class_of(self) -> int:
        return int(self.day.dice.choice(self.who["classes"]))

    def received(self, content: bytes | None, job: int) -> None:
        self.day.files.append({"sha256": hashlib.sha256(content or b"").hexdigest(), "job": job})


class Operator(_Staff):
    """Looks who has answered, looks people up, takes lists away."""

    kind = "operator"

    def steps(self) -> list[Any]:
        name = self.day.dice.choice(self.day.script["names"])
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
            self.open(self.day.dice.choice(found), "operator: a person")

    def download(self) -> None:
        """The list of names of a class, straight from its page."""
        kind = self.day.dice.choice(["xlsx", "xlsx", "csv", "pdf"])
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
            self.wrong("operator: export, the file", "the export came to no file")
            return
        response = self.ask("GET", file[1], "operator: export, the file")
        if response.status_code == 200:
            self.received(response.content, int(file[2]))


class Planner(_Staff):
    """Prepares further classes while the invited answer: previews, what-ifs, now and then a selection."""

    kind = "planner"
    slowness = 3

    def steps(self) -> list[Any]:
        own = self.who["plans"]
        plan = self.day.dice.choice(own) if own else None
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
            self.look(
                f"/employees/?q={self.day.dice.choice(self.day.script['names'])}", "people, search for a name"
            ),
        ]

    def what_if(self, plan: int) -> None:
        """The comparison as planned, then with ten seats more."""
        path = f"/classes/{plan}/what-if/"
        shown = self.part(path, "planner: what if")
        fields = dict(re.findall(r'name="(seats|reserve|unit_cap)" value="(\d+)"', shown))
        if len(fields) < 3:
            return
        fields["seats"] = str(int(fields["seats"]) + 10)
        self.day.pause(4, 10)
        self.part(f"{path}?{urlencode({**fields, 'allocation': 'NASIONAL'})}", "planner: what if")

    def select(self, plan: int) -> None:
        """Start the selection, watch it ranked, look at the proposal. Each class once."""
        self.who["plans"].remove(plan)
        self.open(f"/classes/{plan}/select/", "planner: start a selection, the question")
        progress = "planner: selection, its progress"
        self.send(f"/classes/{plan}/select/", {}, "planner: start a selection", after=progress)
        found = re.search(r'href="(/selections/\d+/)"', self.wait_for_job(progress))
        if found is None:
            self.wrong(progress, "the selection came to no proposal")
            return
        self.day.selections += 1
        self.open(found[1], "planner: the proposal")
