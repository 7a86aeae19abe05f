"""The audit trail speaks in words: what the code records has a label, and the page shows it."""

import ast
import re
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from audit import log
from simdiklat.trail_words import LABELS

ROOMS = (
    "accounts", "certificates", "employees", "invitations", "jobs", "outbox", "simdiklat", "trainings",
)  # fmt: skip


def recorded() -> set[str]:
    """Verbs that are written out in a call of some `record` or `_record`."""
    found = set()
    for room in ROOMS:
        for file in (Path(settings.BASE_DIR) / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name.endswith("record"):
                    found |= {
                        a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
                    }
    return {verb for verb in found if re.fullmatch(r"[a-z_]+\.[a-z_]+", verb)}


def test_every_verb_in_the_code_has_a_label():
    verbs = recorded()
    assert {"role.granted", "letter.made"} <= verbs
    assert verbs <= set(LABELS), verbs - set(LABELS)


def test_the_page_shows_the_label_and_the_verb(client, cast, tree):
    client.force_login(cast.auditor)
    log.record("class.scheduled", by=cast.central, object_type="class", object_id=1, unit_path=tree.bdk.path)
    body = client.get(reverse("audit"), {"verb": "class.scheduled"}).content.decode()
    assert "Kelas dijadwalkan <small>class.scheduled</small>" in body
