"""The portal's selection held against the plain-Python model, in random small ministries.

Proposal, approval, answers with their promotions, and a second selection: after every step the database
says what the model says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from hypothesis import event, given
from hypothesis import strategies as st

from audit.errors import Refusal
from employees.models import Employee, Unit
from invitations import actions
from invitations.models import Invitation, Selection
from invitations.report import rows
from invitations.verify import verify
from simdiklat.integrity import problems
from tests.invitations import model, world
from tests.profiles import THOROUGH, tries
from trainings.models import Hold, Participation, TrainingClass

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600 if THOROUGH else 300)]

COLUMNS = [
    "NIP", "ID_PEGAWAI", "OUTCOME", "CODE", "AREA", "RANK", "AREA_RANK", "RESERVE_NO", "EVER_TRAINED",
    "WAITING_SINCE", "SERVICE_START", "LOTTERY",
]  # fmt: skip
#: Columns that only say something about the pool.
OF_THE_POOL = ["AREA", "EVER_TRAINED", "WAITING_SINCE", "SERVICE_START", "LOTTERY"]


@pytest.fixture
def officer(db: None, settings: Any, tmp_path: Path) -> Iterator[Any]:
    """Somebody who plans and approves everywhere; evidence goes to a folder of the test."""
    settings.EVIDENCE_DIR = tmp_path
    return get_user_model().objects.create(username="pejabat", is_superuser=True, is_staff=True, password="!")


@dataclass
class Play:
    """One class in the database and in the model, moved along together."""

    world: model.World
    stored: world.Stored
    officer: Any
    selections: list[tuple[Selection, model.Selection]] = field(default_factory=list)

    @property
    def klass(self) -> model.Klass:
        return self.world.klass(world.THE_CLASS)

    # -- steps --

    def propose(self) -> None:
        """Start and run a selection on both sides and compare everything it says."""
        selection = actions.start_selection(training_class=self.stored.klass, by=self.officer)
        self.klass.seed = selection.seed.value
        summary = actions.run_selection(selection.pk)
        selection.refresh_from_db()
        expected = model.allocate(self.world, self.klass, timezone.localdate())
        self.selections.append((selection, expected))
        self.compare_report()
        counted: dict[str, int] = {}
        for row in expected.rows.values():
            if row.outcome == "excluded":
                counted[row.code] = counted.get(row.code, 0) + 1
        assert summary == {
            "selection": selection.pk,
            "pool": sum(row.rank is not None for row in expected.rows.values()),
            "selected": len(expected.having("selected")),
            "reserve": len(expected.having("reserve")),
            "excluded": counted,
        }
        assert actions.run_selection(selection.pk) == summary  # safe to repeat

    def approve(self) -> None:
        selection, expected = self.selections[-1]
        actions.approve(selection=selection, by=self.officer)
        issued = actions.issue(selection.pk)
        invited = model.approve(self.world, self.klass, expected, timezone.localdate())
        self.compare_invitations()
        assert issued["issued"] == len(invited)
        assert actions.issue(selection.pk) == issued
        self.compare_invitations()

    def answer(self, invitation: model.Invitation, reply: str) -> None:
        row = Invitation.objects.get(
            training_class=self.stored.klass, employee=self.stored.people[invitation.person]
        )
        expected = model.answer(
            self.world, self.klass, self.selections[-1][1], invitation.person, reply, timezone.localdate()
        )
        try:
            done = actions.answer(invitation=row, answer=reply, by=self.officer, reason="sakit")
        except Refusal:
            assert expected is None
        else:
            promoted = done.promoted and self.stored.number_of(done.promoted.employee_id)
            assert (done.state, promoted) == expected
        self.compare_invitations()

    # -- comparisons --

    def compare_report(self) -> None:
        selection, expected = self.selections[-1]
        found = {row["NIP"] or row["ID_PEGAWAI"]: row for row in rows(selection)}
        wanted = {self.world.person(n).key: self.as_csv(row) for n, row in expected.rows.items()}
        for key, row in wanted.items():
            if row["OUTCOME"] == "excluded" and key in found:
                for column in OF_THE_POOL:
                    assert found[key][column] in ("", row[column])
                    row[column] = found[key][column]
        assert found == wanted

    def as_csv(self, row: model.Row) -> dict[str, str]:
        person = self.world.person(row.person)
        values = [
            person.nip or "", person.external_id or "", row.outcome, row.code, row.area, row.rank or "",
            row.area_rank or "", row.reserve_no or "", str(row.ever_trained).lower(),
            row.waiting_since.isoformat(), row.service_start.isoformat(), row.lottery,
        ]  # fmt: skip
        return dict(zip(COLUMNS, map(str, values), strict=True))

    def compare_invitations(self) -> None:
        """Invitations, marks and seats of the class are those of the model."""
        found = sorted(
            (self.stored.number_of(employee), state)
            for employee, state in Invitation.objects.filter(training_class=self.stored.klass).values_list(
                "employee_id", "state"
            )
        )
        assert found == sorted(
            (i.person, i.state) for i in self.world.invitations if i.klass == self.klass.code
        )
        for selection, expected in self.selections:
            marks = dict(selection.marks.values_list("employee_id", "code"))
            assert {self.stored.number_of(key): code for key, code in marks.items()} == expected.marks
        self.stored.klass.refresh_from_db()
        assert self.stored.klass.free_seats == model.free_seats(self.world, self.klass) >= 0

    # -- what may happen in between --

    def happen(self, what: str, number: int) -> None:
        """Something befalls a person, in both worlds."""
        person, row = self.world.person(number), self.stored.people[number]
        today = timezone.localdate()
        if what == "passes":
            record = model.History(number, self.klass.programme, today)
            if not any(h.person == number and h.programme == record.programme and h.last_day == today
                       for h in self.world.history):  # fmt: skip
                self.world.history.append(record)
                world.history_row(row, record).save()
        elif what == "trains":
            record = model.History(number, "", today - timedelta(days=77), result="HADIR", jp=24)
            if record not in self.world.history:
                self.world.history.append(record)
                world.history_row(row, record).save()
        elif what == "leaves":
            person.activity = "CLTN"
            Employee.objects.filter(pk=row.pk).update(activity="CLTN")
        elif what == "returns":
            person.activity = "AKTIF"
            Employee.objects.filter(pk=row.pk).update(activity="AKTIF")
        elif what == "held":
            until = today + timedelta(days=1)
            self.world.holds.append(model.Hold(number, until))
            Hold.objects.create(employee=row, until=until, reason="Tanpa keterangan")
        elif what == "forgiven":
            self.world.holds = [h for h in self.world.holds if h.person != number]
            Hold.objects.filter(employee=row).delete()
        elif what == "retires":
            person.retirement_date = today
            Employee.objects.filter(pk=row.pk).update(retirement_date=today)
        elif what == "moves" and not self.klass.unit_cap:
            person.unit = self.world.root()
            Employee.objects.filter(pk=row.pk).update(unit=Unit.objects.get(parent=None))
        elif what == "released":
            self.world.seats = [s for s in self.world.seats if s.person != number]
            Participation.objects.filter(employee=row, source="manual").update(state="released")


HAPPENINGS = [
    "passes", "trains", "leaves", "returns", "held", "forgiven", "retires", "moves", "released",
]  # fmt: skip


def play(drawn: model.World, officer: Any) -> Play:
    return Play(drawn, world.store(drawn), officer)


def befall(data: st.DataObject, game: Play, most: int = 4, among: list[int] | None = None) -> None:
    """Up to `most` things happen to people, all of them or those in `among`."""
    if among is None:
        among = [p.id for p in game.world.people]
    if not among:
        return
    numbers = st.sampled_from(among)
    for what, number in data.draw(
        st.lists(st.tuples(st.sampled_from(HAPPENINGS), numbers), max_size=most), label="meanwhile"
    ):
        game.happen(what, number)


def reply_at_random(data: st.DataObject, game: Play, most: int = 8) -> None:
    """Answers of people invited, closed invitations included, and what befalls people between them."""
    for _ in range(data.draw(st.integers(0, most), label="answers")):
        mine = [i for i in game.world.invitations if i.klass == game.klass.code]
        live = [i for i in mine if i.state in model.LIVE]
        if not mine:
            return
        invitation = data.draw(st.sampled_from([*live, *live, *live, *mine]), label="invitation")
        reply = data.draw(st.sampled_from(["decline", "decline", "accept"]), label="reply")
        game.answer(invitation, reply)
        befall(data, game, most=1)


@tries(100)
@given(drawn=world.worlds())
def test_proposal(officer: Any, drawn: model.World) -> None:
    with world.undone():
        game = play(drawn, officer)
        game.propose()
        assert verify(game.selections[-1][0]).differences == []


@tries(12)
@given(drawn=world.worlds(most=40))
def test_proposal_in_a_larger_ministry(officer: Any, drawn: model.World) -> None:
    with world.undone():
        play(drawn, officer).propose()


@tries(40)
@given(drawn=world.worlds(calm=True), data=st.data())
def test_approval_checks_the_gates_again(officer: Any, drawn: model.World, data: st.DataObject) -> None:
    with world.undone():
        game = play(drawn, officer)
        game.propose()
        chosen = [row.person for row in game.selections[-1][1].having("selected")]
        befall(data, game, among=chosen)
        befall(data, game)
        game.approve()


@tries(40)
@given(drawn=world.worlds(calm=True), data=st.data())
def test_answers_and_promotions(officer: Any, drawn: model.World, data: st.DataObject) -> None:
    with world.undone():
        game = play(drawn, officer)
        game.propose()
        game.approve()
        reply_at_random(data, game)


@tries(20)
@given(drawn=world.worlds(calm=True), data=st.data())
def test_further_selections(officer: Any, drawn: model.World, data: st.DataObject) -> None:
    """Everybody of the reserve is used up, so that the class may be selected for again."""
    with world.undone():
        game = play(drawn, officer)
        game.klass.reserve = data.draw(st.sampled_from([0, 0, 1]), label="reserve")
        TrainingClass.objects.filter(pk=game.stored.klass.pk).update(reserve=game.klass.reserve)
        game.propose()
        game.approve()
        for _ in range(2):
            reply_at_random(data, game, most=4)
            issued = [expected for _, expected in game.selections]
            if not model.may_select_again(game.world, game.klass, issued, timezone.localdate()):
                with pytest.raises(Refusal):
                    actions.start_selection(training_class=game.stored.klass, by=officer)
                event("refused")
                break
            event("selected again")
            game.propose()
            befall(data, game, most=2)
            game.approve()
        if all(i.klass == game.klass.code for i in drawn.invitations):
            # Invitations elsewhere are written without the candidates and messages that check_data wants.
            assert problems() == {}


# --- Turns too rare for chance -------------------------------------------------------------------


def ministry(counts: dict[str, int], **klass: Any) -> model.World:
    """`counts` people per unit below MENAG, each unit an area; they wait in the order of their numbers."""
    first = timezone.localdate() + timedelta(days=30)
    people: list[model.Person] = []
    for unit, count in counts.items():
        for _ in range(count):
            n = len(people) + 1
            start = date(2010, 1, 1) + timedelta(days=n)
            people.append(model.Person(n, f"{n:018d}", None, unit, service_start=start))
    units = [model.Unit("MENAG", None), *(model.Unit(code, "MENAG") for code in counts)]
    fields = {"areas": list(counts), **klass}
    made = model.Klass(world.THE_CLASS, "TEK-1", first, first, **fields)
    return model.World(units, people, [model.Programme("TEK-1"), model.Programme("STR-1")], [made])


def issued(drawn: model.World, officer: Any) -> Play:
    game = play(drawn, officer)
    game.propose()
    game.approve()
    return game


def live(game: Play) -> set[int]:
    return {i.person for i in game.world.invitations if i.state in model.LIVE}


def decline(game: Play, person: int) -> None:
    game.answer(next(i for i in game.world.invitations if i.person == person), "decline")


class TestRareTurns:
    def test_a_reserve_blocked_by_the_cap_does_not_keep_the_seat_from_other_strata(
        self, officer: Any
    ) -> None:
        # Area A holds A and A1 below it. Selected: 1 (A), 3 (A1), 4 (B). 3 declines: A's only reserve is of
        # unit A, which has its one; the seat goes to B's reserve (B1), and 2 stays in reserve.
        drawn = ministry(
            {"A": 2, "A1": 1, "B": 1, "B1": 1}, areas=["A", "B"], allocation="MANUAL", area_seats=[2, 1],
            seats=3, reserve=3, unit_cap=1,
        )  # fmt: skip
        drawn.units[2].parent, drawn.units[4].parent = "A", "B"
        game = issued(drawn, officer)
        assert live(game) == {1, 3, 4}
        decline(game, 3)
        assert live(game) == {1, 4, 5}
        decline(game, 1)  # now unit A is under the cap
        assert live(game) == {2, 4, 5}

    def test_a_seat_that_fell_to_another_stratum_belongs_to_the_new_holders(self, officer: Any) -> None:
        # In pool order: 1 A, 2 A, 3 B, 4 B, 6 C, 7 C, 5 B; one seat and two reserve places for each area.
        # 1 declines: 2 of A. 2 declines: A has nobody left, 4 of B is first in pool order. 4 declines: the
        # seat is B's now, so 5, although 7 of C stands before 5 in the pool.
        drawn = ministry({"A": 2, "B": 3, "C": 2}, allocation="RATA", seats=3, reserve=6)
        drawn.people[4].service_start = date(2012, 1, 1)
        game = issued(drawn, officer)
        assert live(game) == {1, 3, 6}
        decline(game, 1)
        decline(game, 2)
        assert live(game) == {3, 4, 6}
        decline(game, 4)
        assert live(game) == {3, 5, 6}

    def test_seats_freed_at_approval_are_given_on_in_rank_order(self, officer: Any) -> None:
        # In pool order: 1 A, 2 B, 3 B, 5 C, 6 C, 4 B. 1 and 2 fail at approval. A's seat first: A has no
        # reserve, 3 of B is first in pool order; then B's seat: 4. The other way round 6 would have come in.
        drawn = ministry({"A": 1, "B": 3, "C": 2}, allocation="RATA", seats=3, reserve=6)
        drawn.people[3].service_start = date(2012, 1, 1)
        game = play(drawn, officer)
        game.propose()
        game.happen("passes", 1)
        game.happen("leaves", 2)
        game.approve()
        assert live(game) == {3, 4, 5}

    def test_a_second_selection_under_manual_splits_the_free_seats_by_the_listed(self, officer: Any) -> None:
        # Listed 3:1 and no reserve; B's one and one of A decline. Two free seats: 1.5 and 0.5, the tie to
        # the lower code: 2 for A, none for B.
        drawn = ministry({"A": 6, "B": 3}, allocation="MANUAL", area_seats=[3, 1], seats=4)
        game = issued(drawn, officer)
        assert live(game) == {1, 2, 3, 7}
        decline(game, 7)
        decline(game, 1)
        game.propose()
        game.approve()
        assert live(game) == {2, 3, 4, 5}

    @pytest.mark.parametrize("days, code", [(0, "pppk_ceiling"), (366, "")])
    def test_the_ceiling_counts_the_year_of_the_first_day(self, officer: Any, days: int, code: str) -> None:
        drawn = ministry({"A": 1}, areas=[])
        today = timezone.localdate()
        klass = drawn.classes[0]
        klass.first_day = klass.last_day = today + timedelta(days=days or 1)
        drawn.people[0].status, drawn.catalogue[0].jp = "PPPK", 4
        day = date(klass.first_day.year if not days else today.year, 1, 1)
        if day > today:  # the last day of a year: tomorrow's year has no history yet
            code = ""
        else:
            drawn.history.append(model.History(1, "STR-1", day, jp=21))
        game = play(drawn, officer)
        game.propose()
        assert game.selections[0][1].rows[1].code == code
