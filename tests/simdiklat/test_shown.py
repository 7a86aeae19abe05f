"""Whoever is named to somebody on any page stands in the log of reading: all pages, walked and drawn."""

from django.db import transaction
from django.urls import reverse

from audit.models import Reading
from employees.models import Employee
from tests.simdiklat.matrix_world import PLACES, addresses, filled
from tests.simdiklat.test_matrix import world  # noqa: F401 - fixture

ADDRESSES = addresses()
#: Who sees other people on most pages: a regional operator, a planner, and whoever looks after accounts.
READERS = ("region", "organiser", "admin")
#: Some of the pages that must have been met with a name on them; otherwise the walk proves nothing.
NAMING = {
    "employees:list", "employees:detail", "trainings:attendance", "trainings:results", "trainings:claim_list",
    "trainings:claim", "employees:pairs", "employees:pair", "certificates:revoke", "invitations:list",
    "invitations:undelivered", "employees:accounts", "employees:corrections", "invitations:objections",
}  # fmt: skip


def named_in(body: str) -> dict[str, set[int]]:
    """The people whose names stand on the page: name → keys of the records of that name."""
    found: dict[str, set[int]] = {}
    for pk, name in Employee.objects.values_list("pk", "name"):
        found.setdefault(name, set()).add(pk)
    return {name: keys for name, keys in found.items() if name in body}


def test_every_page_that_names_people_tells_the_log_so(world):  # noqa: F811
    silent, met = [], set()
    for name, (route, pattern) in ADDRESSES.items():
        for actor in READERS:
            for place in PLACES[:2] if pattern.pattern.converters else PLACES[:1]:
                address = reverse(name.split(" ")[0], kwargs=filled(world, name, route, pattern, place))
                with transaction.atomic():
                    response = world.client(actor).get(address)
                    page = response.status_code == 200 and response["Content-Type"].startswith("text/html")
                    named = named_in(response.content.decode()) if page else {}
                    told = {pk for keys in Reading.objects.values_list("subjects", flat=True) for pk in keys}
                    transaction.set_rollback(True)
                silent += [(name, actor, person) for person, keys in named.items() if not keys & told]
                met |= {name} if named else set()
    assert not silent
    assert met >= NAMING
