"""Making one paper of a class for one person, and recording it before it leaves."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.access import holds
from accounts.roles import Permission
from audit import reading
from audit.errors import Refusal
from audit.marks import Mark
from certificates.papers import blocks, sheets
from certificates.papers.catalogue import PAPERS, Paper
from certificates.papers.people import participants
from certificates.texts import texts_of
from trainings import trail
from trainings.models import TrainingClass

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True)
class Made:
    """What is handed out."""

    content: bytes
    name: str
    content_type: str


def papers_for(training_class: TrainingClass, user: Any) -> list[Paper]:
    """The papers this user may have: all for who plans the class and for auditors, else those for regions."""
    whole = (
        TrainingClass.objects.plannable_by(user).filter(pk=training_class.pk).exists()
        or holds(user, Permission.SEE_AUDIT)
    )  # fmt: skip
    return [paper for paper in PAPERS.values() if whole or paper.regional]


def make(
    *, training_class: TrainingClass, paper: Paper, fmt: str, by: Any, options: blocks.Options | None = None
) -> Made:
    """The paper with the participants this user may see; recorded as `paper.download` and as a reading.

    Refusal when nobody of them takes part, or the class has not come so far. Always in Indonesian.
    """
    people = participants(training_class, by)
    if not people:
        raise Refusal(_("Nobody you look after takes part in this class yet."), code="people")
    texts, _version = texts_of(training_class.organiser)
    mark = Mark.of(by)
    if fmt == "pdf" and paper.blocks is not None:
        with translation.override("id"):
            made = paper.blocks(training_class, people, texts, options or blocks.Options())
            content = blocks.set_paper(
                paper.name, training_class, texts, made, flipped=paper.flipped,
                footer=f"Kelas {training_class.code}. Dicetak dari Simdiklat: {mark.sentence}. Hanya untuk keperluan dinas.",
            )  # fmt: skip
    else:
        headings, rows = _rows(paper, training_class, people)
        content = (
            sheets.csv_file(headings, rows) if fmt == "csv" else sheets.xlsx(paper.name, headings, rows, mark)
        )
    name = f"{slugify(f'{paper.key} {training_class.code} {mark.name_part}')}.{fmt}"
    sha256 = hashlib.sha256(content).hexdigest()
    trail.record("paper.download", training_class, by, {
        "paper": paper.key, "format": fmt, "rows": len(people), "sha256": sha256,
    })  # fmt: skip
    reading.note(
        reading.Kind.DOWNLOADED,
        by=by,
        subjects=[one.person.pk for one in people],
        what=name,
        object_type="class",
        object_id=training_class.pk,
        filters={"class": training_class.code, "paper": paper.key},
        sha256=sha256,
    )
    return Made(content, name, CONTENT_TYPES[fmt])


def _rows(paper: Paper, training_class: TrainingClass, people: Any) -> tuple[list[str], list[list[Any]]]:
    if paper.rows is None:
        raise ValueError(f"{paper.key} has no rows")
    return paper.rows(training_class, people)
