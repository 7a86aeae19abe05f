"""What people do: families of positions, how a unit is staffed, and careers (grade, level, titles)."""

from dataclasses import dataclass
from random import Random

GRADES = (
    "I/a", "I/b", "I/c", "I/d", "II/a", "II/b", "II/c", "II/d",
    "III/a", "III/b", "III/c", "III/d", "IV/a", "IV/b", "IV/c", "IV/d", "IV/e",
)  # fmt: skip

#: Levels of the expert and of the skilled ladder, by the PNS grade from which they begin.
_EXPERT = ((15, "AHLI_UTAMA"), (12, "AHLI_MADYA"), (10, "AHLI_MUDA"), (0, "AHLI_PERTAMA"))
_SKILLED = ((10, "PENYELIA"), (8, "MAHIR"), (5, "TERAMPIL"), (0, "PEMULA"))
_WORDS = {
    "AHLI_UTAMA": "Ahli Utama", "AHLI_MADYA": "Ahli Madya", "AHLI_MUDA": "Ahli Muda",
    "AHLI_PERTAMA": "Ahli Pertama", "PENYELIA": "Penyelia", "MAHIR": "Mahir", "TERAMPIL": "Terampil",
    "PEMULA": "Pemula",
}  # fmt: skip
_LECTURER = {
    "AHLI_UTAMA": "Guru Besar", "AHLI_MADYA": "Dosen Lektor Kepala", "AHLI_MUDA": "Dosen Lektor",
    "AHLI_PERTAMA": "Dosen Asisten Ahli",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of work: its kind of position, the grade it begins and ends with, years' limit, titles."""

    name: str
    kind: str
    entry: int
    top: int
    #: Highest age in whole years of somebody still working.
    oldest: int
    titles: tuple[str, ...]
    #: Names of the position; a level is put behind those of functional families.
    positions: tuple[str, ...]
    skilled: bool = False


_LEADER_TITLES = ("S.Ag., M.Ag.", "S.H., M.H.", "S.Pd.I., M.Pd.", "S.E., M.M.", "S.Sos., M.Si.")
FAMILIES = {
    family.name: family
    for family in (
        Family("guru", "FUNGSIONAL", 8, 13, 59,
               ("S.Pd.", "S.Pd.", "S.Pd.I.", "S.Ag.", "S.Pd., M.Pd.", "S.Pd.I., M.Pd.I."), ("Guru",)),
        Family("dosen", "FUNGSIONAL", 9, 16, 64, ("M.Ag.", "M.A.", "M.Pd.", "M.Hum.", "M.Si."), ("Dosen",)),
        Family("penyuluh", "FUNGSIONAL", 8, 13, 57, ("S.Ag.", "S.Sos.I.", "S.Sos.", "S.Th."), ("Penyuluh Agama",)),
        Family("penghulu", "FUNGSIONAL", 8, 14, 57, ("S.H.I.", "S.H.", "S.Ag.", "S.H.I., M.H."), ("Penghulu",)),
        Family("pengawas", "FUNGSIONAL", 10, 15, 57, ("S.Pd., M.Pd.", "S.Ag., M.Pd.I."),
               ("Pengawas Madrasah", "Pengawas Pendidikan Agama")),
        Family("widyaiswara", "FUNGSIONAL", 9, 16, 57, ("S.Ag., M.Pd.", "S.Pd., M.Si.", "S.E., M.M."),
               ("Widyaiswara",)),
        Family("ahli", "FUNGSIONAL", 8, 13, 57, ("S.E.", "S.Kom.", "S.Sos.", "S.H.", "S.IP.", "S.Kom., M.T."),
               ("Analis SDM Aparatur", "Pranata Komputer", "Arsiparis", "Perencana", "Analis Kebijakan",
                "Pranata Hubungan Masyarakat", "Analis Pengelolaan Keuangan APBN",
                "Pengelola Pengadaan Barang/Jasa", "Pustakawan", "Statistisi")),
        Family("terampil", "FUNGSIONAL", 5, 11, 57, ("A.Md.", "A.Md.", "S.E.", ""),
               ("Arsiparis", "Pranata Komputer", "Pranata Keuangan APBN", "Pustakawan"), True),
        Family("pelaksana", "PELAKSANA", 5, 11, 57, ("", "", "A.Md.", "S.E.", "S.Sos.", "S.Kom."),
               ("Penelaah Teknis Kebijakan", "Pengolah Data dan Informasi", "Penata Layanan Operasional",
                "Pengadministrasi Perkantoran", "Operator Layanan Operasional")),
        Family("juru", "PELAKSANA", 2, 7, 57, ("",), ("Pengadministrasi Perkantoran", "Pengelola Umum Operasional")),
        Family("jpt", "JPT", 14, 16, 59, _LEADER_TITLES, ("Direktur", "Inspektur Wilayah", "Kepala Biro")),
        Family("administrator", "ADMINISTRATOR", 12, 14, 57, _LEADER_TITLES, ("Kepala Bagian",)),
        Family("seksi", "PENGAWAS", 10, 12, 57, ("S.Ag.", "S.H.I.", "S.Pd.I.", "S.E.", "S.Sos., M.Si."),
               ("Kepala Seksi",)),
    )
}  # fmt: skip

#: Shares of the families among the people of a unit who do not lead it.
STAFFING = {
    "KEMENTERIAN": (("ahli", 1.0),),
    "ESELON_I": (("ahli", 0.5), ("terampil", 0.1), ("pelaksana", 0.37), ("juru", 0.03)),
    "PUSDIKLAT": (("widyaiswara", 0.4), ("ahli", 0.3), ("pelaksana", 0.3)),
    "BDK": (("widyaiswara", 0.45), ("ahli", 0.2), ("pelaksana", 0.35)),
    "LDK": (("widyaiswara", 0.45), ("ahli", 0.2), ("pelaksana", 0.35)),
    "PTKN": (("dosen", 0.64), ("ahli", 0.08), ("terampil", 0.03), ("pelaksana", 0.22), ("juru", 0.03)),
    "KANWIL": (("ahli", 0.38), ("terampil", 0.08), ("pengawas", 0.05), ("pelaksana", 0.46), ("juru", 0.03)),
    "KANKEMENAG": (("guru", 0.53), ("penyuluh", 0.17), ("pengawas", 0.08), ("ahli", 0.05),
                   ("terampil", 0.02), ("pelaksana", 0.13), ("juru", 0.02)),
    "KUA": (("penghulu", 0.4), ("penyuluh", 0.42), ("pelaksana", 0.15), ("juru", 0.03)),
    "MADRASAH": (("guru", 0.87), ("ahli", 0.01), ("terampil", 0.02), ("pelaksana", 0.08), ("juru", 0.02)),
}  # fmt: skip

_SECTIONS = ("Pendidikan Madrasah", "Pendidikan Agama Islam", "Bimbingan Masyarakat Islam",
             "Pendidikan Diniyah dan Pondok Pesantren")  # fmt: skip


def heads(kind: str, place: str, staff: int) -> list[tuple[str, str]]:
    """Who leads a unit: family and position, the most important first; fewer where few people work."""
    if kind == "ESELON_I":
        title = {"Sekretariat": "Sekretaris Jenderal", "Inspektorat": "Inspektur Jenderal"}.get(
            place.split()[0], f"Direktur Jenderal {place.removeprefix('Direktorat Jenderal ')}"
        )
        if place.startswith("Badan"):
            title = f"Kepala {place}"
        found = [("jpt", title), ("jpt", ""), ("jpt", ""), ("jpt", "")]
        found += [("administrator", "Kepala Bagian Umum"), ("seksi", "Kepala Subbagian Tata Usaha")]
    elif kind == "KANWIL":
        found = [("jpt", f"Kepala Kantor Wilayah Kementerian Agama Provinsi {place}"),
                 ("administrator", "Kepala Bagian Tata Usaha")]  # fmt: skip
        found += [("administrator", f"Kepala Bidang {section}") for section in _SECTIONS[:3]]
    elif kind == "KANKEMENAG":
        found = [("administrator", f"Kepala Kantor Kementerian Agama {place}"),
                 ("seksi", "Kepala Subbagian Tata Usaha")]  # fmt: skip
        found += [("seksi", f"Kepala Seksi {section}") for section in _SECTIONS]
    elif kind == "PUSDIKLAT":
        found = [("jpt", "Kepala Pusat"), ("administrator", "Kepala Bagian Tata Usaha")]
    elif kind == "BDK":
        found = [("administrator", f"Kepala {place}"), ("seksi", "Kepala Subbagian Tata Usaha")]
    elif kind == "LDK":
        found = [("seksi", f"Kepala {place}")]
    elif kind == "PTKN":
        found = [
            ("jpt", "Kepala Biro Administrasi Umum dan Keuangan"),
            ("administrator", "Kepala Bagian Akademik"),
        ]
    elif kind == "MADRASAH":
        found = [("seksi", "Kepala Urusan Tata Usaha")] if staff >= 25 else []
    else:
        found = []
    return found[: max(1, staff // 6)]


def career(family: Family, years: float, rng: Random) -> tuple[int, str]:
    """Index of the PNS grade and level after so many years of service."""
    entry = family.entry
    if family.name in ("guru", "dosen", "penyuluh", "penghulu", "ahli"):
        step = 4.2 if family.name != "dosen" else 3.6
        grade = entry + int(years / step * (0.75 + 0.4 * rng.random()))
    elif family.name in ("pelaksana", "terampil", "juru"):
        grade = entry + int(years / 4.5 * (0.7 + 0.5 * rng.random())) + (rng.random() < 0.4)
    else:
        grade = entry + int(rng.random() * (family.top - entry + 1) * min(1.0, years / 22))
    # Few lecturers become professors.
    top = 14 if family.name == "dosen" and rng.random() < 0.8 else family.top
    grade = min(grade, top)
    return grade, level(family, grade)


def level(family: Family, grade: int) -> str:
    """The level of the functional ladder that goes with a grade; empty outside the functional families."""
    if family.kind != "FUNGSIONAL":
        return ""
    return next(name for begins, name in (_SKILLED if family.skilled else _EXPERT) if grade >= begins)


def title(family: Family, level_code: str, rng: Random) -> str:
    """The name of the position, "Penghulu Ahli Muda"."""
    if family.name == "dosen":
        return _LECTURER[level_code]
    base = family.positions[int(rng.random() * len(family.positions))]
    return f"{base} {_WORDS[level_code]}" if level_code else base


def retirement_age(position_kind: str, level_code: str, position: str) -> int:
    """Age of retirement in years by the rule of formats.md; where several apply, the highest."""
    age = 58
    if position_kind == "JPT" or level_code == "AHLI_MADYA" or position.startswith("Guru"):
        age = 60
    if level_code == "AHLI_UTAMA" or position.startswith("Dosen"):
        age = 65
    return 70 if position.startswith("Guru Besar") else age
