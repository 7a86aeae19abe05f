"""The audit trail speaks in words: what the code records has a label, and the page shows it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from audit import log
from employees.merging import rules
from simdiklat.privacy import retention
from simdiklat.trail_words import details, object_words
from simdiklat.trail_words.labels import GROUPS, KEYS, LABELS, OBJECTS, RELATIONS, RETAINED

ROOMS = (
    "accounts", "certificates", "employees", "invitations", "jobs", "outbox", "simdiklat", "trainings",
)  # fmt: skip


def calls() -> Iterator[ast.Call]:
    """Every call of some `record` or `_record` in the rooms."""
    for room in ROOMS:
        for file in (Path(settings.BASE_DIR) / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    if name.endswith(("record", "_record_version")):
                        yield node


def recorded() -> set[str]:
    """Verbs that are written out in a call of some `record` or `_record`."""
    found = {
        a.value
        for node in calls()
        for a in node.args
        if isinstance(a, ast.Constant) and isinstance(a.value, str)
    }
    return {verb for verb in found if re.fullmatch(r"[a-z_]+\.[a-z_]+", verb)}


def test_every_verb_in_the_code_has_a_label():
    verbs = recorded()
    assert {"role.granted", "letter.made"} <= verbs
    assert verbs <= set(LABELS), verbs - set(LABELS)


def test_every_object_and_key_in_the_code_has_a_label():
    types, keys = set(), set()
    for node in calls():
        types |= {
            k.value.value
            for k in node.keywords
            if k.arg == "object_type" and isinstance(k.value, ast.Constant)
        }
        given = [k.value for k in node.keywords if k.arg == "data"] + list(node.args)
        keys |= {
            k.value
            for one in given
            if isinstance(one, ast.Dict)
            for k in one.keys
            if isinstance(k, ast.Constant)
        }
    assert {"class", "user"} <= types
    assert types <= set(OBJECTS), types - set(OBJECTS)
    assert {"reason", "class", "ways"} <= keys
    assert keys <= set(KEYS), keys - set(KEYS)


def test_every_verb_belongs_to_a_group_of_the_filter():
    groups = {verb.partition(".")[0] for verb in LABELS}
    assert groups == set(GROUPS), groups ^ set(GROUPS)


def test_what_a_merge_moves_and_the_nightly_run_ends_has_a_label():
    moved = {rule.label for rule in rules.rules()}
    assert moved <= set(RELATIONS), moved - set(RELATIONS)
    ended = {policy.name for policy in retention.policies()}
    assert ended <= set(RETAINED), ended - set(RETAINED)


def words(verb: str, **data: Any) -> str:
    return " · ".join(f"{label}: {value}" for label, value in details(verb, data))


def test_codes_are_words_of_the_language():
    with override("en"):
        assert words("account.signed_in", ways=["password", "mfa"]) == "Signed in by: Password, Second factor"
        assert words("attendance.corrected", **{"from": "TANPA_KETERANGAN", "to": "HADIR"}).endswith(
            "After: Present"
        )
        assert words("import.batch", **{"from": 1, "to": 500}) == "First row: 1 · Last row: 500"
        assert words("class.completed", class_="x", LULUS=3).endswith("Passed: 3")
        assert words("import.checked", halted=False, kind="units") == "Halted: no · Kind: Units"
    with override("id"):
        assert words("account.signed_in", ways=["password"]) == "Masuk dengan: Kata sandi"
        assert words("role.granted", since="2026-05-05", until=None) == "Sejak: 5 Mei 2026"
        assert words("employee.merged", before={"sex": ["L", "P"]}).startswith("Sebelum: jenis kelamin:")
        assert object_words("class", "12") == "Kelas 12"
        assert object_words("list", "audit") == "Daftar Jejak audit"


def test_what_has_no_word_is_shown_as_it_is():
    assert words("nobody.knows", strange="CODE", nothing="") == "strange: CODE"
    assert object_words("strange", "1") == "strange 1"


def event(cast: Any, tree: Any, verb: str = "class.scheduled", **data: Any) -> None:
    log.record(verb, by=cast.central, object_type="class", object_id=1, unit_path=tree.bdk.path, data=data)


def test_the_page_shows_words_and_what_is_stored_behind_them(client, cast, tree):
    client.force_login(cast.auditor)
    event(cast, tree, "class.drafted", allocation="proportional")
    body = client.get(reverse("audit"), {"verb": "class.drafted"}).content.decode()
    row = body[body.index("<tbody>") :]
    shown = re.sub(r"<details.*?</details>", "", row, flags=re.DOTALL)
    assert '<span title="class.drafted">Konsep kelas disusun</span>' in shown
    assert ">Kelas 1</span>" in shown
    assert "allocation" not in shown
    stored = re.search(r"<details.*?</details>", row, re.DOTALL)
    assert stored and "class.drafted" in stored[0] and "proportional" in stored[0] and "class 1" in stored[0]


def test_filters_offer_words_and_the_address_keeps_codes(client, cast, tree):
    client.force_login(cast.auditor)
    event(cast, tree)
    event(cast, tree, "letter.made")
    page = client.get(reverse("audit")).content.decode()
    assert '<option value="class.scheduled">Kelas dijadwalkan</option>' in page
    assert '<option value="class.">Kelas: semua</option>' in page
    assert '<option value="class">Kelas</option>' in page
    table = {"HTTP_HX-REQUEST": "true"}
    for query, number in (
        ({"verb": "class."}, 1), ({"verb": "letter.made"}, 1), ({"verb": "cla"}, 1), ({"object_type": "class"}, 2),
        ({"object_type": "unit"}, 0),
    ):  # fmt: skip
        body = client.get(reverse("audit"), query, **table).content.decode()
        assert body.count("<details") == number, query


def test_a_code_without_a_word_stays_chosen_in_the_filter(client, cast, tree):
    client.force_login(cast.auditor)
    page = client.get(reverse("audit"), {"verb": "class.forgotten"}).content.decode()
    assert '<option value="class.forgotten" selected>class.forgotten</option>' in page
