"""All papers of a class: what each is called, its formats, who may have it, what it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates.papers import attendance, persons, results


@dataclass(frozen=True)
class Paper:
    """One kind of paper."""

    key: str
    #: What it is called in the portal, and on paper.
    label: str | Promise
    name: str
    hint: str | Promise
    #: Builds the blocks of the PDF from class, participants, texts and options.
    blocks: Callable[..., list[dict[str, Any]]] | None = None
    #: Builds headings and rows from class and participants.
    rows: Callable[..., tuple[list[str], list[list[Any]]]] | None = None
    csv: bool = False
    #: Whether a number and a day are asked for.
    numbered: bool = False
    #: Whether a regional office may have it for its own people.
    regional: bool = False
    flipped: bool = False

    @property
    def formats(self) -> list[str]:
        """File formats it comes in."""
        return [
            *(["pdf"] if self.blocks else []),
            *(["xlsx"] if self.rows else []),
            *(["csv"] if self.csv else []),
        ]


PAPERS: dict[str, Paper] = {
    paper.key: paper
    for paper in (
        Paper(
            "daftar-hadir", _("Attendance sheet"), "Daftar Hadir",
            _("A page for each day, a column for each session: to be signed, or with the marks recorded."),
            blocks=attendance.paper, rows=attendance.sheet, flipped=True,
        ),
        Paper(
            "biodata", _("Participants' data"), "Biodata Peserta",
            _("A form for each participant with what is on record; as XLSX one row each."),
            blocks=persons.biodata, rows=lambda _class, people: persons.biodata_sheet(people), regional=True,
        ),
        Paper(
            "sk-peserta", _("Decree naming the participants"), "SK Penetapan Peserta",
            _("With the list of names attached."), blocks=persons.decree, numbered=True,
        ),
        Paper(
            "surat-tugas", _("Assignment letters"), "Surat Tugas",
            _("One for each sending unit, to be numbered and signed there."),
            blocks=persons.assignment, regional=True,
        ),
        Paper(
            "rekap-nilai", _("Summary of scores"), "Rekapitulasi Nilai",
            _("Needs the locked results."), blocks=results.scores, rows=results.scores_sheet, flipped=True,
        ),
        Paper(
            "laporan", _("Report on the class"), "Laporan Penyelenggaraan",
            _("Needs the locked results: agenda, people, results, certificates."), blocks=results.report,
        ),
        Paper(
            "surat-pengembalian", _("Letters returning the participants"), "Surat Pengembalian Peserta",
            _("One for each sending unit, with the results."), blocks=persons.returning, numbered=True, regional=True,
        ),
        Paper(
            "siasn", _("Export for SIASN"), "Ekspor SIASN",
            _("Needs the completed class; the fields as SIASN names them."),
            rows=results.siasn, csv=True, regional=True,
        ),
    )
}  # fmt: skip
