"""TMT_PENSIUN of those whose file gives none (formats.md, "employees")."""

import re
from functools import lru_cache

_GURU = re.compile(r"guru\b", re.IGNORECASE)
_GURU_BESAR = re.compile(r"guru\s+besar\b", re.IGNORECASE)
_DOSEN = re.compile(r"dosen\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def retirement_age(position_kind: str, level: str, position: str) -> int:
    """The retirement age in years; where several ages apply, the highest.

    The beginnings of JABATAN are whole words in any case: "Guru" and "GURU MADYA", not "Guruh".
    """
    if _GURU_BESAR.match(position):
        return 70
    if level == "AHLI_UTAMA" or _DOSEN.match(position):
        return 65
    if position_kind == "JPT" or level == "AHLI_MADYA" or _GURU.match(position):
        return 60
    return 58


def retirement_date(birth: str, age: int) -> str:
    """ISO date of the first day of the month after the birthday at that age; `birth` is an ISO date.

    Somebody born on 29 February has the birthday in February in every year.
    """
    year, month = int(birth[:4]) + age, int(birth[5:7])
    return f"{year + 1}-01-01" if month == 12 else f"{year}-{month + 1:02d}-01"
