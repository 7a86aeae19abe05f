"""One scope everywhere: a random user on a random tree sees in the list, its count, the figures, the search,
the export and person by person exactly the people that a plain reading of the rule names, and never another.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import RoleGrant
from accounts.roles import GRANTED, Permission, Role
from employees.exporting.lists import find
from employees.models import Employee, ServiceArea, Unit
from employees.scoping import grants_over
from invitations import lists
from invitations.models import Invitation
from reports.figures.coverage import everybody
from reports.scope import Scope
from tests import factories
from tests.profiles import tries

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
MOST_UNITS, MOST_PEOPLE = 7, 7
#: Days from today on which grants and service areas begin and end.
DAYS = st.sampled_from([-400, -1, 0, 1, 300])


@dataclass(frozen=True)
class Span:
    """A first and a last day (None: open), and whether it was ended at once."""

    since: int
    until: int | None
    ended: bool = False

    @property
    def today(self) -> bool:
        return self.since <= 0 and (self.until is None or self.until >= 0) and not self.ended

    @property
    def days(self) -> dict[str, date | None]:
        last = None if self.until is None else TODAY + timedelta(days=self.until)
        return {"since": TODAY + timedelta(days=self.since), "until": last}


@st.composite
def spans(draw) -> Span:
    since = draw(DAYS)
    until = draw(st.none() | DAYS.filter(lambda day: day >= since))
    return Span(since, until, draw(st.booleans()) and draw(st.booleans()))


@dataclass
class World:
    """Everything as numbers: unit → its parent, person → (unit, active), grants, service areas."""

    parents: list[int | None]
    people: list[tuple[int, bool, bool]]
    grants: list[tuple[Role, int, Span]]
    serves: list[tuple[int, int, Span]]

    def at_or_below(self, unit: int, top: int) -> bool:
        here: int | None = unit
        while here is not None:
            if here == top:
                return True
            here = self.parents[here]
        return False

    def sees(self, person: int, permission: Permission) -> bool:
        """The rule read plainly: a grant in force whose unit, or area served, is above the person."""
        unit = self.people[person][0]
        for role, held_on, span in self.grants:
            if not span.today or permission not in GRANTED[role]:
                continue
            if self.at_or_below(unit, held_on):
                return True
            if role == Role.ORGANISER and any(
                served.today and organiser == held_on and self.at_or_below(unit, area)
                for organiser, area, served in self.serves
            ):
                return True
        return False


@st.composite
def worlds(draw) -> World:
    n = draw(st.integers(1, MOST_UNITS))
    units = st.integers(0, n - 1)
    parents = [None, *(draw(st.integers(0, i - 1)) for i in range(1, n))]
    people = draw(st.lists(st.tuples(units, st.booleans(), st.booleans()), max_size=MOST_PEOPLE))
    grants = draw(st.lists(st.tuples(st.sampled_from(list(Role)), units, spans()), max_size=4))
    pairs = st.tuples(units, units, spans())
    serves = draw(st.lists(pairs, max_size=3, unique_by=lambda s: (s[0], s[1], s[2].since)))
    return World(parents, people, grants, serves)


def store(world: World) -> tuple[list[Unit], list[Employee], object]:
    units: list[Unit] = []
    for i, parent in enumerate(world.parents):
        units.append(factories.unit(f"U{i}", None if parent is None else units[parent], "KANWIL"))
    people = []
    for i, (unit, active, trained) in enumerate(world.people):
        person = factories.employee(units[unit], name=f"Orang {i}", activity="AKTIF" if active else "CLTN")
        if trained:
            factories.history(person, TODAY - timedelta(days=100))
        people.append(person)
    for organiser, area, span in world.serves:
        days = dict(span.days)
        if span.ended:
            days["until"] = days["since"]  # a service area has no other way to end
        ServiceArea.objects.create(organiser=units[organiser], area=units[area], **days)
    user = get_user_model().objects.create_user("someone", full_name="Someone")
    other = get_user_model().objects.create_user("other")
    for role, unit, span in world.grants:
        ended = {"ended_at": timezone.now(), "ended_by": other} if span.ended else {}
        RoleGrant.objects.create(user=user, role=role, unit=units[unit], **span.days, **ended)
    return units, people, user


def invite_everybody(units: list[Unit], people: list[Employee]):
    """A class of the whole ministry with an invitation for each, written directly."""
    made = factories.training_class(factories.programme(), units[0], [units[0]], seats=MOST_PEOPLE)
    from invitations.models import Selection

    selection = Selection.objects.create(
        training_class=made, number=1, seed=made.seeds.first(), rule_version="1", run_on=TODAY,
    )  # fmt: skip
    for rank, person in enumerate(people, 1):
        Invitation.objects.create(
            selection=selection, training_class=made, employee=person, rank=rank,
            answer_by=made.confirm_by, reason={},
        )  # fmt: skip
    return made


def listed(client: Client, **query: str) -> tuple[set[int], int]:
    """The keys of the people on the page, and how many the list says there are."""
    response = client.get(reverse("employees:list"), query)
    assert response.status_code == 200
    keys = {int(key) for key in re.findall(r'href="/employees/(\d+)/"', response.content.decode())}
    return keys, response.context["table"].paginator.count


def ended_services_as_stored(world: World) -> World:
    """Service areas that ended at once are stored as one day."""
    serves = [
        (organiser, area, Span(span.since, span.since if span.ended else span.until))
        for organiser, area, span in world.serves
    ]
    return World(world.parents, world.people, world.grants, serves)


@tries(20)
@given(drawn=worlds())
def test_list_count_figures_search_export_and_pages_agree_with_the_plain_rule(drawn):
    world = ended_services_as_stored(drawn)
    with transaction.atomic():
        try:
            check(world)
        finally:
            transaction.set_rollback(True)


def check(world: World) -> None:
    units, people, user = store(world)
    client = Client()
    client.force_login(user)
    numbers = range(len(people))
    seen = {i for i in numbers if world.sees(i, Permission.SEE_PEOPLE)}
    active = {i for i in seen if world.people[i][1]}
    holds = any(span.today and Permission.SEE_PEOPLE in GRANTED[role] for role, _unit, span in world.grants)

    if holds:
        expected = {people[i].pk for i in active}
        assert listed(client) == (expected, len(expected))
        never = {people[i].pk for i in active if not world.people[i][2]}
        assert listed(client, training="never") == (never, len(never))
        assert listed(client, q="Orang") == (expected, len(expected))
    else:
        assert client.get(reverse("employees:list")).status_code == 403
    for i in numbers:
        status = client.get(reverse("employees:detail", args=[people[i].pk])).status_code
        assert status == (200 if i in seen else 404 if holds else 403)
        # "Who can see me" says the same from the other side.
        named = {grant.user_id for grant in grants_over(people[i].unit.path, Permission.SEE_PEOPLE)}
        assert (user.pk in named) == (i in seen)

    figures = {i for i in numbers if world.sees(i, Permission.SEE_FIGURES) and world.people[i][1]}
    user = get_user_model().objects.get(pk=user.pk)
    scope = Scope.of(user)
    shown = everybody(scope).people
    if scope.masked:
        assert shown in (None, len(figures))
        assert shown is None or shown == 0 or shown >= 5
    else:
        assert shown == len(figures)

    downloads = {i for i in numbers if world.sees(i, Permission.DOWNLOAD_LISTS)}
    made = invite_everybody(units, people)
    stream = io.BytesIO()
    lists.download(training_class=made, unit=None, fmt="csv", by=user, stream=stream)
    exported = [row["NIP"] for row in csv.DictReader(io.StringIO(stream.getvalue().decode()))]
    assert sorted(exported) == sorted(people[i].nip for i in downloads)

    # The lists of history and invitations, and every list as a worker would write it.
    trained = {i for i in numbers if world.people[i][2]}
    if holds:
        assert on_page(client, "trainings:history_list") == {people[i].pk for i in seen & trained}
        told = {i for i in numbers if world.sees(i, Permission.SEE_SELECTIONS)}
        assert on_page(client, "invitations:list") == {people[i].pk for i in told}
    active_ones = {i for i in downloads if world.people[i][1]}
    for name, expected_ones in (
        ("employees", active_ones), ("history", downloads & trained), ("invitations", downloads),
    ):  # fmt: skip
        built = find(name).build(user, QueryDict(""))
        written = list(built.rows.order_by(built.person).values_list(built.person, flat=True))
        assert written == sorted(people[i].pk for i in expected_ones), name


def on_page(client: Client, name: str) -> set[int]:
    """The keys of the people in the list's rows."""
    response = client.get(reverse(name))
    assert response.status_code == 200
    return set(response.context["table"].keys("employee_id"))
