"""Every sentence of the portal exists in Bahasa Indonesia, and the compiled file says the same."""

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polib
import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation
from django.utils.translation.template import templatize

from employees.formatting import day_text
from invitations.explain import reason_of, reason_text

ROOT = Path(settings.BASE_DIR)
FOLDER = ROOT / "locale" / "id" / "LC_MESSAGES"
#: A sentence, its plural and its context; the latter two are mostly empty.
Sentence = tuple[str, str, str]

_LAZY = ("gettext", "ngettext", "pgettext", "npgettext")
KEYWORDS = {
    **{name: DEFAULT_KEYWORDS[name] for name in ("_", *_LAZY)},
    **{f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in _LAZY},
    "gettext_noop": None,
}
WITH_PLURAL = ("ngettext", "ngettext_lazy", "npgettext", "npgettext_lazy")
WITH_CONTEXT = ("pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy")


def source_files() -> Iterator[Path]:
    """Code and templates of the portal as `make messages` reads them: not the tests."""
    for package in sorted(ROOT.glob("*/__init__.py")):
        if package.parent.name != "tests":
            yield from sorted(package.parent.rglob("*.py"))
    yield from (file for file in sorted((ROOT / "templates").rglob("*")) if file.suffix in (".html", ".txt"))


def sentences_of(file: Path) -> Iterator[Sentence]:
    """What a file says through gettext."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        # Django writes a template as calls of gettext between rows of X; blanks before them mean nothing.
        text = "\n".join(line.strip() for line in templatize(text, origin=str(file)).splitlines()) + "\n"
    if "gettext" not in text and "_(" not in text:
        return
    for _line, function, found, _comments in extract_python(io.BytesIO(text.encode()), KEYWORDS, (), {}):
        words = [word or "" for word in (found if isinstance(found, tuple) else (found,))]
        context = words.pop(0) if function in WITH_CONTEXT else ""
        if words[0]:  # a call with a variable says nothing here
            yield words[0], words[1] if function in WITH_PLURAL else "", context


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(FOLDER / "django.po"))


def said(entry: polib.POEntry) -> list[str]:
    """The translations of an entry: one, since Bahasa Indonesia has no plural forms."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_sentence_of_the_code_is_in_the_catalogue_and_no_other(catalogue):
    wanted = {sentence for file in source_files() for sentence in sentences_of(file)}
    known = {(e.msgid, e.msgid_plural, e.msgctxt or "") for e in catalogue if not e.obsolete}
    # gettext keeps one entry where a sentence is used both with and without a plural.
    both = {(s[0], s[2]) for s in known if s[1]}
    wanted = {s for s in wanted if s[1] or (s[0], s[2]) not in both}
    assert len(wanted) > 500, "the extraction finds too little to prove anything"
    assert sorted(wanted - known) == [], "run `make messages`, then translate these"
    assert sorted(known - wanted) == [], "no longer said anywhere: run `make messages`"


def test_gettext_goes_by_no_other_name():
    """Under another name than `_`, neither gettext nor this test would find what is said through it."""
    renamed = re.compile(r"\bn?p?gettext\w* as (?!_\b)\w+|^\w+ = n?p?gettext\w*$", re.MULTILINE)
    found = {str(file.relative_to(ROOT)): renamed.findall(file.read_text()) for file in source_files()}
    assert {name: names for name, names in found.items() if names} == {}


def test_everything_is_translated_and_nothing_is_a_guess(catalogue):
    assert [e.msgid for e in catalogue if not all(said(e))] == []
    assert [e.msgid for e in catalogue if e.fuzzy] == []
    assert [e.msgid for e in catalogue.obsolete_entries()] == []


def test_placeholders_and_outer_blanks_survive_the_translation(catalogue):
    def frame(text: str) -> tuple[set[str], str, str]:
        places = re.findall(r"%\(\w+\)[sdr]|%[sd%]|\{\w*\}", text)
        return set(places), text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

    wrong = [
        entry.msgid
        for entry in catalogue
        for text in said(entry)
        if frame(text) != frame(entry.msgid_plural or entry.msgid)
    ]
    assert wrong == []


def test_the_compiled_file_is_that_of_the_catalogue(catalogue):
    def content(entries) -> dict[Sentence, list[str]]:
        return {(e.msgid, e.msgid_plural or "", e.msgctxt or ""): said(e) for e in entries}

    compiled = polib.mofile(str(FOLDER / "django.mo"))
    assert content(compiled) == content(catalogue), "run `make messages`"
    assert compiled.metadata["Plural-Forms"] == catalogue.metadata["Plural-Forms"] == "nplurals=1; plural=0;"


def test_the_reason_reads_as_the_rule_writes_it():
    """The sentence of selection.md, word for word."""
    reason = reason_of(
        rank=4, pool=812, ever_trained=False, waiting_since=date(2011, 3, 1), area="NTT", area_seats=10
    )
    with translation.override("id"):
        assert reason_text(reason) == (
            "Peringkat 4 dari 812. Belum pernah mengikuti pelatihan sejak 01-03-2011. Kuota NTT: 10 kursi."
        )


def test_what_django_says_comes_in_bahasa_indonesia_too(db):
    with translation.override("id"):
        with pytest.raises(ValidationError) as weak:
            validate_password("12345")
        with pytest.raises(ValidationError) as empty:
            forms.CharField().clean("")
        written = day_text(date(2016, 5, 5))
    with translation.override("en"), pytest.raises(ValidationError) as english:
        validate_password("12345")
    assert len(weak.value.messages) == len(english.value.messages) >= 2
    assert not set(weak.value.messages) & set(english.value.messages)
    assert empty.value.messages == ["Bidang ini tidak boleh kosong."]
    assert written == "5 Mei 2016"


def test_an_english_browser_gets_indonesian_until_its_user_chooses(client, db):
    address = reverse(settings.LOGIN_URL)
    page = client.get(address, headers={"accept-language": "en-US,en;q=0.9"})
    assert (page.headers["Content-Language"], "Kata sandi" in page.content.decode()) == ("id", True)
    client.post(reverse("language"), {"language": "en", "next": address})
    page = client.get(address)
    assert (page.headers["Content-Language"], "Kata sandi" in page.content.decode()) == ("en", False)
