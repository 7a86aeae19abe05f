"""Whoever is named to somebody on any page stands in the log of reading: all pages, walked and drawn."""

from django.db import transaction
from django.urls import reverse

from audit.models import Reading
from employees.models import Employee
from tests.simdiklat.matrix_world import PLACES, addresses, filled
from tests.simdiklat.test_matrix import EXPECTED, codes, world  # noqa: F401 - fixture

ADDRESSES = addresses()
#: Who sees other people on most pages: a regional operator, a planner, and whoever looks after accounts.
READERS = ("region", "organiser", "admin")
#: Some of the pages that must have been met with a name on them; otherwise the walk proves nothing.
NAMING = {
    "employees:list", "employees:detail", "trainings:attendance", "trainings:results", "trainings:claim_list",
    "trainings:claim", "employees:pairs", "employees:pair", "certificates:revoke", "invitations:list",
    "invitations:undelivered", "employees:accounts", "employees:corrections", "invitations:objections",
}  # fmt: skip


def opened(world, actor: str, places: tuple[str, ...]):  # noqa: F811
    """(name, answer, body) of each page that the table of access opens to the actor; undone after each."""
    for name, (route, pattern) in ADDRESSES.items():
        for place in places if pattern.pattern.converters else places[:1]:
            if codes(EXPECTED[name, "GET"][actor])[PLACES.index(place)] != "200":
                continue
            address = reverse(name.split(" ")[0], kwargs=filled(world, name, route, pattern, place))
            with transaction.atomic():
                response = world.client(actor).get(address)
                assert response.status_code == 200, (name, actor, place)
                yield name, response, response.getvalue().decode(errors="replace")
                transaction.set_rollback(True)


def named_in(body: str) -> dict[str, set[int]]:
    """The people whose names stand on the page: name → keys of the records of that name."""
    found: dict[str, set[int]] = {}
    for pk, name in Employee.objects.values_list("pk", "name"):
        found.setdefault(name, set()).add(pk)
    return {name: keys for name, keys in found.items() if name in body}


def test_every_page_that_names_people_tells_the_log_so(world):  # noqa: F811
    silent, met = [], set()
    for actor in READERS:
        for name, response, body in opened(world, actor, PLACES[:2]):
            if not response["Content-Type"].startswith("text/html"):
                continue
            named = named_in(body)
            told = {pk for keys in Reading.objects.values_list("subjects", flat=True) for pk in keys}
            silent += [(name, actor, person) for person, keys in named.items() if not keys & told]
            met |= {name} if named else set()
    assert not silent
    assert met >= NAMING


def test_leaders_and_employees_are_shown_nobody_else_by_name(world):  # noqa: F811
    """Figures without names, and one's own affairs: no page, wherever its object lies, names anybody else."""
    own = world.objects["employee"]["own"]
    named, seen = [], 0
    for actor, places in (("leader", ("own", "above")), ("employee", ("own",))):
        for name, _response, body in opened(world, actor, places):
            seen += 1
            for person, keys in named_in(body).items():
                if name not in BY_KEY and (actor == "leader" or own.pk not in keys):
                    named.append((name, actor, person))
    assert named == []
    assert seen > 100


#: Papers with a key of their own name their holder to whoever has the key, as they would to anybody.
BY_KEY = {"certificates:check", "invitations:letter_check", "invitations:answer_link"}
