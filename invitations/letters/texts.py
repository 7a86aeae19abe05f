"""What an organiser may write on its letters, as data: `Texts`, its defaults, its placeholders.

The words are those of an Indonesian official letter whatever the language of the portal, so none of them
goes through gettext. Nothing here is ever read as markup: it reaches Typst as JSON.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from employees.models import Unit
from invitations.letters.numbering import DEFAULT_PATTERN, Pattern
from invitations.models import LetterTemplate
from trainings.papers import wording

#: What a text may name in braces.
PLACEHOLDERS = (
    "class", "programme", "batch", "organiser", "place", "period", "first_day", "last_day", "confirm_by",
    "count", "jp", "year",
)  # fmt: skip


@dataclass(frozen=True)
class Texts:
    """The texts of one organiser. Lists (one entry a line) and paragraphs (an empty line between) are text."""

    head_lines: str
    address: str
    organiser_code: str
    signatory_position: str
    number_pattern: str = DEFAULT_PATTERN
    kind_code: str = "PP"
    series_first: int = 1
    town: str = ""
    nature: str = "Penting"
    subject: str = "Pemanggilan Peserta {class}"
    basis: str = (
        "Berdasarkan Program Kerja {organiser} Tahun Anggaran {year}, dengan ini kami sampaikan bahwa "
        "akan diselenggarakan {class}."
    )
    request: str = (
        "Sehubungan dengan hal tersebut, mohon Saudara menugaskan {count} orang pegawai yang namanya "
        "terlampir untuk mengikuti kegiatan dimaksud, dengan ketentuan sebagai berikut:"
    )
    check_in: str = "{first_day}, mulai pukul 08.00 waktu setempat"
    opening: str = "{first_day}"
    closing: str = "{last_day}"
    requirements: str = "Peserta sesuai lampiran dan tidak dapat diganti"
    contact: str = ""
    bring: str = (
        "Surat tugas dari pimpinan satuan kerja\n"
        "Salinan SK pangkat dan jabatan terakhir\n"
        "Pakaian dinas dan perlengkapan pribadi"
    )
    funding: str = "DIPA {organiser} Tahun Anggaran {year}"
    ending: str = "Demikian, atas perhatian dan kerja sama Saudara kami sampaikan terima kasih."
    signatory_capacity: str = ""
    #: With "a.n.": for whom is signed.
    signatory_for: str = ""
    signatory_name: str = ""
    copies: str = ""

    def as_json(self) -> dict[str, Any]:
        """What is stored in a version."""
        return asdict(self)

    @property
    def pattern(self) -> Pattern:
        return Pattern(self.number_pattern, self.organiser_code, self.kind_code)


def default_texts(organiser: Unit) -> Texts:
    """The portal's own texts for an organiser that has written none."""
    return Texts(
        head_lines=f"KEMENTERIAN AGAMA REPUBLIK INDONESIA\n{organiser.name.upper()}",
        address="",
        organiser_code=organiser.code,
        signatory_position=f"Kepala {organiser.name}",
    )


def texts_of(organiser: Unit) -> tuple[Texts, LetterTemplate | None]:
    """The organiser's texts in force with their version; the portal's own and None where it wrote none."""
    template = organiser.letter_templates.order_by("-version").first()
    return (from_json(template.texts, organiser), template) if template else (default_texts(organiser), None)


def from_json(stored: Mapping[str, Any], organiser: Unit) -> Texts:
    """A stored version as Texts; a field that did not exist then has its default."""
    known = {field.name for field in fields(Texts)}
    values = default_texts(organiser).as_json()
    return Texts(**(values | {name: value for name, value in stored.items() if name in known}))


def placeholder_problem(text: str) -> str:
    """What is wrong with the placeholders of a text, as a sentence; empty when nothing is."""
    return wording.placeholder_problem(text, PLACEHOLDERS)
