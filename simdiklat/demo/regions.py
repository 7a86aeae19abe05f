"""Provinces, their time zones, their Kanwil and the training centre that serves each."""

import csv
from functools import cache
from pathlib import Path

_DATA = Path(__file__).resolve().parent / "data"

#: Provinces served by the Kanwil of the province they were carved out of: 38 provinces, 34 Kanwil.
SERVED_BY = {"93": "91", "94": "91", "95": "91", "96": "92"}

_WITA = {"51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"}
_WIT = {"81", "82", "91", "92", "93", "94", "95", "96"}

#: Roughly how the ministry's people are spread over the provinces, per mille; invented but plausible.
WEIGHTS = {
    "11": 55, "12": 52, "13": 42, "14": 26, "15": 25, "16": 28, "17": 16, "18": 28, "19": 9, "21": 10,
    "31": 32, "32": 96, "33": 98, "34": 22, "35": 120, "36": 30, "51": 16, "52": 32, "53": 24,
    "61": 20, "62": 18, "63": 34, "64": 15, "65": 6, "71": 15, "72": 17, "73": 44, "74": 18, "75": 10,
    "76": 9, "81": 14, "82": 11, "91": 7, "92": 5, "93": 4, "94": 4, "95": 3, "96": 4,
}  # fmt: skip

#: How much likelier than elsewhere a person of the province has waited long; invented, so that maps differ.
NEGLECT = {
    "11": 1.05, "12": 1.10, "13": 0.85, "14": 1.00, "15": 1.05, "16": 1.00, "17": 1.10, "18": 1.05,
    "19": 1.00, "21": 1.05, "31": 0.70, "32": 0.95, "33": 0.85, "34": 0.70, "35": 0.90, "36": 0.90,
    "51": 0.90, "52": 1.10, "53": 1.50, "61": 1.25, "62": 1.20, "63": 0.90, "64": 1.05, "65": 1.30,
    "71": 1.15, "72": 1.25, "73": 0.95, "74": 1.25, "75": 1.05, "76": 1.35, "81": 1.45, "82": 1.50,
    "91": 1.60, "92": 1.65, "93": 1.80, "94": 1.85, "95": 1.95, "96": 1.70,
}  # fmt: skip

#: Training centres: code, name, kind, province they stand in, provinces of the Kanwil they serve.
CENTRES = (
    ("BDK-ACH", "BDK Aceh", "BDK", "11", ("11",)),
    ("BDK-MDN", "BDK Medan", "BDK", "12", ("12",)),
    ("BDK-PDG", "BDK Padang", "BDK", "13", ("13", "15")),
    ("LDK-PKU", "LDK Pekanbaru", "LDK", "14", ("14", "21")),
    ("BDK-PLG", "BDK Palembang", "BDK", "16", ("16", "17", "19")),
    ("LDK-LPG", "LDK Lampung", "LDK", "18", ("18",)),
    ("BDK-JKT", "BDK Jakarta", "BDK", "31", ("31", "36", "61")),
    ("BDK-BDG", "BDK Bandung", "BDK", "32", ("32",)),
    ("BDK-SMG", "BDK Semarang", "BDK", "33", ("33", "34")),
    ("BDK-SBY", "BDK Surabaya", "BDK", "35", ("35",)),
    ("BDK-DPS", "BDK Denpasar", "BDK", "51", ("51", "52", "53")),
    ("BDK-BJM", "BDK Banjarmasin", "BDK", "63", ("63", "62", "64", "65")),
    ("BDK-MKS", "BDK Makassar", "BDK", "73", ("73", "76", "74")),
    ("BDK-MND", "BDK Manado", "BDK", "71", ("71", "72", "75")),
    ("BDK-AMB", "BDK Ambon", "BDK", "81", ("81", "82")),
    ("BDK-PAP", "BDK Papua", "BDK", "91", ("91", "92")),
)

#: Links that ended when the two LDK opened: centre, provinces. Invented, to have dated links to show.
FORMER_AREAS = (("BDK-PDG", ("14", "21")), ("BDK-PLG", ("18",)))


def time_zone(province: str) -> str:
    """WIB, WITA or WIT of a province."""
    return "WIT" if province in _WIT else "WITA" if province in _WITA else "WIB"


def kanwil_of(province: str) -> str:
    """Code of the province whose Kanwil serves this one."""
    return SERVED_BY.get(province, province)


def centre_of(province: str) -> tuple[str, str]:
    """Code and name of the training centre that serves the province's Kanwil."""
    return _centres()[kanwil_of(province)]


@cache
def _centres() -> dict[str, tuple[str, str]]:
    return {area: (code, name) for code, name, _kind, _home, areas in CENTRES for area in areas}


@cache
def provinces() -> dict[str, str]:
    """The 38 provinces: code to name."""
    return {row["code"]: _title(row["name"]) for row in _read("provinces.csv")}


@cache
def regencies() -> list[tuple[str, str, str]]:
    """The 514 regencies and cities: code, province, name."""
    return [(row["code"], row["province_code"], _title(row["name"])) for row in _read("regencies.csv")]


@cache
def districts() -> dict[str, list[tuple[str, str]]]:
    """The first three districts of each regency: regency to code and name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in _read("districts.csv"):
        found.setdefault(row["regency_code"], []).append((row["code"], row["name"]))
    return found


def _read(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _title(name: str) -> str:
    """ "KABUPATEN ACEH SELATAN" as people write it; abbreviations stay as they are."""
    return " ".join(word if word in ("DKI",) else word.capitalize() for word in name.split())
