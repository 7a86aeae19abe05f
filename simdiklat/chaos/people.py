"""The people of a fault run: a planner who does not give up, and the invited who answer when they like."""

from __future__ import annotations

import heapq
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from accounts.models import User
from audit.errors import Refusal
from invitations import actions
from invitations.models import Invitation, Selection
from jobs.models import Job
from trainings.models import TrainingClass

T = TypeVar("T")
_LOST = (OperationalError, InterfaceError)


def persistently(work: Callable[[], T], cuts: Counter[str]) -> T:
    """Do the work, again on a new connection each time the database ended ours: what a person would do."""
    while True:
        try:
            return work()
        except _LOST:
            cuts["requests cut off and repeated"] += 1
            connection.close()
            time.sleep(random.uniform(0.05, 0.3))  # noqa: S311 - not for secrets


class Planner(threading.Thread):
    """Has every class selected, approves and sees that it is issued; looks at the state, then acts."""

    def __init__(self, class_ids: list[int], planner: User, officer: User) -> None:
        super().__init__(daemon=True, name="planner")
        self.open = set(class_ids)
        self.planner, self.officer = planner, officer
        self.notes: Counter[str] = Counter()
        self.stop = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            while self.open and not self.stop.wait(0.3):
                for class_id in random.sample(sorted(self.open), len(self.open)):
                    if persistently(lambda pk=class_id: self._step(pk), self.notes):  # type: ignore[misc]
                        self.open.discard(class_id)
        except Exception as error:  # shown in the counts
            self.error = error
        finally:
            connection.close()

    def _step(self, class_id: int) -> bool:
        """One look at a class; True once its invitations are issued."""
        latest = (
            Selection.objects.filter(training_class=class_id).select_related("job").order_by("number").last()
        )
        state = latest.state if latest else Selection.State.VOID
        gave_up = bool(latest and latest.job and latest.job.state == Job.State.FAILED)
        try:
            if state == Selection.State.ISSUED:
                return True
            if state in (Selection.State.VOID, Selection.State.FAILED) or (
                gave_up and state in (Selection.State.QUEUED, Selection.State.RANKING)
            ):
                self.notes["selections started again by hand"] += latest is not None
                actions.start_selection(
                    training_class=TrainingClass.objects.get(pk=class_id), by=self.planner, reason="again"
                )
            elif latest and (
                state in (Selection.State.PROPOSED, Selection.State.IN_REVIEW)
                or (gave_up and state == Selection.State.APPROVED)
            ):
                self.notes["selections approved again by hand"] += state == Selection.State.APPROVED
                actions.approve(selection=latest, by=self.officer)
        except Refusal as refusal:
            self.notes[f"refused to the planner: {refusal.user_message}"] += 1
        return False


class Clients:
    """The invited: some accept, some decline, some change their mind, some click twice, some stay silent."""

    def __init__(self, number: int, rng: random.Random, patience: float) -> None:
        self.rng, self.patience = rng, patience
        self.stop, self.hurry = threading.Event(), threading.Event()
        self.notes: Counter[str] = Counter()
        #: What was confirmed to whom: invitation → states.
        self.confirmed: dict[int, set[str]] = {}
        #: Invitations whose people stay silent.
        self.silent: set[int] = set()
        self.errors: list[Exception] = []
        self._due: list[tuple[float, int, int, str]] = []
        self._known: set[int] = set()
        self._count = 0
        self._busy = 0
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._reader, daemon=True)]
        self._threads += [threading.Thread(target=self._client, daemon=True) for _ in range(number)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def quiet(self) -> bool:
        """Whether everybody who will answer has answered."""
        with self._lock:
            return not self._due and not self._busy

    def _reader(self) -> None:
        """Whoever is newly invited makes up their mind."""
        while not self.stop.wait(0.4):
            try:
                fresh = set(Invitation.objects.awaiting_reply().values_list("pk", flat=True)) - self._known
            except _LOST:
                connection.close()
                continue
            with self._lock:
                for pk in sorted(fresh):
                    self._decide(pk)
                self._known |= fresh
        connection.close()

    def _decide(self, pk: int) -> None:
        mind, when = self.rng.random(), self.rng.expovariate(2 / self.patience)
        if mind < 0.15:
            self.silent.add(pk)
            if mind < 0.03:  # wakes up when it may be too late
                self._put(when + self.patience, pk, "accept")
            return
        answers = ["accept"] if mind < 0.55 else ["decline"] if mind < 0.85 else ["accept", "decline"]
        for number, answer in enumerate(answers):
            self._put(when + number * self.rng.uniform(0, self.patience), pk, answer)
        if self.rng.random() < 0.15:  # a double click
            self._put(when, pk, answers[0])

    def _put(self, delay: float, pk: int, answer: str) -> None:
        self._count += 1
        heapq.heappush(self._due, (time.monotonic() + delay, self._count, pk, answer))

    def _client(self) -> None:
        while not self.stop.is_set():
            with self._lock:
                ready = bool(self._due) and (self.hurry.is_set() or self._due[0][0] <= time.monotonic())
                item = heapq.heappop(self._due) if ready else None
                self._busy += item is not None
            if item is None:
                time.sleep(0.05)
                continue
            try:
                persistently(lambda pk=item[2], answer=item[3]: self._answer(pk, answer), self.notes)  # type: ignore[misc]
            except Exception as error:  # shown in the counts
                self.errors.append(error)
            finally:
                with self._lock:
                    self._busy -= 1
        connection.close()

    def _answer(self, pk: int, answer: str) -> None:
        invitation = Invitation.objects.get(pk=pk)
        try:
            done = actions.answer(
                invitation=invitation,
                answer=answer,
                by=None,
                reason="DINAS" if answer == "decline" else "",
                channel=Invitation.Channel.LINK,
            )
        except Refusal as refusal:
            with self._lock:
                self.notes[f"answers refused ({refusal.code})"] += 1
            return
        with self._lock:
            self.notes[f"answers taken ({answer})" if done.changed else "answers given before"] += 1
            self.confirmed.setdefault(pk, set()).add(str(done.state))


class Watcher(threading.Thread):
    """Looks every few moments (seconds) whether a class has more live invitations than seats."""

    def __init__(self, every: float = 0.2) -> None:
        super().__init__(daemon=True, name="watcher")
        self.every = every
        self.stop = threading.Event()
        self.looks, self.exceeded = 0, 0

    def run(self) -> None:
        while not self.stop.wait(self.every):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(
                        """
                        SELECT count(*) FROM (
                            SELECT 1 FROM trainings_trainingclass c JOIN invitations_invitation i
                                ON i.training_class_id = c.id AND i.state IN ('issued', 'accepted')
                            GROUP BY c.id HAVING count(*) > c.seats) AS too_full
                        """
                    )
                    self.exceeded += cursor.fetchone()[0]
                    self.looks += 1
            except _LOST:
                connection.close()
        connection.close()


def let_days_pass(silent: set[int], rng: random.Random) -> int:
    """Put the last day to answer of some of the silent behind us; return of how many."""
    waiting = sorted(Invitation.objects.awaiting_reply().filter(pk__in=silent).values_list("pk", flat=True))
    chosen = rng.sample(waiting, (len(waiting) + 1) // 2)
    yesterday = timezone.localdate() - timedelta(days=1)
    changed: Any = Invitation.objects.awaiting_reply().filter(pk__in=chosen).update(answer_by=yesterday)
    return int(changed)
