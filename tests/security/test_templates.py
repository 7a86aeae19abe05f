"""Templates keep to the content security policy, whether or not a test renders them."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
#: Mails carry their style with them: no mail program loads a style sheet.
PAGES = [
    path for path in sorted((ROOT / "templates").rglob("*.html"))
    if not path.relative_to(ROOT / "templates").as_posix().startswith(("outbox/id/", "outbox/en/", "outbox/mail.html", "outbox/_button.html"))
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_template_has_inline_script_style_or_handlers(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"<style\b|\sstyle\s*=|javascript:|\son(click|load|submit|change|error|input)\s*=", text
    )
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag, tag
    for address in re.findall(r'(?:src|href)="(https?:)?//[^"]*"', text):
        assert not address, "assets come from the portal itself"
    assert "|safe" not in text, "what is safe is made safe in code, with the reason"
