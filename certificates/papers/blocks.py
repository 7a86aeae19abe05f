"""What a paper is made of: the blocks that typst/paper.typ sets. All words are Indonesian, as data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from certificates.texts import Texts
from trainings.models import TrainingClass
from trainings.papers.typesetting import pdf
from trainings.papers.wording import clean, lines, period, short_day, signatory

_TEMPLATE = Path(__file__).resolve().parent.parent / "typst" / "paper.typ"
#: Up to so many table rows a PDF is tagged for screen readers; tags make long tables several times as large.
_TAGGED_ROWS = 300
HEAD: dict[str, Any] = {"kind": "head"}
BREAK: dict[str, Any] = {"kind": "break"}


@dataclass(frozen=True)
class Options:
    """What a person adds to a paper: its number and day. Empty: left open to be written by hand."""

    number: str = ""
    dated: date | None = None

    @property
    def number_words(self) -> str:
        return self.number or "...................."

    @property
    def day_words(self) -> str:
        return short_day(self.dated) if self.dated else "...................."


def title(text: str, *below: str) -> dict[str, Any]:
    return {"kind": "title", "text": text, "lines": [line for line in below if line]}


def heading(text: str) -> dict[str, Any]:
    return {"kind": "heading", "text": text}


def text(words: str) -> dict[str, Any]:
    return {"kind": "text", "text": words}


def facts(rows: Iterable[tuple[str, str]], label: int = 44) -> dict[str, Any]:
    """Names and values; those without a value are left out. `label`: width of the names in mm."""
    return {"kind": "facts", "rows": [[name, value] for name, value in rows if value], "label": label}


def form(rows: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Names and values; where there is none, a dotted line to write on."""
    return {"kind": "form", "rows": [[name, value] for name, value in rows]}


def points(rows: Iterable[tuple[str, Sequence[str]]]) -> dict[str, Any]:
    """The parts of a decree: each a name and one or more sentences."""
    return {"kind": "points", "rows": [[name, list(entries)] for name, entries in rows if entries]}


def table(
    headings: Sequence[str],
    widths: Sequence[int],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[int] = (),
    centre: Sequence[int] = (),
    size: float = 9,
    height: float = 0,
) -> dict[str, Any]:
    """A table. `widths` in mm; 0 takes what is left, negative a share of it. `height` of each row in mm."""
    return {
        "kind": "table", "headings": list(headings), "widths": list(widths), "rows": [list(row) for row in rows],
        "right": list(right), "centre": list(centre), "size": size, "height": height,
    }  # fmt: skip


def signature(texts: Texts, options: Options) -> dict[str, Any]:
    """Place, day and the organiser's signatory."""
    signs = signatory(
        capacity=texts.signatory_capacity, position=texts.signatory_position, on_behalf_of=texts.signatory_for,
        name=texts.signatory_name,
    )  # fmt: skip
    place = ", ".join(filter(None, (texts.town, options.day_words)))
    return {"kind": "signature", "place": place, "nip": texts.signatory_nip.strip(), **signs}


def open_signature(position: str) -> dict[str, Any]:
    """Place, day and name left open, for a unit that signs by hand."""
    return {
        "kind": "signature", "place": "...................., ....................", "lines": [f"{position},"],
        "name": "", "nip": "",
    }  # fmt: skip


def class_facts(training_class: TrainingClass) -> dict[str, Any]:
    """What every paper says of the class."""
    return facts(
        [
            ("Kegiatan", training_class.programme.name),
            ("Angkatan", training_class.batch),
            ("Waktu", period(training_class.first_day, training_class.last_day)),
            ("Tempat", training_class.place),
            ("Penyelenggara", training_class.organiser.name),
        ]
    )


def set_paper(
    name: str,
    training_class: TrainingClass,
    texts: Texts,
    blocks: Sequence[dict[str, Any]],
    *,
    footer: str,
    flipped: bool = False,
    size: float = 10.5,
) -> bytes:
    """The PDF of these blocks under the organiser's letterhead."""
    data = {
        "title": name, "class": str(training_class), "head": lines(texts.head_lines), "address": lines(texts.address),
        "flipped": flipped, "size": size, "footer": footer, "blocks": list(blocks),
    }  # fmt: skip
    rows = sum(len(block.get("rows", ())) for block in blocks if block["kind"] == "table")
    return pdf(_TEMPLATE, clean(data), tagged=rows <= _TAGGED_ROWS)
