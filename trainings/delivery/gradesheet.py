"""The grade sheet: out as XLSX, back in as XLSX or CSV with every wrong row named and nothing half-read."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO

import xlsxwriter
from django.utils.translation import gettext as _

from audit.errors import Refusal
from audit.marks import Mark
from employees.importing.reading import heading_key, open_source
from trainings.delivery.results import Standing
from trainings.models import Component, Participation

#: Bytes of an uploaded sheet.
LARGEST = 5 * 1024 * 1024
_NUMBER, _NAME = "NIP", "NAMA"
#: Columns of the sheet that are shown and not read back.
_SHOWN = (_NAME, "SATUAN KERJA", "KEHADIRAN (%)")
_WIDTHS = {_NUMBER: 22, _NAME: 34, "SATUAN KERJA": 36}


def remedial_heading(component: Component) -> str:
    return f"{component.name} (REMEDIAL)".upper()


def write(
    standings: Sequence[Standing], components: Sequence[Component], stream: IO[bytes], mark: Mark
) -> None:
    """Write the sheet with what is known so far; the NIP is text, scores are numbers. Its properties say who took it."""
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": "Nilai", "comments": f"Diunduh dari Simdiklat: {mark.sentence}"})
    sheet = book.add_worksheet("Nilai")
    head = book.add_format({"bold": True, "bg_color": "#0F5132", "font_color": "#FFFFFF"})
    text, score = book.add_format({"num_format": "@"}), book.add_format({"num_format": "0.00"})
    headings = [_NUMBER, *_SHOWN]
    for component in components:
        headings += [component.name.upper(), remedial_heading(component)]
    for place, heading in enumerate(headings):
        sheet.set_column(place, place, _WIDTHS.get(heading, 16))
        sheet.write_string(0, place, heading, head)
    sheet.freeze_panes(1, 2)
    for line, one in enumerate(standings, start=1):
        employee = one.participation.employee
        sheet.write_string(line, 0, employee.number, text)
        sheet.write_string(line, 1, employee.full_name, text)
        sheet.write_string(line, 2, employee.unit.name, text)
        sheet.write_number(line, 3, one.percent)
        for place, component in enumerate(components):
            known = one.scores.get(component.pk)
            if known is not None:
                sheet.write_number(line, 4 + 2 * place, float(known.score), score)
                if known.remedial is not None:
                    sheet.write_number(line, 5 + 2 * place, float(known.remedial), score)
    if components and standings:
        # Excel itself refuses what lies outside; the portal checks again.
        sheet.data_validation(
            1, 4, len(standings), 3 + 2 * len(components),
            {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 100, "ignore_blank": True},
        )  # fmt: skip
    book.close()


@dataclass(frozen=True)
class Wrong:
    """A row that cannot be taken, and why."""

    row: int
    who: str
    reason: str


@dataclass
class Sheet:
    """What a sheet says: scores by seat and component, as (score, remedial), None where a cell is empty."""

    cells: dict[tuple[int, int], tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)
    rows: int = 0


def read(content: bytes, components: Sequence[Component], seats: Sequence[Participation]) -> Sheet:
    """Read a sheet. Refusal when it is none; rows that cannot be taken are in `wrong`."""
    if len(content) > LARGEST:
        raise Refusal(_("The file is larger than 5 MB."), code="file")
    score_of = {component.name.upper(): component for component in components}
    remedial_of = {remedial_heading(component): component for component in components}
    known = {_NUMBER, *_SHOWN, *score_of, *remedial_of}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet"
        path.write_bytes(content)
        with open_source(path, known.__contains__) as source:
            headings = [heading_key(heading) for heading in source.headings]
            _check_headings(headings, known, score_of)
            found = Sheet()
            by_number: dict[str, Participation] = {}
            for seat in seats:
                by_number |= {key: seat for key in (seat.employee.nip, seat.employee.external_id) if key}
            seen: dict[int, int] = {}
            for number, cells in source.rows():
                found.rows += 1
                row = dict(zip(headings, cells, strict=False))
                _take(number, row, found, by_number, seen, score_of, remedial_of)
    return found


def _check_headings(headings: list[str], known: set[str], score_of: dict[str, Component]) -> None:
    filled = [heading for heading in headings if heading]
    if _NUMBER not in filled:
        raise Refusal(
            _("The column NIP is missing. Download the grade sheet and fill that one."), code="file"
        )
    strange = sorted(set(filled) - known)
    if strange:
        raise Refusal(
            _("These columns do not belong to the grade sheet of this class: %(names)s.")
            % {"names": ", ".join(strange[:5])},
            code="file",
        )
    doubled = sorted({heading for heading in filled if filled.count(heading) > 1})
    if doubled:
        raise Refusal(_("The column %(name)s is there twice.") % {"name": doubled[0]}, code="file")
    if not set(filled) & set(score_of):
        raise Refusal(_("The file has no column of scores of this class."), code="file")


def _take(
    number: int,
    row: dict[str, str],
    found: Sheet,
    by_number: dict[str, Participation],
    seen: dict[int, int],
    score_of: dict[str, Component],
    remedial_of: dict[str, Component],
) -> None:
    given = row.get(_NUMBER, "").strip()
    who = row.get(_NAME, "").strip() or given
    seat = by_number.get(given.replace(" ", "").replace(".", "")) or by_number.get(given)
    if seat is None:
        found.wrong.append(Wrong(number, who, _("This NIP or ID has no confirmed seat in the class.")))
        return
    if seat.pk in seen:
        first = seen[seat.pk]
        found.wrong.append(
            Wrong(number, who, _("The same person is in row %(row)d already.") % {"row": first})
        )
        return
    seen[seat.pk] = number
    for heading, component in score_of.items():
        remedial_heading_ = remedial_heading(component)
        try:
            score, remedial = score_in(row.get(heading, "")), score_in(row.get(remedial_heading_, ""))
        except ValueError as error:
            found.wrong.append(Wrong(number, who, f"{component.name}: {error}"))
            continue
        if remedial is not None and score is None:
            reason = _("a remedial needs the first score beside it")
            found.wrong.append(Wrong(number, who, f"{component.name}: {reason}"))
            continue
        if score is not None:
            found.cells[seat.pk, component.pk] = (score, remedial)


def score_in(text: str) -> Decimal | None:
    """A score of 0 to 100 with at most two decimals, comma or point; None for an empty cell.

    Raises ValueError with a sentence for anything else.
    """
    text = text.strip()
    if not text:
        return None
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise ValueError(_("“%(text)s” is not a number") % {"text": text[:20]}) from None
    if not value.is_finite() or not 0 <= value <= 100:
        raise ValueError(_("%(text)s lies outside 0 to 100") % {"text": text[:20]})
    rounded = value.quantize(Decimal("0.01"))
    # A spreadsheet's own arithmetic leaves tails such as 79.99999999; only those are cut.
    if abs(rounded - value) > Decimal("0.000001"):
        raise ValueError(_("%(text)s has more than two decimals") % {"text": text[:20]})
    return rounded
