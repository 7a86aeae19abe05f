"""What an organiser may write on its certificates, as data: `Texts`, its defaults, its placeholders.

The words are those of an Indonesian certificate whatever the language of the portal, so none of them goes
through gettext. Nothing here is ever read as markup: it reaches Typst as JSON.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from certificates.models import CertificateTemplate
from employees.models import Unit
from trainings.papers import wording
from trainings.papers.numbering import Pattern

DEFAULT_PATTERN = "{seq}/{organiser}/{kind}/{month}/{year}"
#: What a sentence may name in braces. `where` is "di" with the place, or nothing where none is known.
PLACEHOLDERS = (
    "class", "programme", "batch", "organiser", "place", "where", "period", "first_day", "last_day", "jp",
    "year",
)  # fmt: skip
ORIENTATIONS = ("landscape", "portrait")
FRAMES = ("double", "line", "none")
COLOURS = ("green", "gold", "maroon", "black")


@dataclass(frozen=True)
class Texts:
    """Texts and layout of one organiser. Lists (one entry a line) are text."""

    head_lines: str
    address: str
    organiser_code: str
    signatory_position: str
    number_pattern: str = DEFAULT_PATTERN
    kind_code: str = "STTPP"
    series_first: int = 1
    title_passed: str = "SURAT TANDA TAMAT PENDIDIKAN DAN PELATIHAN"
    title_attended: str = "SERTIFIKAT"
    opening: str = "Berdasarkan ketentuan yang berlaku, {organiser} menyatakan bahwa:"
    word_passed: str = "LULUS"
    word_attended: str = "TELAH MENGIKUTI"
    sentence_passed: str = (
        "pada {class} yang diselenggarakan oleh {organiser} pada tanggal {period} {where}, "
        "selama {jp} jam pelajaran (JP)."
    )
    sentence_attended: str = (
        "{class} yang diselenggarakan oleh {organiser} pada tanggal {period} {where}, "
        "selama {jp} jam pelajaran (JP)."
    )
    town: str = ""
    signatory_capacity: str = ""
    #: With "a.n.": for whom is signed.
    signatory_for: str = ""
    signatory_name: str = ""
    signatory_nip: str = ""
    #: SHA-256 of a stored Logo; empty: the drawn placeholder; "none": no picture.
    logo: str = ""
    orientation: str = "landscape"
    frame: str = "double"
    colour: str = "green"
    photo_box: bool = False
    show_nip: bool = True
    show_grade: bool = True
    show_position: bool = True
    show_unit: bool = True
    #: A second page with the subjects and their hours, where the class has a curriculum.
    show_subjects: bool = True

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


def texts_of(organiser: Unit) -> tuple[Texts, CertificateTemplate | None]:
    """The organiser's texts in force with their version; the portal's own and None where it wrote none."""
    template = organiser.certificate_templates.order_by("-version").first()
    return (from_json(template.texts, organiser), template) if template else (default_texts(organiser), None)


def from_json(stored: Mapping[str, Any], organiser: Unit) -> Texts:
    """A stored version as Texts; a field that did not exist then has its default."""
    known = {field.name for field in fields(Texts)}
    values = default_texts(organiser).as_json()
    return Texts(**(values | {name: value for name, value in stored.items() if name in known}))


def placeholder_problem(text: str) -> str:
    """What is wrong with the placeholders of a text, as a sentence; empty when nothing is."""
    return wording.placeholder_problem(text, PLACEHOLDERS)
