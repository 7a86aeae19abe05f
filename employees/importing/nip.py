"""The NIP: its form and what it says about its holder (formats.md, "employees")."""

import re

from django.utils.translation import gettext as _

from employees.importing.values import FIRST_YEAR, LAST_YEAR

#: Blanks and dots inside a NIP are dropped; invisible blanks too.
_DROPPED = dict.fromkeys(map(ord, " .\t\n\r\v\f\u00a0\u2007\u2009\u202f\u200b\u200c\u200d\u2060\ufeff"))
_FORM = re.compile(r"[0-9]{18}")
_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+")

PNS, PPPK = "PNS", "PPPK"
#: The kind of NIP that a status needs; NON_ASN may have either, or none.
KIND_OF_STATUS = {"PNS": PNS, "CPNS": PNS, "PPPK": PPPK, "PPPK_PW": PPPK}


def compact(text: str) -> str:
    """The NIP without blanks and dots; a number that lost its digits is left as it is."""
    return text if _SCIENTIFIC.fullmatch(text) else text.translate(_DROPPED)


def lost_digits(text: str) -> bool:
    """Whether the text is what a spreadsheet leaves of a long number kept in a number cell."""
    return _SCIENTIFIC.fullmatch(text) is not None


def lost_digits_reason() -> str:
    return _(
        "The cell was kept as a number, and the spreadsheet has lost digits of it. Format the column as text "
        "and enter the number again."
    )


def kind_of(nip: str) -> str:
    """PNS or PPPK by digits 13 and 14 of 18 digits; "" when they say neither."""
    digits = nip[12:14]
    if "01" <= digits <= "12":
        return PNS
    return PPPK if "21" <= digits <= "29" else ""


def form_problem(nip: str) -> str:
    """Why a (compact) NIP cannot be one, in words; "" when its form is right."""
    if not _FORM.fullmatch(nip):
        if lost_digits(nip):
            return lost_digits_reason()
        return _("A NIP has 18 digits.")
    if not FIRST_YEAR <= int(nip[8:12]) <= LAST_YEAR:
        return _("Digits 9 to 12 of the NIP must be the year of the start.")
    if not kind_of(nip):
        return _("Digits 13 and 14 of the NIP must be 01 to 12 (PNS) or 21 to 29 (PPPK).")
    if nip[14] not in "12":
        return _("Digit 15 of the NIP must be 1 (L) or 2 (P).")
    if nip[15:] == "000":
        return _("The NIP must end in a number from 001 to 999.")
    return ""


def mismatch(nip: str, *, birth: str, sex: str, status: str) -> list[tuple[str, str]]:
    """Where a NIP of right form contradicts other columns: (column to blame, reason in words) each.

    `birth` is an ISO date; an empty argument is not compared.
    """
    found = []
    if birth and nip[:8] != birth.replace("-", ""):
        found.append(("NIP", _("The first 8 digits of the NIP do not agree with TANGGAL_LAHIR.")))
    if sex and nip[14] != ("1" if sex == "L" else "2"):
        found.append(("NIP", _("Digit 15 of the NIP does not agree with JENIS_KELAMIN.")))
    needed = KIND_OF_STATUS.get(status)
    if needed and kind_of(nip) != needed:
        found.append(
            (
                "NIP",
                _("This is the NIP of a %(kind)s and does not fit the STATUS %(status)s.")
                % {"kind": kind_of(nip), "status": status},
            )
        )
    return found
