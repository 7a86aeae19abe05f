"""Every address × every role × where the object lies × GET and POST, held against one table.

The table is `matrix.txt` beside this file. An address without a row fails, a row without an address fails.
Four statuses stand for an object of one's own office, below it, beside it and above it; one status: the
same for all, or the address names no object. A POST is sent empty: 200 is a form that asks for more, 302
something done (or refused with a message on the next page).

After adding an address: run `MATRIX=write pytest tests/simdiklat/test_matrix.py -n 0`, then read the new
rows as you would read code: the tests below know some of what may never be, not all of it.
"""

import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from django.db import connection, reset_queries, transaction
from django.http import HttpRequest
from django.template.loader import get_template
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.access import PUBLIC
from tests.simdiklat.matrix_world import ACTORS, PLACES, World, addresses, build, filled

FILE = Path(__file__).with_name("matrix.txt")
METHODS = ("GET", "POST")
WRITING = os.environ.get("MATRIX") == "write"
ADDRESSES = addresses()
#: What no refused request may do, and no auditor's request beside leaving its trace.
WRITES = re.compile(r'(?:^|; )\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
#: Tables in which every request may leave a trace of having been made.
TRACES = {"audit_reading", "audit_event", "django_session", "accounts_attempt"}
#: Papers are set when they are first asked for, by whomever; the row keeps the hash of the file.
SETS_PAPERS = {"certificates_certificateversion"}
#: An auditor's own affairs, and checking what is there: POST may go through.
AUDITORS_OWN = {
    "language", "calendar_subscribe", "employees:ask_code", "employees:set_password", "invitations:answer_link",
    "invitations:letter_check", "invitations:verify", "certificates:search", "employees:export",
    *(name for name in ADDRESSES if re.match(r"(accounts:|account_|mfa_|openid_)", name)),
}  # fmt: skip


def read() -> dict[tuple[str, str], dict[str, str]]:
    """The table: (name, method) → {actor: statuses}."""
    rows = {}
    lines = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            *name, method = re.split(r"\s+(?=GET |POST )", line, maxsplit=1)
            method, *cells = method.split()
            rows[name[0].strip(), method] = dict(zip(ACTORS, cells, strict=True))
    return rows


EXPECTED = read()


@pytest.fixture(scope="module")
def world(test_database, django_db_blocker, tmp_path_factory):
    """Made once; every request is undone after it."""
    from django.conf import settings

    folders = ("EVIDENCE_DIR", "LETTERS_DIR", "RESULTS_DIR", "CERTIFICATES_DIR")
    before = {name: getattr(settings, name) for name in (*folders, "EMAIL_BACKEND")}
    for name in folders:
        setattr(settings, name, tmp_path_factory.mktemp(name.lower()))
    settings.EMAIL_BACKEND = "outbox.filebackend.EmailBackend"  # the mailbox's pages exist only with it
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)
    for name, value in before.items():
        setattr(settings, name, value)


def statuses(world: World, name: str, method: str) -> dict[str, str]:
    """What each actor gets, place by place; asserts that a refused request has written nothing."""
    route, pattern = ADDRESSES[name]
    found = {}
    for actor in ACTORS:
        codes = []
        # Without an object, or before signing in, it is the same wherever the object lies.
        several = pattern.pattern.converters and (actor != "anonymous" or PUBLIC in pattern.callback.access)
        for place in PLACES if several else PLACES[:1]:
            address = reverse(name.split(" ")[0], kwargs=filled(world, name, route, pattern, place))
            client = world.client(actor)
            reset_queries()  # the log of queries is short, and would be full after some hundred requests
            with transaction.atomic(), CaptureQueriesContext(connection) as done:
                response = getattr(client, method.lower())(address)
                transaction.set_rollback(True)
            codes.append(str(response.status_code))
            written = {match[1] for query in done.captured_queries if (match := WRITES.search(query["sql"]))}
            if name in ("certificates:pdf", "certificates:zip"):
                written -= SETS_PAPERS
            if response.status_code in (403, 404, 405):
                assert written <= TRACES, f"{actor} {place} {method} {name}: {response.status_code} {written}"
            if actor == "auditor" and name not in AUDITORS_OWN:
                assert written <= TRACES, f"an auditor's {method} of {name} writes {written}"
            if actor == "auditor" and method == "GET" and response.status_code == 200:
                assert "audit_reading" in written or pattern.callback.access == (PUBLIC,), (
                    f"an auditor was shown {name} without a trace"
                )
        found[actor] = codes[0] if len(set(codes)) == 1 else "/".join(codes)
    return found


@pytest.fixture
def undrawn(monkeypatch):
    """Pages are answered without being drawn: statuses and writes are decided before, and drawing is most
    of the time. What pages show is tested with each page. That a page is refused is drawn once for each
    reader, and is the same whatever was refused."""
    undrawing = SimpleNamespace(render_to_string=lambda *args, **kwargs: "")
    monkeypatch.setattr("django.shortcuts.loader", undrawing)  # of views alone: parts of the frame are kept
    monkeypatch.setattr("django.views.defaults.loader", SimpleNamespace(get_template=RefusalDrawnOnce))


class RefusalDrawnOnce:
    """A template of an error page that every reader is shown once in full."""

    drawn: ClassVar[set[tuple[str, Any]]] = set()

    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, context: dict[str, Any] | None = None, request: HttpRequest | None = None) -> str:
        shown = (self.name, request.user.pk) if request else None
        if shown in self.drawn:
            return ""
        if shown:
            self.drawn.add(shown)
        return get_template(self.name).render(context, request)


SEEN: dict[tuple[str, str], dict[str, str]] = {}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ADDRESSES)
def test_everybody_gets_what_the_table_says(world, undrawn, name, method):
    found = statuses(world, name, method)
    SEEN[name, method] = found
    if not WRITING:
        assert (name, method) in EXPECTED, f"{name} has no row in {FILE.name}; it would be {found}"
        assert found == EXPECTED[name, method]


def test_no_row_is_stale():
    if WRITING:
        write()
    assert {name for name, _method in read()} == set(ADDRESSES)
    assert {method for _name, method in read()} == set(METHODS)


def write() -> None:
    """Write the table as found; rows that were not asked for this time (-k) stay as they are."""
    found = {
        key: SEEN.get(key) or EXPECTED[key]
        for key in ((name, method) for name in sorted(ADDRESSES) for method in METHODS)
        if key in SEEN or key in EXPECTED
    }
    width = max(len(name) for name in ADDRESSES)
    columns = {a: max([len(a), *(len(row[a]) for row in found.values())]) for a in ACTORS}
    head = f"# {'address':<{width - 2}} {'':<4} " + " ".join(f"{a:<{columns[a]}}" for a in ACTORS)
    lines = [
        "# Written by MATRIX=write (see test_matrix.py), then read by people. own/below/beside/above.",
        head.rstrip(),
    ]
    for (name, method), row in found.items():
        cells = " ".join(f"{row[a]:<{columns[a]}}" for a in ACTORS)
        lines.append(f"{name:<{width}} {method:<4} {cells}".rstrip())
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


# --- What the table may never say ------------------------------------------------------------------


def codes(cell: str) -> list[str]:
    """The status of each place."""
    return cell.split("/") if "/" in cell else [cell] * len(PLACES)


@pytest.mark.parametrize(("name", "method"), EXPECTED)
def test_who_is_not_signed_in_is_sent_to_sign_in_everywhere_but_in_public(name, method):
    if PUBLIC not in ADDRESSES[name][1].callback.access:
        assert set(codes(EXPECTED[name, method]["anonymous"])) == {"302"}


#: What everybody may open wherever it lies: the catalogue; papers by the secret in their QR; signed links;
#: addresses whose parts name no object of anybody's; one that asks for the password before it looks.
EVERYWHERE = {
    "trainings:programme_detail", "invitations:letter_check", "invitations:answer_link", "certificates:check",
    "employees:set_password", "reports:figure", "reports:part", "reports:download", "own_data_file",
    "mfa_remove_webauthn", "trainings:curriculum", "trainings:curriculum_draft", "trainings:subject_file",
    "trainings:check_in", "calendar_month", "calendar_year", "calendar_export", "calendar_feed",
    "employees:export",  # names a list; its rows are those that the person asking may see
}  # fmt: skip


@pytest.mark.parametrize(("name", "method"), EXPECTED)
def test_nobody_reaches_what_lies_beside_or_below_their_own(name, method):
    row = EXPECTED[name, method]
    if name in EVERYWHERE or not ADDRESSES[name][1].pattern.converters:
        return
    for actor in ACTORS[1:]:
        at = dict(zip(PLACES, codes(row[actor]), strict=True))
        assert at["beside"] in ("403", "404", "405"), actor
        if actor == "employee":
            assert {at["below"], at["above"]} <= {"403", "404", "405"} | (
                {"200"} if name in ABOVE_IS_OURS else set()
            )


#: Held for the whole ministry, so it is held for one's own office too.
ABOVE_IS_OURS = {
    "invitations:class", "invitations:selection", "invitations:review", "invitations:verified",
    "invitations:download", "invitations:letters", "invitations:evidence", "invitations:verify",
    "invitations:why_class", "invitations:why_selection", "invitations:sending", "certificates:class",
    "certificates:papers", "trainings:class_claims",
}  # fmt: skip


@pytest.mark.parametrize(("name", "method"), EXPECTED)
def test_what_lies_above_is_reached_only_where_it_is_held_for_everybody(name, method):
    row = EXPECTED[name, method]
    if name in EVERYWHERE | ABOVE_IS_OURS or not ADDRESSES[name][1].pattern.converters:
        return
    for actor in ACTORS[1:]:
        assert codes(row[actor])[PLACES.index("above")] in ("403", "404", "405"), actor


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_auditor_changes_nothing(name):
    if name not in AUDITORS_OWN and (name, "POST") in EXPECTED:
        posted = set(codes(EXPECTED[name, "POST"]["auditor"]))
        # A page that only reads answers a POST as it answers a GET; what it writes is checked above.
        only_reads = EXPECTED[name, "POST"] == EXPECTED[name, "GET"]
        assert posted <= {"400", "403", "404", "405"} or only_reads
