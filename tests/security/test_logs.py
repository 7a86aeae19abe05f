"""Logs and traces hold no address that is a key of its own, and logs no NIP."""

import io
import logging
import re

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from audit import addresses
from audit.models import Reading
from audit.origin import ChangeContext
from invitations import actions, links
from simdiklat.celery import keep_out_of_logs
from simdiklat.logs import Formatter
from tests import factories
from tests.simdiklat.matrix_world import addresses as all_addresses

SECRET = "MTIzNDU2:1vN0:abcdefghijklmnopqrstuvwxyz0123456789_-"


@pytest.fixture
def log():
    """Everything that is logged, as the console's formatter writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter("%(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def with_keys() -> list[tuple[str, str]]:
    """(name, address) of every address with a part that opens something by itself."""
    found = []
    for name, (_route, pattern) in all_addresses().items():
        parts = pattern.pattern.converters
        keys = addresses.KEYS.intersection(parts)
        if keys:
            secret = SECRET if "token" in keys else "K7Q2M9XW4RTB8HNP3VZD"
            given = {part: secret if part in keys else 1 for part in parts}
            found.append((name, reverse(name, kwargs=given)))
    return found


def test_every_address_with_a_key_is_known_and_none_loses_more_than_its_key():
    found = with_keys()
    assert {"invitations:answer_link", "trainings:join", "trainings:enter", "calendar_feed", "certificates:check"} <= {
        name for name, _address in found
    }  # fmt: skip
    for name, address in found:
        hidden = addresses.without_keys(f"Not Found: {address}?k=1")
        assert SECRET not in hidden and "K7Q2" not in hidden and "…" in hidden, name
    # A part called otherwise that takes any text is looked at here, once.
    others = {
        part
        for _route, pattern in all_addresses().values()
        for part, converter in pattern.pattern.converters.items()
        if type(converter).__name__ in ("StringConverter", "SlugConverter", "PathConverter", "UUIDConverter")
    }
    assert others == {"token", "public_id", "kind", "key", "record"}
    plain = f"Forbidden (Permission denied): {reverse('employees:list')}"
    assert addresses.without_keys(plain) == plain


def test_refused_and_breaking_pages_log_no_key(cast, log, monkeypatch):
    for _name, address in with_keys():
        Client().get(address)
        Client(enforce_csrf_checks=True).post(address)  # refused for want of a token
    monkeypatch.setattr(links, "invitation_of", lambda token: 1 / 0)
    broken = reverse("invitations:answer_link", args=[SECRET])
    assert Client(raise_request_exception=False).get(broken).status_code == 500
    said = log.getvalue()
    assert "ZeroDivisionError" in said and "/jawab/…" in said
    assert SECRET not in said and "K7Q2" not in said


def test_no_nip_reaches_the_log(log):
    logging.getLogger("x").warning("DETAIL: Key (nip)=(%s) exists", "198603022010121001")
    logging.getLogger("x").warning("row 12345678901234567890 of 1764028800")
    assert log.getvalue().splitlines() == [
        "WARNING x DETAIL: Key (nip)=(1986…) exists",
        "WARNING x row 12345678901234567890 of 1764028800",
    ]


def test_the_portal_and_its_workers_write_their_logs_so(settings):
    assert settings.LOGGING["formatters"]["plain"]["()"] == "simdiklat.logs.Formatter"
    logger, stream = logging.Logger("worker"), io.StringIO()
    logger.addHandler(logging.StreamHandler(stream))
    keep_out_of_logs(logger)
    logger.error("GET /jawab/%s/", SECRET)
    assert stream.getvalue().endswith("GET /jawab/…/\n")


def test_an_answer_by_link_leaves_no_key_in_the_traces(cast, tree, settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path
    made = factories.training_class(factories.programme(), tree.bdk, [tree.east], seats=1)
    started = actions.start_selection(training_class=made, by=cast.central, in_background=False)
    actions.run_selection(started.pk)
    actions.approve(selection=started, by=cast.central, in_background=False)
    actions.issue(started.pk)
    address = links.path_for(started.invitations.get().pk)
    token = re.search(r"/jawab/([^/]+)/", address)[1]
    client = Client()
    client.force_login(cast.operator)  # somebody else's mail, opened while signed in
    assert client.get(address).status_code == 200
    reading = Reading.objects.of_person(cast.employee.pk).get()
    assert (reading.actor_id, reading.object_id) == (cast.operator.pk, "/jawab/…/")
    assert client.post(address, {"answer": "accept"}).status_code == 302
    assert token not in str(list(Reading.objects.values()))
    # What is kept with the row before a change names the page, too.
    request = RequestFactory().post(address)
    assert ChangeContext(lambda request: HttpResponse()).get_context(request)["url"] == "/jawab/…/"
