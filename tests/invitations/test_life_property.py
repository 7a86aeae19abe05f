"""Random histories of one class held against a few lines of plain Python.

Hypothesis plays proposals, deferrals, overrides, approvals, answers, withdrawals, expiries, moves, and
people who fail a gate meanwhile, in any order. After every step the database says what the plain model
says, no seat is too many, and every invariant of the data holds.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from audit.errors import Refusal
from invitations import actions
from invitations.delivery import issuing
from invitations.models import Invitation, Override, Selection
from outbox.models import Message
from simdiklat.integrity import problems
from tests import factories
from tests.profiles import THOROUGH, tries
from trainings.models import Participation

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600 if THOROUGH else 300)]

#: Two strata of seven people each; within a stratum three units of three, two and two.
STRATA = ("KW33", "KW35")
UNITS = {"KW33": ("A1", "A2", "A3"), "KW35": ("B1", "B2", "B3")}
PEOPLE = 14
REAL_TODAY = timezone.localdate()
#: The class begins this many days from the first day of the play.
BEGINS_IN = 20


class Plain:
    """What should be, in plain Python. People are numbers, a smaller number waits longer: 0 ranks first."""

    def __init__(self, seats: int, reserve: int, cap: int, national: bool) -> None:
        self.seats, self.cap, self.national = seats, cap, national
        self.failing: dict[int, str] = {}
        self.marked: dict[int, str] = {}
        self.invited: dict[int, str] = {}
        self.state = "in_review"
        self.chosen, self.reserve = self._allocate(seats, reserve)

    @staticmethod
    def unit(person: int) -> str:
        stratum = STRATA[person % 2]
        return UNITS[stratum][(person // 2) % 3]

    def stratum(self, person: int) -> str:
        return "" if self.national else STRATA[person % 2]

    def _allocate(self, seats: int, reserve: int) -> tuple[list[int], list[int]]:
        """RATA over the two strata, or one list; then the refill, then the reserve."""
        strata = [""] if self.national else list(STRATA)
        taken: list[int] = []

        def fill(people: list[int], places: int) -> int:
            for person in people:
                if places and person not in taken and self._under_cap(person, taken):
                    taken.append(person)
                    places -= 1
            return places

        def members(stratum: str) -> list[int]:
            return [p for p in range(PEOPLE) if self.stratum(p) == stratum]

        def share(total: int, i: int) -> int:
            return total // len(strata) + (i < total % len(strata))

        left = sum(fill(members(s), share(seats, i)) for i, s in enumerate(strata))
        fill(list(range(PEOPLE)), left)
        spare: list[int] = []
        for i, s in enumerate(strata):
            spare += [p for p in members(s) if p not in taken][: share(reserve, i)]
        return sorted(taken), sorted(spare)

    def _under_cap(self, person: int, holders: list[int]) -> bool:
        return not self.cap or sum(self.unit(p) == self.unit(person) for p in holders) < self.cap

    def holders(self) -> list[int]:
        """Who holds a seat: before the issue the proposal, afterwards the live invitations."""
        if self.state == "in_review":
            return self.chosen
        return [p for p, state in self.invited.items() if state in ("issued", "accepted")]

    def call_up(self, stratum: str) -> int | None:
        """The next of the stratum, else of any, who passes the gates and the cap; marks who fails a gate."""
        for person in sorted(self.reserve, key=lambda p: (self.stratum(p) != stratum, p)):
            if person in self.failing:
                self.reserve.remove(person)
                self.marked[person] = self.failing[person]
            elif self._under_cap(person, self.holders()):
                self.reserve.remove(person)
                return person
        return None

    def set_aside(self, person: int, mark: str) -> None:
        """Somebody leaves the proposal; the next moves up."""
        self.chosen.remove(person)
        self.marked[person] = mark
        if (up := self.call_up(self.stratum(person))) is not None:
            self.chosen = sorted([*self.chosen, up])

    def issue(self) -> None:
        self.state = "issued"
        failing = [p for p in self.chosen if p in self.failing]
        for person in self.chosen:
            if person in failing:
                self.marked[person] = self.failing[person]
            else:
                self.invited[person] = "issued"
        self.chosen = []
        for person in failing:
            self.offer(self.stratum(person))

    def offer(self, stratum: str, *, possible: bool = True) -> None:
        if possible and (up := self.call_up(stratum)) is not None:
            self.invited[up] = "issued"


class Life(RuleBasedStateMachine):
    """Both worlds, moved along together."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.today = REAL_TODAY
        self.clock = mock.patch.object(timezone, "localdate", lambda *_args: self.today)
        self.clock.start()
        user = get_user_model().objects
        self.planner = user.create_superuser("perencana", "a@contoh.invalid")
        self.officer = user.create_superuser("pejabat", "b@contoh.invalid")
        root = factories.unit("MENAG", kind="KEMENTERIAN")
        units = {}
        for stratum in STRATA:
            office = units[stratum] = factories.unit(stratum, root, "KANWIL")
            for code in UNITS[stratum]:
                units[code] = factories.unit(code, office)
        self.people = [
            factories.employee(
                units[Plain.unit(n)],
                service_start=date(2000 + n, 1, 1),
                birth_date=date(1985, 1, 1),
                name=f"P{n:02d}",
            )
            for n in range(PEOPLE)
        ]
        self.number = {person.pk: n for n, person in enumerate(self.people)}
        self.units = units
        self.root = root
        self.asked: list[tuple[Override, Any]] = []

    @initialize(
        seats=st.integers(1, 6),
        reserve=st.integers(0, 6),
        cap=st.sampled_from((0, 0, 1, 2)),
        national=st.booleans(),
    )
    def propose(self, seats: int, reserve: int, cap: int, national: bool) -> None:
        first_day = self.today + timedelta(days=BEGINS_IN)
        self.programme = factories.programme(resets_wait=False, jp=10)
        self.klass = factories.training_class(
            self.programme, self.root, [self.units[s] for s in STRATA], seats=seats, reserve=reserve, unit_cap=cap,
            allocation="NASIONAL" if national else "RATA", review_days=4, first_day=first_day,
            confirm_by=first_day - timedelta(days=6),
        )  # fmt: skip
        self.selection = actions.start_selection(
            training_class=self.klass, by=self.planner, in_background=False
        )
        actions.run_selection(self.selection.pk)
        self.selection = Selection.objects.get(pk=self.selection.pk)
        self.plain = Plain(seats, reserve, cap, national)

    # -- what may be done --

    def in_review(self) -> bool:
        return self.plain.state == "in_review"

    def is_issued(self) -> bool:
        return self.plain.state == "issued"

    def window_open(self) -> bool:
        review_until = Selection.objects.get(pk=self.selection.pk).review_until
        return self.in_review() and review_until >= self.today

    def candidate(self, person: int) -> Any:
        return self.selection.candidates.get(employee=self.people[person])

    def attempt(self, work: Callable[[], Any]) -> bool:
        """Whether the portal did it; a refusal leaves everything as it was, which the invariants check."""
        try:
            with transaction.atomic():
                work()
        except Refusal:
            return False
        return True

    @precondition(in_review)
    @rule(person=st.integers(0, PEOPLE - 1), reason=st.sampled_from(("SAKIT", "ATASAN")))
    def defer(self, person: int, reason: str) -> None:
        allowed = self.window_open() and person in self.plain.chosen
        done = self.attempt(
            lambda: actions.defer(candidate=self.candidate(person), by=self.planner, reason=reason)
        )
        assert done == allowed
        if done:
            self.plain.set_aside(person, "deferred")

    @precondition(in_review)
    @rule(person=st.integers(0, PEOPLE - 1), include=st.booleans())
    def ask_for_an_override(self, person: int, include: bool) -> None:
        open_for = [o.employee_id for o, _ in self.asked]
        allowed = include != (person in self.plain.chosen) and self.people[person].pk not in open_for
        done = self.attempt(
            lambda: self.asked.append(
                (
                    actions.request_override(
                        selection=self.selection, employee=self.people[person], by=self.planner,
                        kind="include" if include else "exclude", category="KOREKSI", text="data salah",
                    ),
                    person,
                )
            )
        )  # fmt: skip
        assert done == allowed

    @precondition(lambda self: self.in_review() and self.asked)
    @rule(approve=st.booleans(), second=st.booleans(), data=st.data())
    def decide_on_an_override(self, approve: bool, second: bool, data: Any) -> None:
        override, person = self.asked[data.draw(st.integers(0, len(self.asked) - 1))]
        plain = self.plain
        include = override.kind == "include"
        possible = include != (person in plain.chosen) and not (include and person in plain.failing)
        replaceable = [p for p in plain.chosen if plain.marked.get(p) != "included"]
        if include and len(plain.chosen) >= plain.seats:
            possible = possible and bool(replaceable)
        by = self.officer if second else self.planner
        done = self.attempt(lambda: actions.decide_override(override=override, approve=approve, by=by))
        assert done == (second and (possible or not approve))
        if not done:
            return
        self.asked.remove((override, person))
        if approve and include:
            full = len(plain.chosen) >= plain.seats
            if person in plain.reserve:
                plain.reserve.remove(person)
            if full:
                own = [p for p in replaceable if plain.stratum(p) == plain.stratum(person)]
                last = (own or replaceable)[-1]
                plain.chosen.remove(last)
                plain.marked[last] = "displaced"
                plain.reserve = sorted([*plain.reserve, last])
            plain.chosen = sorted([*plain.chosen, person])
            plain.marked[person] = "included"
        elif approve:
            plain.set_aside(person, "excluded")

    @rule(person=st.integers(0, PEOPLE - 1), how=st.sampled_from(("passed", "committed")))
    def fail_a_gate(self, person: int, how: str) -> None:
        """Somebody passes the programme elsewhere, or takes a seat by hand in a class on the same days."""
        holds_a_seat = self.plain.invited.get(person) in ("issued", "accepted")
        if person in self.plain.failing or holds_a_seat:
            return
        if how == "passed":
            factories.history(self.people[person], REAL_TODAY, self.programme, title=f"h{person}")
        else:
            other = factories.training_class(
                self.programme,
                self.root,
                seats=1,
                first_day=self.klass.first_day,
                last_day=self.klass.last_day,
            )
            Participation.objects.create(
                training_class=other, employee=self.people[person], state="confirmed", source="manual",
                first_day=other.first_day, last_day=other.last_day,
            )  # fmt: skip
        self.plain.failing[person] = how

    @rule(days=st.integers(1, 4))
    def days_go_by(self, days: int) -> None:
        self.today += timedelta(days=days)

    @precondition(in_review)
    @rule(close=st.booleans(), by_planner=st.booleans())
    def approve_and_issue(self, close: bool, by_planner: bool) -> None:
        by = self.planner if by_planner else self.officer
        if close and self.window_open():
            actions.close_review(selection=self.selection, by=by, reason="semua menjawab")
        asked_by_planner = Override.objects.filter(state="approved").exists()
        allowed = (
            not self.window_open()
            and not self.asked
            and not (by_planner and asked_by_planner)
            and self.today <= self.klass.confirm_by
        )
        done = self.attempt(lambda: actions.approve(selection=self.selection, by=by, in_background=False))
        assert done == allowed
        if done:
            actions.issue(self.selection.pk)
            actions.issue(self.selection.pk)  # a second worker finds it done
            self.plain.issue()

    def promotion_possible(self) -> bool:
        return (self.klass.first_day - self.today).days > 3

    def ended(self) -> bool:
        return self.klass.last_day < self.today

    def overdue(self) -> list[int]:
        late = Invitation.objects.filter(training_class=self.klass).overdue(self.today)
        return [self.number[pk] for pk in late.order_by("rank", "id").values_list("employee", flat=True)]

    def expire_plainly(self) -> None:
        late = self.overdue()
        for person in late:
            self.plain.invited[person] = "expired"
        for person in late:
            self.plain.offer(self.stratum_of_seat(person), possible=self.promotion_possible())

    def stratum_of_seat(self, person: int) -> str:
        return self.plain.stratum(person)

    @precondition(lambda self: self.is_issued() and self.plain.invited)
    @rule(accept=st.booleans(), data=st.data())
    def answer(self, accept: bool, data: Any) -> None:
        person = data.draw(st.sampled_from(sorted(self.plain.invited)))
        if person in self.overdue():
            self.expire_plainly()
        before = self.plain.invited[person]
        wanted = "accepted" if accept else "declined"
        allowed = before == wanted or (
            (before == "issued" or (before == "accepted" and not accept)) and not self.ended()
        )
        invitation = Invitation.objects.get(training_class=self.klass, employee=self.people[person])
        try:
            result = actions.answer(
                invitation=invitation, answer="accept" if accept else "decline", by=None, reason="DINAS"
            )
        except Refusal:
            assert not allowed
            return
        assert allowed
        assert result.changed == (before != wanted)
        self.plain.invited[person] = wanted
        if result.changed and not accept:
            self.plain.offer(self.stratum_of_seat(person), possible=self.promotion_possible())

    @precondition(lambda self: self.is_issued() and self.plain.invited)
    @rule(data=st.data())
    def withdraw(self, data: Any) -> None:
        person = data.draw(st.sampled_from(sorted(self.plain.invited)))
        live = self.plain.invited[person] in ("issued", "accepted")
        invitation = Invitation.objects.get(training_class=self.klass, employee=self.people[person])
        done = self.attempt(
            lambda: actions.withdraw(invitation=invitation, by=self.planner, reason="salah undang")
        )
        assert done == (live and not self.ended())
        if done:
            self.plain.invited[person] = "withdrawn"
            self.plain.offer(self.stratum_of_seat(person), possible=self.promotion_possible())

    @precondition(is_issued)
    @rule()
    def the_sweeper_comes(self) -> None:
        self.expire_plainly()
        issuing.expire_due()

    @precondition(is_issued)
    @rule(days=st.integers(-3, 10))
    def move_the_class(self, days: int) -> None:
        first_day = self.klass.first_day + timedelta(days=days)
        span = self.klass.last_day - self.klass.first_day
        told = sum(state in ("issued", "accepted") for state in self.plain.invited.values())
        # Whoever is committed on the old days would no longer be, or would be anew: keep those as they are.
        if any(how == "committed" for how in self.plain.failing.values()):
            return
        done = self.attempt(
            lambda: self._moved(first_day, first_day + span, first_day - timedelta(days=6), told)
        )
        assert done == (first_day > self.today)
        if done:
            self.klass.refresh_from_db()

    def _moved(self, first_day: date, last_day: date, confirm_by: date, told: int) -> None:
        count = actions.reschedule(
            training_class=self.klass, first_day=first_day, last_day=last_day, confirm_by=confirm_by,
            place="Batu", by=self.planner, reason="gedung lain",
        )  # fmt: skip
        assert count == told

    # -- what always holds --

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        if not hasattr(self, "plain"):
            return
        plain = self.plain
        if plain.state == "in_review":
            chosen = self.selection.candidates.chosen().values_list("employee", flat=True)
            assert [self.number[pk] for pk in chosen] == plain.chosen
            waiting = self.selection.candidates.callable().values_list("employee", flat=True)
            assert [self.number[pk] for pk in waiting] == plain.reserve
            assert len(plain.chosen) <= plain.seats
            return
        states = Invitation.objects.filter(training_class=self.klass).values_list("employee", "state")
        assert {self.number[pk]: state for pk, state in states} == plain.invited
        self.klass.refresh_from_db()
        live = Counter(plain.invited.values())
        assert self.klass.seats_taken == live["issued"] + live["accepted"] <= self.klass.seats
        offers = Message.objects.filter(kind__in=("invitation", "invitation_promoted"))
        assert offers.count() == len(plain.invited)

    def teardown(self) -> None:
        try:
            if hasattr(self, "plain"):
                assert problems() == {}
        finally:
            self.clock.stop()
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)


def test_any_history_of_a_class_ends_as_the_rule_says(settings: Any, tmp_path: Any) -> None:
    settings.EVIDENCE_DIR = tmp_path
    settings.ISSUE_DELAY_SECONDS = 0
    run_state_machine_as_test(Life, settings=tries(25, stateful_step_count=25))
