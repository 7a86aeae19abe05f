"""What was measured as a part of docs/performance.md; everything outside that part is written by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from audit.errors import Refusal
from simdiklat.bench.measure import Figure
from simdiklat.bench.plans import Plan

#: Before the title of a section in the document.
_HEADING = "### "


@dataclass
class Section:
    """What one part of the bench found, and the circumstances in words."""

    title: str
    told: str = ""
    figures: list[Figure] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)


def markers(employees: int) -> tuple[str, str]:
    """Between these lines of a document stands what was measured at this size."""
    return f"<!-- measured at {employees} -->", f"<!-- end of measured at {employees} -->"


def has_place(path: Path, employees: int) -> bool:
    """Whether the document has a place for what is measured at this size."""
    begin, end = markers(employees)
    return path.is_file() and end in path.read_text(encoding="utf-8").partition(begin)[2]


def write(path: Path, employees: int, sections: Sequence[Section], order: Sequence[str]) -> None:
    """Put what was measured between the markers of its size, section by section, in this order of titles.

    Sections that were not measured, and everything outside the markers, stay as they are. Refusal when the
    document has no such place.
    """
    begin, end = markers(employees)
    if not has_place(path, employees):
        raise Refusal(
            f"{path} has no place for figures at {employees:,} people: it needs the two lines "
            f"“{begin}” and “{end}”."
        )
    before, _begin, rest = path.read_text(encoding="utf-8").partition(begin)
    old, _end, after = rest.partition(end)
    # ["", title, text, title, text, …]
    parts = re.split(rf"^{_HEADING}(.+)$", old, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], (text.strip() for text in parts[2::2]), strict=True))
    found |= {section.title: "\n".join(_described(section)).strip() for section in sections}
    body = "\n\n".join(f"{_HEADING}{title}\n{found[title]}" for title in order if title in found)
    path.write_text(f"{before}{begin}\n\n{body}\n\n{end}{after}", encoding="utf-8")


def _described(section: Section) -> list[str]:
    """Markdown: the circumstances, a table of the figures, the plans folded below."""
    text = [
        section.told,
        "",
        "| | rows | median | p95 | floor | ratio | asked for | the floor is |",
        "|---|--:|--:|--:|--:|--:|---|---|",
        *map(_row, section.figures),
        "",
    ]
    for plan in section.plans:
        text += _folded(plan)
    return text


def _row(figure: Figure) -> str:
    goal = figure.goal_shown
    if figure.reached is False:
        goal += " (**missed**)"
    cells = [
        figure.what,
        f"{figure.rows:,}" if figure.rows else "",
        figure.shown(figure.median),
        figure.shown(figure.p95),
        figure.shown(figure.floor),
        f"{figure.ratio:.1f}",
        goal,
        figure.against,
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _folded(plan: Plan) -> list[str]:
    return [
        f"<details><summary>Plan: {plan.what}</summary>",
        "",
        "```sql",
        plan.sql,
        "```",
        "```text",
        *plan.lines,
        "```",
        "</details>",
        "",
    ]
