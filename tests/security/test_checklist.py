"""docs/security.md: every test it names exists, and every point names one."""

import ast
import re
from functools import cache
from pathlib import Path

from django.conf import settings

from accounts import limits

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_named_test_exists():
    assert len(NAMED) > 70
    assert [f"{path}::{name}" for path, name in NAMED if name not in names_in(path)] == []


def test_every_point_names_a_test():
    rows = re.findall(r"^\| (\d[\d., –]*) \|.*$", TEXT, re.MULTILINE)
    lines = [line for line in TEXT.splitlines() if re.match(r"\| \d+\.\d", line)]
    assert len(rows) == len(lines) > 40
    assert [line for line in lines if "`tests/" not in line] == []


def test_the_limits_are_those_of_the_code():
    for limit in (limits.SIGN_IN_ACCOUNT, limits.SIGN_IN_ADDRESS, limits.SECOND_FACTOR):
        refill = limit.refill.total_seconds()
        words = f"{refill / 60:.0f} minutes" if refill >= 60 else f"{refill:.0f} seconds"
        assert f"| {limit.burst} | {words} |" in TEXT, limit.name
    assert f"{limits.CODE_NUMBER.burst} / {limits.CODE_ADDRESS.burst} | 20 minutes / 1 minute" in TEXT
    assert f"{limits.REDEEM_NUMBER.burst} / {limits.REDEEM_ADDRESS.burst} | 6 minutes / 20 seconds" in TEXT
