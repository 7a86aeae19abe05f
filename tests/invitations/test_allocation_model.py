"""The plain-Python model, checked by hand: each expected value was worked out on paper from selection.md."""

from datetime import date, timedelta

from tests.invitations import model
from tests.invitations.model import History, Hold, Invitation, Klass, Person, Programme, Seat, Unit, World

TODAY = date(2026, 6, 15)
FIRST = date(2026, 8, 10)


def ministry(
    counts: dict[str, int], *, areas: list[str] | None = None, parents: dict[str, str] | None = None, **klass
) -> World:
    """`counts` people per unit under MENAG; the n-th person started service on the n-th day of 2010.

    So the pool order is the order of creation and the lottery never decides.
    """
    parents = parents or {}
    units = [Unit("MENAG", None)] + [Unit(c, parents.get(c, "MENAG")) for c in counts if c != "MENAG"]
    people: list[Person] = []
    for unit, count in counts.items():
        for _ in range(count):
            n = len(people) + 1
            start = date(2010, 1, 1) + timedelta(days=n)
            people.append(Person(n, f"{n:018d}", None, unit, service_start=start))
    made = Klass(
        "K",
        "TEK-1",
        FIRST,
        FIRST + timedelta(days=4),
        areas=list(counts) if areas is None else areas,
        **klass,
    )
    return World(units, people, [Programme("TEK-1")], [made])


def run(world: World) -> model.Selection:
    return model.allocate(world, world.classes[0], TODAY)


def numbers(selection: model.Selection, outcome: str) -> list[int]:
    return [row.person for row in selection.having(outcome)]


def codes(selection: model.Selection) -> dict[int, str]:
    return {row.person: row.code for row in selection.rows.values() if row.code}


class TestHamilton:
    def test_equal_remainders_go_to_the_lower_code(self):
        # 3 seats over 1+1: 1.5 each.
        assert model.hamilton(3, {"KW9": 1, "KW10": 1}) == {"KW10": 2, "KW9": 1}

    def test_codes_compare_byte_by_byte(self):
        # "KW10" < "KW9" < "Z" < "a".
        assert model.hamilton(2, {"a": 1, "Z": 1, "KW9": 1, "KW10": 1}) == {
            "a": 0,
            "Z": 0,
            "KW9": 1,
            "KW10": 1,
        }

    def test_largest_remainder(self):
        # 10 seats over 47:16:27:10 = 4.7, 1.6, 2.7, 1.0: the two left over go to .7 and .7.
        assert model.hamilton(10, {"A": 47, "B": 16, "C": 27, "D": 10}) == {"A": 5, "B": 1, "C": 3, "D": 1}

    def test_more_seats_than_people(self):
        assert model.hamilton(7, {"A": 2, "B": 1}) == {"A": 5, "B": 2}  # 4.67 and 2.33

    def test_nobody_no_seats(self):
        assert model.hamilton(5, {"A": 0, "B": 0}) == {"A": 0, "B": 0}

    def test_an_empty_stratum_gets_none(self):
        assert model.hamilton(1, {"A": 0, "B": 3}) == {"A": 0, "B": 1}


class TestMonths:
    def test_a_day_that_the_month_lacks_becomes_its_last(self):
        assert model.add_months(date(2028, 2, 29), 24) == date(2030, 2, 28)
        assert model.add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
        assert model.add_months(date(2026, 8, 31), 24) == date(2028, 8, 31)
        assert model.add_months(date(2026, 2, 28), 24) == date(2028, 2, 28)
        assert model.add_months(date(2026, 12, 31), 2) == date(2027, 2, 28)


class TestStanding:
    person = Person(1, "1", None, "MENAG", service_start=date(2010, 3, 1))

    def of(self, *history: History, catalogue: list[Programme] | None = None, minimum: int = 20):
        settings = model.Settings(minimum_jp=minimum)
        return model.standing(self.person, list(history), catalogue or [], settings, TODAY)[:2]

    def test_never_trained_waits_since_the_first_day_of_service(self):
        assert self.of() == (False, date(2010, 3, 1))

    def test_outside_the_catalogue_twenty_jp_of_a_resetting_kind(self):
        day = date(2020, 1, 1)
        assert self.of(History(1, "X", day, kind="TEKNIS", jp=19)) == (False, date(2010, 3, 1))
        assert self.of(History(1, "X", day, kind="TEKNIS", jp=20)) == (True, day)
        assert self.of(History(1, "X", day, kind="WEBINAR", jp=200)) == (False, date(2010, 3, 1))
        assert self.of(History(1, "", day, kind="", jp=200)) == (False, date(2010, 3, 1))

    def test_inside_the_catalogue_only_its_own_word_counts(self):
        day = date(2020, 1, 1)
        record = History(1, "WEB", day, kind="WEBINAR", jp=3)
        assert self.of(record, catalogue=[Programme("WEB", resets_wait=True)]) == (True, day)
        record = History(1, "TEK", day, kind="TEKNIS", jp=80)
        assert self.of(record, catalogue=[Programme("TEK", resets_wait=False)]) == (False, date(2010, 3, 1))
        assert self.of(record, catalogue=[Programme("tek", resets_wait=False)]) == (True, day)

    def test_only_taking_part_counts(self):
        day = date(2020, 1, 1)
        for result, counts in {
            "LULUS": True, "HADIR": True, "TIDAK_LULUS": False, "TIDAK_HADIR": False,
            "MENGUNDURKAN_DIRI": False,
        }.items():  # fmt: skip
            assert self.of(History(1, "X", day, result=result))[0] is counts

    def test_the_latest_row_counts_and_none_after_today(self):
        rows = [History(1, "X", date(2020, 1, 1)), History(1, "Y", date(2019, 1, 1))]
        assert self.of(*rows) == (True, date(2020, 1, 1))
        assert self.of(History(1, "X", TODAY)) == (True, TODAY)
        assert self.of(History(1, "X", TODAY + timedelta(days=1))) == (False, date(2010, 3, 1))


class TestGates:
    def code(self, world: World) -> str | None:
        return model.gate(world.people[0], world.classes[0], world, TODAY)

    def test_the_first_that_holds_is_the_code(self):
        world = ministry({"A": 1})
        world.people[0].retirement_date = TODAY
        assert self.code(world) == "retiring"
        world.history.append(History(1, "TEK-1", date(2020, 1, 1)))
        assert self.code(world) == "passed"
        world.people[0].grade, world.catalogue[0].grade_min = "", "III/a"
        assert self.code(world) == "grade"
        world.catalogue[0].levels = ["MAHIR"]
        assert self.code(world) == "level"
        world.catalogue[0].positions = ["JPT"]
        assert self.code(world) == "position"
        world.catalogue[0].statuses = ["PPPK"]
        assert self.code(world) == "status"
        world.classes[0].areas = ["B"]
        world.units.append(Unit("B", "MENAG"))
        assert self.code(world) == "area"
        world.people[0].activity = "CLTN"
        assert self.code(world) == "inactive"

    def test_grades_of_pns_and_cpns_alone(self):
        world = ministry({"A": 1})
        world.catalogue[0].grade_min, world.catalogue[0].grade_max = "II/d", "III/a"
        for status, grade, code in [
            ("PNS", "II/c", "grade"), ("PNS", "II/d", None), ("PNS", "III/a", None),
            ("CPNS", "III/b", "grade"),
            ("PNS", "", "grade"), ("PPPK", "I", None), ("PPPK", "", None), ("NON_ASN", "", None),
        ]:  # fmt: skip
            world.people[0].status, world.people[0].grade = status, grade
            world.catalogue[0].jp = 1
            assert self.code(world) == code, (status, grade)

    def test_retirement_on_the_very_day_passes(self):
        world = ministry({"A": 1})  # the class ends on 14 August 2026
        world.people[0].retirement_date = date(2028, 8, 13)
        assert self.code(world) == "retiring"
        world.people[0].retirement_date = date(2028, 8, 14)
        assert self.code(world) is None

    def test_pppk_ceiling(self):
        world = ministry({"A": 1})
        world.people[0].status, world.catalogue[0].jp = "PPPK", 4
        world.history = [History(1, "X", date(2026, 1, 1), jp=20), History(1, "Y", date(2025, 12, 31), jp=99)]
        assert self.code(world) is None  # 24 does not exceed 24
        world.history.append(History(1, "Z", date(2026, 2, 1), jp=1, result="TIDAK_LULUS"))
        assert self.code(world) is None
        world.history.append(History(1, "Z", date(2026, 3, 1), jp=1, result="HADIR"))
        assert self.code(world) == "pppk_ceiling"
        world.catalogue[0].pppk_exempt = True
        assert self.code(world) is None
        world.catalogue[0].pppk_exempt, world.people[0].status = False, "PPPK_PW"
        assert self.code(world) is None

    def test_committed(self):
        world = ministry({"A": 1})
        world.catalogue += [Programme("WEB", resets_wait=False), Programme("STR")]
        first, last = world.classes[0].first_day, world.classes[0].last_day
        day = timedelta(days=1)
        for programme, start, end, code in [
            ("WEB", first - day, first, "committed"), ("WEB", last, last + day, "committed"),
            ("WEB", first - day, first - day, None), ("WEB", last + day, last + day, None),
            ("STR", last + day, last + day, "committed"), ("STR", TODAY, TODAY, "committed"),
            ("STR", TODAY - day, TODAY - day, None),
        ]:  # fmt: skip
            world.classes[1:] = [Klass("OTHER", programme, start, end)]
            world.seats, world.invitations = [Seat(1, "OTHER")], []
            assert self.code(world) == code
            world.seats, world.invitations = [], [Invitation(1, "OTHER", "accepted")]
            assert self.code(world) == code
            world.invitations = [Invitation(1, "OTHER", "declined")]
            assert self.code(world) is None

    def test_a_hold_that_ends_today_has_ended(self):
        world = ministry({"A": 1})
        world.holds = [Hold(1, TODAY)]
        assert self.code(world) is None
        world.holds.append(Hold(1, TODAY + timedelta(days=1)))
        assert self.code(world) == "hold"

    def test_invited_whatever_became_of_it(self):
        world = ministry({"A": 1})
        world.invitations = [Invitation(1, "K", "declined")]
        assert self.code(world) == "invited"


class TestOrder:
    def test_never_trained_first_then_the_longest_wait_then_service_then_the_lottery(self):
        world = ministry({"A": 5}, seats=5)
        for person in world.people:
            person.service_start = date(2010, 1, 1)
        world.people[2].service_start = date(2009, 1, 1)
        world.history = [History(3, "X", date(2015, 1, 1)), History(2, "X", date(2015, 1, 1))]
        drawn = {n: model.lottery(world.classes[0].seed, world.people[n - 1].key) for n in (1, 4, 5)}
        assert numbers(run(world), "selected") == [*sorted(drawn, key=drawn.__getitem__), 3, 2]

    def test_the_lottery_is_a_plain_sha256(self):
        # printf 'ab:P1' | sha256sum
        assert model.lottery("ab", "P1") == (
            "7bef9b124b7eb3146849b1f2f71ecafe68b12d1639b3a5caabbecb721cbd98e6"
        )
        assert Person(1, None, "P1", "A").key == "P1"
        assert Person(1, "198501012010031001", "P1", "A").key == "198501012010031001"

    def test_area_rank_counts_within_the_stratum(self):
        world = ministry({"A": 2, "B": 2}, allocation="RATA", seats=4)
        world.people[2].service_start = date(2009, 1, 1)
        ranks = {row.person: (row.rank, row.area_rank, row.area) for row in run(world).rows.values()}
        assert ranks == {3: (1, 1, "B"), 1: (2, 1, "A"), 2: (3, 2, "A"), 4: (4, 2, "B")}

    def test_under_nasional_the_area_is_still_the_deepest(self):
        world = ministry({"A": 1, "B": 1}, parents={"B": "A"}, areas=["A", "B"])
        assert {row.person: (row.area, row.area_rank) for row in run(world).rows.values()} == {
            1: ("A", 1), 2: ("B", 2),
        }  # fmt: skip


class TestSeats:
    def test_rata_gives_the_rest_to_the_first_strata(self):
        world = ministry({"KW9": 3, "KW10": 3, "a": 3}, allocation="RATA", seats=5)
        assert model.split(world, world.classes[0], 5, []) == {"KW10": 2, "KW9": 2, "a": 1}

    def test_rata_with_more_areas_than_seats(self):
        world = ministry({"C": 1, "A": 1, "B": 1}, allocation="RATA", seats=2)
        assert numbers(run(world), "selected") == [2, 3]

    def test_manual_as_listed(self):
        world = ministry({"B": 3, "A": 3}, allocation="MANUAL", seats=3, area_seats=[1, 2])
        assert numbers(run(world), "selected") == [1, 4, 5]

    def test_no_areas_the_root_is_the_only_one(self):
        world = ministry({"A": 2, "B": 1}, areas=[], allocation="PROPORSIONAL", seats=2)
        selection = run(world)
        assert numbers(selection, "selected") == [1, 2]
        assert {row.area for row in selection.rows.values()} == {"MENAG"}

    def test_a_short_stratum_gives_its_seats_to_the_whole_pool(self):
        # RATA 2+2; B has one person; the seat left goes to the first of the pool not taken: person 3 of A.
        world = ministry({"A": 4, "B": 1}, allocation="RATA", seats=4)
        assert numbers(run(world), "selected") == [1, 2, 3, 5]

    def test_nested_areas_belong_to_the_deepest(self):
        world = ministry({"A": 2, "B": 2}, parents={"B": "A"}, areas=["A", "B"], allocation="RATA", seats=2)
        assert numbers(run(world), "selected") == [1, 3]

    def test_cap_passes_over_and_marks(self):
        # NASIONAL, 3 seats, one per unit: 1 of A, 3 of B; the third seat stays free: nobody is under the cap.
        world = ministry({"A": 2, "B": 2}, unit_cap=1, seats=3, reserve=1)
        selection = run(world)
        assert numbers(selection, "selected") == [1, 3]
        assert numbers(selection, "reserve") == [2]
        assert codes(selection) == {2: "unit_cap", 4: "unit_cap"}

    def test_whoever_was_not_reached_carries_no_code(self):
        # Two seats: the scan ends with person 3; person 4 was never looked at.
        world = ministry({"A": 2, "B": 2}, unit_cap=1, seats=2, reserve=9)
        selection = run(world)
        assert numbers(selection, "reserve") == [2, 4]
        assert codes(selection) == {2: "unit_cap"}

    def test_the_refill_keeps_the_cap(self):
        # RATA 2+2 with one per unit. Area A: A itself and A1 below it; B has one. Two of A's subtree, one of
        # B; the seat left finds nobody under the cap.
        world = ministry(
            {"A": 2, "A1": 2, "B": 2},
            parents={"A1": "A"},
            areas=["A", "B"],
            allocation="RATA",
            seats=4,
            unit_cap=1,
        )
        selection = run(world)
        assert numbers(selection, "selected") == [1, 3, 5]
        assert codes(selection) == {2: "unit_cap", 4: "unit_cap", 6: "unit_cap"}

    def test_the_refill_takes_from_a_unit_under_the_cap(self):
        # RATA 1+1+1; C is empty; cap 1: the third seat goes to A1, the first unit with room.
        world = ministry(
            {"A": 2, "A1": 1, "B": 1, "C": 0},
            parents={"A1": "A"}, areas=["A", "B", "C"], allocation="RATA", seats=3, unit_cap=1,
        )  # fmt: skip
        selection = run(world)
        assert numbers(selection, "selected") == [1, 3, 4]
        assert codes(selection) == {2: "unit_cap"}

    def test_an_empty_pool_seats_nobody(self):
        for allocation in ("NASIONAL", "RATA", "PROPORSIONAL"):
            assert run(ministry({"A": 0, "B": 0}, allocation=allocation, seats=4, reserve=4)).rows == {}


class TestReserve:
    def test_split_like_the_seats_and_not_redistributed(self):
        # Reserve 4: 2+2; B has nobody left, its two places stay empty.
        world = ministry({"A": 6, "B": 1}, allocation="RATA", seats=2, reserve=4)
        selection = run(world)
        assert [(r.person, r.reserve_no) for r in selection.having("reserve")] == [(2, 1), (3, 2)]
        assert numbers(selection, "waiting") == [4, 5, 6]

    def test_proportional_to_the_whole_pool(self):
        # Pool 6:2, reserve 4 → 3:1.
        world = ministry({"A": 6, "B": 2}, allocation="PROPORSIONAL", seats=1, reserve=4)
        selection = run(world)
        assert numbers(selection, "selected") == [1]  # 0.75 and 0.25
        assert [(r.person, r.reserve_no) for r in selection.having("reserve")] == [
            (2, 1),
            (3, 2),
            (4, 3),
            (7, 1),
        ]

    def test_manual_by_largest_remainder_on_the_listed_seats(self):
        # 3:1 listed, reserve 2: 1.5 and 0.5, equal remainders, the lower code first.
        world = ministry({"B": 9, "A": 9}, allocation="MANUAL", seats=4, area_seats=[3, 1], reserve=2)
        selection = run(world)
        assert [r.area for r in selection.having("reserve")] == ["B", "A"]  # 1 for B, 1 + the tie for A
        world = ministry({"A": 9, "B": 9}, allocation="MANUAL", seats=4, area_seats=[3, 1], reserve=2)
        assert [r.area for r in run(world).having("reserve")] == ["A", "A"]

    def test_the_cap_is_not_applied_to_it(self):
        world = ministry({"A": 4}, unit_cap=1, seats=1, reserve=3)
        assert numbers(run(world), "reserve") == [2, 3, 4]


class TestAfterwards:
    def issued(self, world: World) -> tuple[model.Selection, list[int]]:
        selection = run(world)
        return selection, model.approve(world, world.classes[0], selection, TODAY)

    def decline(self, world: World, selection: model.Selection, person: int) -> int | None:
        reply = model.answer(world, world.classes[0], selection, person, "decline", TODAY)
        assert reply is not None and reply[0] == "declined"
        return reply[1]

    def test_approval_checks_again_and_promotes(self):
        world = ministry({"A": 4}, seats=2, reserve=2)
        selection = run(world)
        world.history.append(History(1, "TEK-1", TODAY))
        world.history.append(History(3, "TEK-1", TODAY))
        assert model.approve(world, world.classes[0], selection, TODAY) == [2, 4]
        assert selection.marks == {1: "passed", 3: "passed"}

    def test_a_freed_seat_goes_to_the_same_stratum_and_then_to_any(self):
        world = ministry({"A": 3, "B": 4}, allocation="RATA", seats=2, reserve=4)
        selection, invited = self.issued(world)
        assert invited == [1, 4]
        assert self.decline(world, selection, 4) == 5
        assert self.decline(world, selection, 5) == 6
        assert self.decline(world, selection, 6) == 2  # B's reserve of two is used up
        assert self.decline(world, selection, 2) == 3
        assert self.decline(world, selection, 3) is None

    def test_a_reserve_over_the_cap_stays_for_the_next_seat(self):
        # Selected 1 (A) and 3 (B), reserve 2 (A), 4 (B), one per unit.
        world = ministry({"A": 2, "B": 2}, unit_cap=1, seats=2, reserve=9)
        selection, invited = self.issued(world)
        assert invited == [1, 3]
        assert self.decline(world, selection, 3) == 4  # 2 is passed over: A has person 1
        assert self.decline(world, selection, 1) == 2

    def test_answers(self):
        world = ministry({"A": 2}, seats=1, reserve=1)
        selection, _ = self.issued(world)
        say = lambda person, reply: model.answer(world, world.classes[0], selection, person, reply, TODAY)  # noqa: E731
        assert say(1, "accept") == ("accepted", None)
        assert say(1, "accept") == ("accepted", None)
        assert say(1, "decline") == ("declined", 2)
        assert say(1, "decline") == ("declined", None)
        assert say(1, "accept") is None

    def test_no_promotion_close_to_the_first_day(self):
        for days, promoted in [(4, 2), (3, None)]:
            world = ministry({"A": 2}, seats=1, reserve=1)
            selection, _ = self.issued(world)
            world.classes[0].first_day = TODAY + timedelta(days=days)
            assert self.decline(world, selection, 1) == promoted

    def test_a_second_selection_fills_the_free_seats_under_the_cap(self):
        world = ministry({"A": 3, "B": 3}, unit_cap=2, seats=3)
        selection, invited = self.issued(world)
        assert invited == [1, 2, 4]
        assert not model.may_select_again(world, world.classes[0], [selection], TODAY)  # no free seat
        self.decline(world, selection, 4)
        assert model.may_select_again(world, world.classes[0], [selection], TODAY)
        second = run(world)
        assert numbers(second, "selected") == [5]
        assert codes(second) == {1: "invited", 2: "invited", 4: "invited", 3: "unit_cap"}
