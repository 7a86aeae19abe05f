"""What an organiser may write on its letters, as data: `Texts`, its defaults, its placeholders."""

from dataclasses import dataclass

from employees.models import Unit
from invitations.letters.numbering import DEFAULT_PATTERN
from invitations.models import LetterTemplate
from trainings.papers import texts as shared


@dataclass(frozen=True)
class Texts(shared.Texts):
    """The texts of one organiser's letters. Paragraphs (an empty line between) are text."""

    PLACEHOLDERS = (
        "class", "programme", "batch", "organiser", "place", "period", "first_day", "last_day", "confirm_by",
        "count", "jp", "year",
    )  # fmt: skip

    number_pattern: str = DEFAULT_PATTERN
    kind_code: str = "PP"
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
    copies: str = ""


def texts_of(organiser: Unit) -> tuple[Texts, LetterTemplate | None]:
    """The organiser's texts in force with their version; the portal's own and None where it wrote none."""
    return shared.in_force(organiser.letter_templates, Texts, organiser)
