"""The catalogue: real kinds of programmes, with the families of positions that take them."""

from dataclasses import dataclass

from trainings.codes import RESETTING_KINDS
from trainings.models import Programme

_CIVIL = ("PNS", "CPNS", "PPPK")
_TEACHERS = (("PNS", "PPPK", "PPPK_PW"), ("FUNGSIONAL",))
_F, _P, _M = "AHLI_PERTAMA", "AHLI_MUDA", "AHLI_MADYA"


@dataclass(frozen=True, slots=True)
class Entry:
    code: str
    name: str
    kind: str
    method: str
    jp: int
    #: Families of positions (positions.py) that take it; "*": everybody.
    families: tuple[str, ...]
    statuses: tuple[str, ...] = ()
    positions: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    grades: tuple[str, str] = ("", "")
    pppk_exempt: bool = False

    @property
    def resets_wait(self) -> bool:
        """The default of the kind (formats.md)."""
        return self.kind in RESETTING_KINDS

    @property
    def days(self) -> int:
        """How long a class lasts, in days."""
        if self.kind in ("WEBINAR", "SOSIALISASI", "SEMINAR"):
            return 1
        return max(2, min(110, -(-self.jp // (6 if self.method in ("PJJ", "MOOC") else 10))))


def _guru(code: str, name: str, kind: str, method: str, jp: int, levels: tuple[str, ...] = ()) -> Entry:
    return Entry(code, name, kind, method, jp, ("guru",), *_TEACHERS, levels)


ENTRIES = (
    # Leadership and beginnings
    Entry("STR-PKN2", "Pelatihan Kepemimpinan Nasional Tingkat II", "STRUKTURAL", "BLENDED", 220, ("jpt",),
          ("PNS",), ("JPT",), (), ("IV/b", "IV/e")),
    Entry("STR-PKA", "Pelatihan Kepemimpinan Administrator (PKA)", "STRUKTURAL", "BLENDED", 180,
          ("administrator",), ("PNS",), ("ADMINISTRATOR",), (), ("III/d", "IV/c")),
    Entry("STR-PKP", "Pelatihan Kepemimpinan Pengawas (PKP)", "STRUKTURAL", "BLENDED", 150, ("seksi",),
          ("PNS",), ("PENGAWAS",), (), ("III/b", "IV/b")),
    Entry("LTS-CPNS", "Pelatihan Dasar CPNS (Latsar)", "LATSAR", "BLENDED", 511, ("cpns",), ("CPNS",)),
    Entry("ORI-PPPK", "Orientasi Nilai dan Etika ASN bagi PPPK", "MOOC", "MOOC", 24, ("pppk",),
          ("PPPK", "PPPK_PW"), pppk_exempt=True),
    Entry("MAN-KEUANGAN", "Pelatihan Manajemen Keuangan Satuan Kerja", "MANAJERIAL", "KLASIKAL", 60,
          ("seksi", "administrator", "pelaksana"), ("PNS",), ("PENGAWAS", "ADMINISTRATOR", "PELAKSANA")),
    Entry("MAN-PERUBAHAN", "Pelatihan Manajemen Perubahan bagi Pimpinan", "MANAJERIAL", "KLASIKAL", 40,
          ("jpt", "administrator", "seksi"), ("PNS",), ("JPT", "ADMINISTRATOR", "PENGAWAS")),
    # For everybody
    Entry("SOS-MODERASI", "Pelatihan Penguatan Moderasi Beragama", "SOSIOKULTURAL", "KLASIKAL", 60, ("*",),
          _CIVIL),
    Entry("SOS-MODERASI-PJJ", "Pelatihan Jarak Jauh Penguatan Moderasi Beragama", "SOSIOKULTURAL", "PJJ", 24,
          ("*",), pppk_exempt=True),
    Entry("SOS-BUDAYA", "Pelatihan Pelayanan Publik Ramah Keberagaman", "SOSIOKULTURAL", "KLASIKAL", 40, ("*",),
          ("PNS", "PPPK")),
    Entry("SOS-GENDER", "Pelatihan Pengarusutamaan Gender dan Perlindungan Anak", "SOSIOKULTURAL", "PJJ", 20,
          ("*",)),
    # Teachers
    _guru("TEK-KURMER", "Pelatihan Implementasi Kurikulum Merdeka bagi Guru Madrasah", "TEKNIS", "PJJ", 50),
    _guru("TEK-KURMER-DASAR", "Pelatihan Dasar Kurikulum Merdeka bagi Guru Madrasah", "TEKNIS", "PJJ", 20),
    _guru("TEK-ASESMEN", "Pelatihan Penyusunan Asesmen Pembelajaran", "TEKNIS", "KLASIKAL", 40),
    _guru("TEK-LITERASI", "Pelatihan Literasi dan Numerasi Madrasah", "TEKNIS", "KLASIKAL", 50, (_F, _P)),
    _guru("TEK-PTK", "Pelatihan Penelitian Tindakan Kelas", "TEKNIS", "KLASIKAL", 60, (_P, _M)),
    _guru("TEK-MEDIA", "Pelatihan Media Pembelajaran Digital", "TEKNIS", "PJJ", 24),
    _guru("TEK-INKLUSI", "Pelatihan Pendidikan Inklusif di Madrasah", "TEKNIS", "KLASIKAL", 40),
    _guru("TEK-BK", "Pelatihan Bimbingan dan Konseling bagi Guru Madrasah", "TEKNIS", "KLASIKAL", 50),
    _guru("TEK-RISET", "Pelatihan Pembina Madrasah Riset", "TEKNIS", "BLENDED", 60, (_P, _M)),
    Entry("FUN-GURU-MUDA", "Pelatihan Fungsional Guru Ahli Muda", "FUNGSIONAL", "BLENDED", 60, ("guru",), ("PNS",),
          ("FUNGSIONAL",), (_F, _P), ("III/b", "III/d")),
    Entry("FUN-PENGAWAS", "Pelatihan Fungsional Pengawas Madrasah", "FUNGSIONAL", "KLASIKAL", 80, ("pengawas",),
          ("PNS",), ("FUNGSIONAL",), (_P, _M), ("III/c", "IV/c")),
    Entry("TEK-SUPERVISI", "Pelatihan Supervisi Akademik", "TEKNIS", "KLASIKAL", 50, ("pengawas",), ("PNS",),
          ("FUNGSIONAL",), (_P, _M, "AHLI_UTAMA")),
    Entry("TEK-KAMAD", "Pelatihan Penguatan Kepala Madrasah", "TEKNIS", "KLASIKAL", 70, ("guru",), ("PNS",),
          ("FUNGSIONAL",), (_P, _M), ("III/c", "IV/c")),
    # Religious affairs
    Entry("FUN-PENGHULU", "Pelatihan Fungsional Penghulu Ahli Pertama", "FUNGSIONAL", "KLASIKAL", 100,
          ("penghulu",), ("PNS", "PPPK"), ("FUNGSIONAL",), (_F,)),
    Entry("TEK-KELUARGA", "Pelatihan Fasilitator Bimbingan Perkawinan", "TEKNIS", "KLASIKAL", 50,
          ("penghulu", "penyuluh"), ("PNS", "PPPK"), ("FUNGSIONAL",)),
    Entry("TEK-SIMKAH", "Bimbingan Teknis Layanan Nikah Digital", "BIMTEK", "PJJ", 20, ("penghulu", "pelaksana"),
          ("PNS", "PPPK"), ("FUNGSIONAL", "PELAKSANA")),
    Entry("FUN-PENYULUH", "Pelatihan Fungsional Penyuluh Agama Ahli Pertama", "FUNGSIONAL", "KLASIKAL", 80,
          ("penyuluh",), ("PNS", "PPPK"), ("FUNGSIONAL",), (_F,)),
    Entry("TEK-PENYULUH", "Pelatihan Teknis Substantif Penyuluh Agama", "TEKNIS", "KLASIKAL", 50, ("penyuluh",),
          ("PNS", "PPPK"), ("FUNGSIONAL",)),
    Entry("TEK-DAKWAH", "Pelatihan Penyuluhan melalui Media Sosial", "TEKNIS", "PJJ", 24, ("penyuluh",),
          ("PNS", "PPPK"), ("FUNGSIONAL",)),
    Entry("TEK-HISAB", "Pelatihan Hisab Rukyat", "TEKNIS", "KLASIKAL", 50, ("penghulu", "penyuluh"),
          ("PNS", "PPPK"), ("FUNGSIONAL",)),
    Entry("TEK-WAKAF", "Pelatihan Pengelolaan Zakat dan Wakaf", "TEKNIS", "KLASIKAL", 40,
          ("penyuluh", "pelaksana", "seksi"), ("PNS", "PPPK")),
    # Lecturers
    Entry("TEK-PEKERTI", "Pelatihan Peningkatan Keterampilan Dasar Teknik Instruksional (Pekerti)", "TEKNIS",
          "BLENDED", 60, ("dosen",), ("PNS", "PPPK"), ("FUNGSIONAL",), (_F, _P)),
    Entry("TEK-JURNAL", "Pelatihan Penulisan Artikel Jurnal Bereputasi", "TEKNIS", "BLENDED", 40, ("dosen",),
          ("PNS", "PPPK"), ("FUNGSIONAL",)),
    Entry("KUR-METODE", "Kursus Metodologi Penelitian Sosial Keagamaan", "KURSUS", "PJJ", 24,
          ("dosen", "widyaiswara"), ("PNS", "PPPK"), ("FUNGSIONAL",)),
    # Administration
    Entry("TEK-PBJ", "Pelatihan Pengadaan Barang/Jasa Pemerintah Level 1", "TEKNIS", "BLENDED", 60,
          ("ahli", "pelaksana", "seksi"), ("PNS",), (), (), ("III/a", "IV/e")),
    Entry("FUN-ARSIPARIS", "Pelatihan Fungsional Arsiparis", "FUNGSIONAL", "KLASIKAL", 120, ("ahli", "terampil"),
          ("PNS",), ("FUNGSIONAL",), ("TERAMPIL", "MAHIR", _F)),
    Entry("TEK-ARSIP", "Pelatihan Tata Kearsipan Dinamis", "TEKNIS", "KLASIKAL", 40, ("pelaksana", "terampil", "juru"),
          _CIVIL, ("PELAKSANA", "FUNGSIONAL")),
    Entry("TEK-JURNALISTIK", "Pelatihan Jurnalistik dan Kehumasan", "TEKNIS", "KLASIKAL", 40,
          ("ahli", "pelaksana", "penyuluh"), ("PNS", "PPPK")),
    Entry("TEK-SAKIP", "Pelatihan Penyusunan Laporan Kinerja (SAKIP)", "TEKNIS", "PJJ", 24,
          ("ahli", "pelaksana", "seksi")),
    Entry("TEK-DATA", "Pelatihan Analisis Data dengan Lembar Kerja", "TEKNIS", "PJJ", 24,
          ("ahli", "pelaksana", "terampil")),
    Entry("TEK-LAYANAN", "Pelatihan Pelayanan Prima", "TEKNIS", "KLASIKAL", 40, ("pelaksana", "juru", "terampil"),
          _CIVIL, ("PELAKSANA",)),
    Entry("FUN-WIDYAISWARA", "Pelatihan Kewidyaiswaraan Substansi", "FUNGSIONAL", "KLASIKAL", 90, ("widyaiswara",),
          ("PNS",), ("FUNGSIONAL",), (_F, _P, _M)),
    Entry("MAG-INDUSTRI", "Magang Pengelola Kehumasan di Media Nasional", "MAGANG", "KLASIKAL", 80, ("ahli",),
          ("PNS",), ("FUNGSIONAL",)),
    # What counts in hours but lets nobody's wait begin anew
    Entry("MOOC-DIGITAL", "MOOC Literasi Digital ASN", "MOOC", "MOOC", 12, ("*",)),
    Entry("MOOC-INTEGRITAS", "MOOC Integritas dan Antikorupsi", "MOOC", "MOOC", 10, ("*",)),
    Entry("MOOC-PINTAR", "MOOC Pembelajaran Berdiferensiasi", "MOOC", "MOOC", 16, ("guru",)),
    Entry("WEB-MODERASI", "Webinar Moderasi Beragama di Ruang Digital", "WEBINAR", "WEBINAR", 3, ("*",)),
    Entry("WEB-KEKERASAN", "Webinar Satuan Pendidikan Bebas Kekerasan", "WEBINAR", "WEBINAR", 4, ("guru", "pengawas")),
    Entry("WEB-AI", "Webinar Kecerdasan Artifisial untuk Pelayanan Publik", "WEBINAR", "WEBINAR", 3, ("*",)),
    Entry("SEM-KEAGAMAAN", "Seminar Nasional Kehidupan Keagamaan", "SEMINAR", "KLASIKAL", 8,
          ("dosen", "penyuluh", "penghulu", "widyaiswara")),
    Entry("WOR-KOM", "Workshop Komunitas Belajar Guru", "WORKSHOP", "KLASIKAL", 16, ("guru",)),
    Entry("SOL-KINERJA", "Sosialisasi Pengelolaan Kinerja ASN", "SOSIALISASI", "WEBINAR", 4, ("*",)),
)  # fmt: skip

#: Trainings of former years whose code the catalogue no longer knows: code, name, kind, JP.
FORMER = (
    ("DDTK-2017", "Diklat di Tempat Kerja Kurikulum 2013", "TEKNIS", 60),
    ("DTSS-PUBLIKASI", "Diklat Publikasi Ilmiah", "TEKNIS", 50),
    ("DDWK-EDM", "Diklat di Wilayah Kerja Evaluasi Diri Madrasah", "TEKNIS", 40),
    ("DTA-BENDAHARA", "Diklat Bendahara Pengeluaran", "TEKNIS", 40),
    ("DTSK-KARAKTER", "Diklat Penguatan Pendidikan Karakter", "TEKNIS", 60),
)
#: Trainings held elsewhere, recorded by title alone: title, kind, JP, organiser.
OUTSIDE = (
    ("Pelatihan Bahasa Inggris untuk Tujuan Akademik", "KURSUS", 40, "Balai Bahasa"),
    ("Bimbingan Teknis Pengelolaan Barang Milik Negara", "BIMTEK", 24, "KPKNL"),
    ("Penataran Guru Mata Pelajaran", "PENATARAN", 32, "MGMP"),
    ("Pelatihan Instruktur Nasional", "TEKNIS", 50, "LPTK"),
)
#: Too short to reset the wait although their kind would.
SHORT = (
    ("Bimbingan Teknis Aplikasi Persuratan", "BIMTEK", 8, "Kanwil"),
    ("Bimbingan Teknis Pendataan EMIS", "BIMTEK", 12, "Kanwil"),
    ("Kursus Singkat Desain Grafis", "KURSUS", 10, "Balai Latihan Kerja"),
)


def create() -> dict[str, Programme]:
    """Store the catalogue; return it by code."""
    made = Programme.objects.bulk_create(
        Programme(
            code=entry.code, name=entry.name, kind=entry.kind, method=entry.method, jp=entry.jp,
            target_statuses=list(entry.statuses), target_positions=list(entry.positions),
            target_levels=list(entry.levels), grade_min=entry.grades[0], grade_max=entry.grades[1],
            resets_wait=entry.resets_wait, pppk_exempt=entry.pppk_exempt,
        )
        for entry in ENTRIES
    )  # fmt: skip
    return {programme.code: programme for programme in made}


def by_family(*, resetting: bool, most_jp: int | None = None) -> dict[str, list[Entry]]:
    """For each family the programmes it takes that do (or do not) reset the wait."""
    general = ("cpns", "pppk")
    families = {f for entry in ENTRIES for f in entry.families if f != "*"}
    return {
        family: [
            entry
            for entry in ENTRIES
            if entry.resets_wait == resetting
            and (family in entry.families or ("*" in entry.families and family not in general))
            and (most_jp is None or entry.jp <= most_jp)
        ]
        for family in families
    }
