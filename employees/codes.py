"""The coded values of `units` and `employees` files, their order and their names."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UnitKind(models.TextChoices):
    KEMENTERIAN = "KEMENTERIAN", _("Ministry")
    ESELON_I = "ESELON_I", _("Directorate general or equal")
    KANWIL = "KANWIL", _("Regional office")
    KANKEMENAG = "KANKEMENAG", _("Regency office")
    KUA = "KUA", _("District office (KUA)")
    MADRASAH = "MADRASAH", _("Madrasah")
    PTKN = "PTKN", _("State religious university")
    PUSDIKLAT = "PUSDIKLAT", _("National training centre")
    BDK = "BDK", _("Regional training centre (BDK)")
    LDK = "LDK", _("Regional training centre (LDK)")
    LAINNYA = "LAINNYA", _("Other unit")


class TimeZone(models.TextChoices):
    WIB = "WIB", "WIB"
    WITA = "WITA", "WITA"
    WIT = "WIT", "WIT"


#: IANA names of the three zones.
ZONE_NAMES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}


class Status(models.TextChoices):
    PNS = "PNS", "PNS"
    CPNS = "CPNS", "CPNS"
    PPPK = "PPPK", "PPPK"
    PPPK_PW = "PPPK_PW", _("PPPK part-time")
    NON_ASN = "NON_ASN", _("Non-ASN")


class Activity(models.TextChoices):
    AKTIF = "AKTIF", _("Active")
    CLTN = "CLTN", _("Unpaid leave (CLTN)")
    TUGAS_BELAJAR = "TUGAS_BELAJAR", _("Study assignment")
    DIPERBANTUKAN = "DIPERBANTUKAN", _("Seconded")
    HUKDIS = "HUKDIS", _("Disciplinary measure")
    PENSIUN = "PENSIUN", _("Retired")


class Sex(models.TextChoices):
    MALE = "L", _("Male")
    FEMALE = "P", _("Female")


class PositionKind(models.TextChoices):
    JPT = "JPT", _("Senior leadership (JPT)")
    ADMINISTRATOR = "ADMINISTRATOR", _("Administrator")
    PENGAWAS = "PENGAWAS", _("Supervisor")
    FUNGSIONAL = "FUNGSIONAL", _("Functional")
    PELAKSANA = "PELAKSANA", _("Executor")


class Level(models.TextChoices):
    PEMULA = "PEMULA", "Pemula"
    TERAMPIL = "TERAMPIL", "Terampil"
    MAHIR = "MAHIR", "Mahir"
    PENYELIA = "PENYELIA", "Penyelia"
    AHLI_PERTAMA = "AHLI_PERTAMA", "Ahli Pertama"
    AHLI_MUDA = "AHLI_MUDA", "Ahli Muda"
    AHLI_MADYA = "AHLI_MADYA", "Ahli Madya"
    AHLI_UTAMA = "AHLI_UTAMA", "Ahli Utama"


#: GOL_RUANG of PNS and CPNS in ascending order, with the name of the rank (pangkat).
PNS_GRADES = {
    "I/a": "Juru Muda", "I/b": "Juru Muda Tk. I", "I/c": "Juru", "I/d": "Juru Tk. I",
    "II/a": "Pengatur Muda", "II/b": "Pengatur Muda Tk. I", "II/c": "Pengatur", "II/d": "Pengatur Tk. I",
    "III/a": "Penata Muda", "III/b": "Penata Muda Tk. I", "III/c": "Penata", "III/d": "Penata Tk. I",
    "IV/a": "Pembina", "IV/b": "Pembina Tk. I", "IV/c": "Pembina Utama Muda",
    "IV/d": "Pembina Utama Madya", "IV/e": "Pembina Utama",
}  # fmt: skip
PPPK_GRADES = (
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX",
    "X", "XI", "XII", "XIII", "XIV", "XV", "XVI", "XVII",
)  # fmt: skip
