"""What an organiser may write on its certificates, as data: `Texts`, its defaults, its placeholders."""

from dataclasses import dataclass

from certificates.models import CertificateTemplate
from employees.models import Unit
from trainings.papers import texts as shared

DEFAULT_PATTERN = "{seq}/{organiser}/{kind}/{month}/{year}"
ORIENTATIONS = ("landscape", "portrait")
FRAMES = ("double", "line", "none")
COLOURS = ("green", "gold", "maroon", "black")


@dataclass(frozen=True)
class Texts(shared.Texts):
    """Texts and layout of one organiser's certificates."""

    #: `where` is "di" with the place, or nothing where none is known.
    PLACEHOLDERS = (
        "class", "programme", "batch", "organiser", "place", "where", "period", "first_day", "last_day", "jp",
        "year",
    )  # fmt: skip

    number_pattern: str = DEFAULT_PATTERN
    kind_code: str = "STTPP"
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


def texts_of(organiser: Unit) -> tuple[Texts, CertificateTemplate | None]:
    """The organiser's texts in force with their version; the portal's own and None where it wrote none."""
    return shared.in_force(organiser.certificate_templates, Texts, organiser)
