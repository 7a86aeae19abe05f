"""The tree of units at any size: the centre, every Kanwil and training centre, then as many as fit."""

from dataclasses import dataclass
from itertools import cycle, islice
from random import Random

from simdiklat.demo import FULL_SIZE, FULL_UNITS, regions

#: Eselon I: code, name.
_CENTRAL = (
    ("SETJEN", "Sekretariat Jenderal"),
    ("ITJEN", "Inspektorat Jenderal"),
    ("DITJEN-PENDIS", "Direktorat Jenderal Pendidikan Islam"),
    ("DITJEN-BIMIS", "Direktorat Jenderal Bimbingan Masyarakat Islam"),
    ("DITJEN-BIMKR", "Direktorat Jenderal Bimbingan Masyarakat Kristen"),
    ("DITJEN-BIMKAT", "Direktorat Jenderal Bimbingan Masyarakat Katolik"),
    ("DITJEN-BIMHI", "Direktorat Jenderal Bimbingan Masyarakat Hindu"),
    ("DITJEN-BIMBU", "Direktorat Jenderal Bimbingan Masyarakat Buddha"),
    ("BMBPSDM", "Badan Moderasi Beragama dan Pengembangan Sumber Daya Manusia"),
)
_PUSDIKLAT = (
    ("PUSDIKLAT-MKMB", "Pusat Pengembangan Kompetensi Manajemen, Kepemimpinan, dan Moderasi Beragama"),
    ("PUSDIKLAT-TTPK", "Pusat Pengembangan Kompetensi Tenaga Teknis Pendidikan dan Keagamaan"),
)
#: State religious universities: province and name; the parent follows from the name.
_PTKN = [
    "35 UIN Sunan Ampel Surabaya",
    "34 UIN Sunan Kalijaga Yogyakarta",
    "33 UIN Walisongo Semarang",
    "36 UIN Syarif Hidayatullah Jakarta",
    "32 UIN Sunan Gunung Djati Bandung",
    "73 UIN Alauddin Makassar",
    "12 UIN Sumatera Utara Medan",
    "11 UIN Ar-Raniry Banda Aceh",
    "35 UIN Maulana Malik Ibrahim Malang",
    "13 UIN Imam Bonjol Padang",
    "14 UIN Sultan Syarif Kasim Riau",
    "16 UIN Raden Fatah Palembang",
    "63 UIN Antasari Banjarmasin",
    "52 UIN Mataram",
    "18 UIN Raden Intan Lampung",
    "15 UIN Sulthan Thaha Saifuddin Jambi",
    "71 IAKN Manado",
    "51 UHN I Gusti Bagus Sugriwa Denpasar",
    "53 IAKN Kupang",
    "81 IAIN Ambon",
    "91 IAIN Fattahul Muluk Papua",
    "17 UIN Fatmawati Sukarno Bengkulu",
    "33 UIN Raden Mas Said Surakarta",
    "33 UIN Salatiga",
    "33 UIN K.H. Abdurrahman Wahid Pekalongan",
    "33 UIN Prof. K.H. Saifuddin Zuhri Purwokerto",
    "33 IAIN Kudus",
    "35 UIN K.H. Achmad Siddiq Jember",
    "35 UIN Sayyid Ali Rahmatullah Tulungagung",
    "35 IAIN Kediri",
    "35 IAIN Ponorogo",
    "35 IAIN Madura",
    "36 UIN Sultan Maulana Hasanuddin Banten",
    "32 UIN Siber Syekh Nurjati Cirebon",
    "11 IAIN Lhokseumawe",
    "11 IAIN Langsa",
    "11 IAIN Takengon",
    "11 STAIN Teungku Dirundeng Meulaboh",
    "12 STAIN Mandailing Natal",
    "12 UIN Syekh Ali Hasan Ahmad Addary Padangsidimpuan",
    "12 IAKN Tarutung",
    "13 UIN Mahmud Yunus Batusangkar",
    "13 UIN Sjech M. Djamil Djambek Bukittinggi",
    "14 STAIN Bengkalis",
    "15 IAIN Kerinci",
    "17 IAIN Curup",
    "18 IAIN Metro",
    "19 IAIN Syaikh Abdurrahman Siddik Bangka Belitung",
    "21 STAIN Sultan Abdurrahman Kepulauan Riau",
    "51 STAHN Mpu Kuturan Singaraja",
    "52 IAHN Gde Pudja Mataram",
    "61 IAIN Pontianak",
    "61 STAKatN Pontianak",
    "62 IAIN Palangka Raya",
    "62 IAHN Tampung Penyang Palangka Raya",
    "62 IAKN Palangka Raya",
    "64 UIN Sultan Aji Muhammad Idris Samarinda",
    "71 IAIN Manado",
    "72 UIN Datokarama Palu",
    "73 IAIN Parepare",
    "73 IAIN Palopo",
    "73 IAIN Bone",
    "73 IAKN Toraja",
    "74 IAIN Kendari",
    "75 IAIN Sultan Amai Gorontalo",
    "76 STAIN Majene",
    "81 IAKN Ambon",
    "82 IAIN Ternate",
    "91 STAKPN Sentani",
    "96 IAIN Sorong",
    "33 STABN Raden Wijaya Wonogiri",
    "36 STABN Sriwijaya Tangerang",
]
_PTKN_PARENTS = (
    ("IAKN", "DITJEN-BIMKR"), ("STAKPN", "DITJEN-BIMKR"), ("STAKatN", "DITJEN-BIMKAT"),
    ("UHN", "DITJEN-BIMHI"), ("IAHN", "DITJEN-BIMHI"), ("STAHN", "DITJEN-BIMHI"), ("STABN", "DITJEN-BIMBU"),
)  # fmt: skip
#: In which order a regency gets its madrasahs.
_MADRASAHS = ("MAN", "MTSN", "MIN", "MTSN", "MIN")
_SHORT = {"MAN": "MAN", "MTSN": "MTsN", "MIN": "MIN"}
#: People in an average unit of each kind; sizes vary around it.
_STAFF = {
    "KEMENTERIAN": 4, "ESELON_I": 250, "PUSDIKLAT": 110, "BDK": 70, "LDK": 32, "PTKN": 400,
    "KANWIL": 145, "KANKEMENAG": 118, "KUA": 12, "MADRASAH": 37,
}  # fmt: skip


@dataclass(slots=True)
class DemoUnit:
    id: int
    code: str
    name: str
    kind: str
    parent: int | None
    province: str
    #: Without the words of its kind: "Kota Surabaya".
    place: str
    #: How many people work here.
    staff: int = 0
    #: How much likelier than elsewhere people here have waited long.
    neglect: float = 1.0


def build(employees: int, first_id: int, rng: Random) -> list[DemoUnit]:
    """The units for a ministry of so many people, parents before children, ids from `first_id` on.

    The centre, all Kanwil and all training centres always; every regency from about 20,600 people on.
    """
    tree = _Tree(first_id)
    root = tree.add("MENAG", "Kementerian Agama", "KEMENTERIAN", None, "31", "Pusat")
    central = {code: tree.add(code, name, "ESELON_I", root, "31", name) for code, name in _CENTRAL}
    for code, name in _PUSDIKLAT:
        tree.add(code, name, "PUSDIKLAT", central["BMBPSDM"], "36" if "TTPK" in code else "31", name)
    for code, name, kind, home, _areas in regions.CENTRES:
        tree.add(code, name, kind, central["BMBPSDM"], home, name)
    kanwil = {}
    for province, name in regions.provinces().items():
        if regions.kanwil_of(province) == province:
            kanwil[province] = tree.add(
                f"KW{province}",
                f"Kanwil Kementerian Agama Provinsi {name}",
                "KANWIL",
                root,
                province,
                name,
            )
    offices = {}
    chosen = _regencies(max(38, min(514, employees // 40)))
    for code, province, name in chosen:
        offices[code] = tree.add(
            f"KK{code}", f"Kantor Kementerian Agama {name}", "KANKEMENAG",
            kanwil[regions.kanwil_of(province)], province, name,
        )  # fmt: skip
    share = min(1.0, employees / FULL_SIZE)
    goal = round(FULL_UNITS * share**0.7)  # a small ministry keeps more units than people would need
    universities = max(1, round(len(_PTKN) * share))
    for text in _PTKN[:universities]:
        _add_university(tree, text, central)
    left = max(12, goal - len(tree.units))
    kua = left // 4
    _add_kua(tree, chosen, offices, kua)
    _add_madrasahs(tree, chosen, offices, left - kua, rng)
    _staff(tree.units, employees, rng)
    return tree.units


class _Tree:
    def __init__(self, first_id: int) -> None:
        self.units: list[DemoUnit] = []
        self._next = first_id

    def add(
        self, code: str, name: str, kind: str, parent: DemoUnit | None, province: str, place: str
    ) -> DemoUnit:
        made = DemoUnit(self._next, code, name, kind, parent.id if parent else None, province, place)
        self._next += 1
        self.units.append(made)
        return made


def _regencies(count: int) -> list[tuple[str, str, str]]:
    """So many regencies: Surabaya and Semarang, then the first of every province, the second, and so on."""
    ordered = regions.regencies()
    first = [row for row in ordered if row[0] in ("3578", "3374")]
    turns: dict[str, int] = {}
    queue = []
    for row in ordered:
        turns[row[1]] = turns.get(row[1], 0) + 1
        queue.append((turns[row[1]], row))
    rest = [
        row
        for _turn, row in sorted(queue)
        if row not in first and (count >= 40 or row[1] not in ("35", "33"))
    ]
    return sorted((first + rest)[:count])


def _add_university(tree: _Tree, text: str, central: dict[str, DemoUnit]) -> None:
    province, name = text.split(" ", 1)
    kind = name.split()[0]
    parent = central[dict(_PTKN_PARENTS).get(kind, "DITJEN-PENDIS")]
    number = sum(unit.code.startswith(f"PTKN-{province}-") for unit in tree.units) + 1
    tree.add(f"PTKN-{province}-{number:02d}", name, "PTKN", parent, province, name)


def _add_kua(tree: _Tree, chosen: list, offices: dict[str, DemoUnit], count: int) -> None:
    """District offices: the first district of every regency, then the second, then the third."""
    rows = []
    for code, province, _name in chosen:
        for turn, (district, district_name) in enumerate(regions.districts()[code]):
            rows.append((turn, -regions.WEIGHTS[province], district, code, province, district_name))
    for _turn, _weight, district, code, province, name in sorted(rows)[:count]:
        tree.add(f"KUA-{district}", f"KUA Kecamatan {name}", "KUA", offices[code], province, name)


def _add_madrasahs(tree: _Tree, chosen: list, offices: dict[str, DemoUnit], count: int, rng: Random) -> None:
    """Madrasahs in proportion to the province's people, in turn MAN, MTsN, MIN, MTsN, MIN."""
    per_province: dict[str, int] = {}
    for _code, province, _name in chosen:
        per_province[province] = per_province.get(province, 0) + 1
    weights = [
        regions.WEIGHTS[province]
        / per_province[province]
        * rng.uniform(0.6, 1.4)
        * (3 if code == "3578" else 1)
        for code, province, _name in chosen
    ]
    for (code, province, name), number in zip(chosen, split(count, weights), strict=True):
        numbers: dict[str, int] = {}
        for kind in islice(cycle(_MADRASAHS), number):
            numbers[kind] = numbers.get(kind, 0) + 1
            place = name.removeprefix("Kabupaten ")
            tree.add(
                f"{kind}-{code}-{numbers[kind]:02d}", f"{_SHORT[kind]} {numbers[kind]} {place}", "MADRASAH",
                offices[code], province, place,
            )  # fmt: skip


def _staff(units: list[DemoUnit], employees: int, rng: Random) -> None:
    weights = []
    for unit in units:
        size = _STAFF[unit.kind] * rng.uniform(0.55, 1.45)
        if unit.kind in ("KANWIL", "KANKEMENAG"):
            size *= (regions.WEIGHTS[unit.province] / 26) ** 0.35
        if unit.code.startswith("MIN-"):
            size *= 0.65
        weights.append(size)
        unit.neglect = regions.NEGLECT[unit.province] * rng.uniform(0.7, 1.3)
        if unit.kind in ("ESELON_I", "PUSDIKLAT", "KANWIL", "BDK", "LDK"):
            unit.neglect *= 0.6  # whoever sits near the organisers is invited more often
    if employees >= len(units):
        for unit, extra in zip(units, split(employees - len(units), weights), strict=True):
            unit.staff = 1 + extra
    else:
        for unit, number in zip(units, split(employees, weights), strict=True):
            unit.staff = number


def split(total: int, weights: list[float]) -> list[int]:
    """`total` in whole numbers in proportion to the weights, by largest remainder; they add up to it."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    floors = [int(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for i in by_remainder[: total - sum(floors)]:
        floors[i] += 1
    return floors
