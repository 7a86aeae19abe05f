"""The people: numbers by the rule of formats.md, careers that fit age and position, contact data."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from simdiklat.demo import months_before, names, positions
from simdiklat.demo.positions import FAMILIES, GRADES, Family
from simdiklat.demo.units import DemoUnit

#: Serials of demo NIPs start here. Real ones are counted up from 001 for each birthday and month of
#: appointment and never come this far, so no number made here belongs to anybody.
FIRST_SERIAL = 900

#: Share of the statuses among people who lead nothing.
_STATUSES = (("PNS", 0.80), ("CPNS", 0.015), ("PPPK", 0.135), ("PPPK_PW", 0.02), ("NON_ASN", 0.03))
_ACTIVITIES = (
    ("AKTIF", 0.974), ("TUGAS_BELAJAR", 0.010), ("DIPERBANTUKAN", 0.005), ("PENSIUN", 0.006),
    ("CLTN", 0.003), ("HUKDIS", 0.002),
)  # fmt: skip
#: Years of service of PNS with their weight: large intakes some 16 to 21, 12, 7 and 5 years ago,
#: and ever fewer who came more than 28 years ago.
_SERVICE = [
    (years, 5.0 if 16 <= years <= 21 else 2.5 if years in (5, 7, 12) else 0.55 ** max(0, years - 28))
    for years in range(2, 38)
]
_SUPPORT = ("Pramubakti", "Pengemudi", "Tenaga Keamanan", "Tenaga Kebersihan")


@dataclass(slots=True)
class DemoPerson:
    """What the rest of the demo needs to know of a person; `columns` is the row as it is stored."""

    id: int
    unit: DemoUnit
    family: str
    status: str
    level: str
    active: bool
    #: First day of service, as a proleptic ordinal.
    start: int
    number: str
    columns: tuple


def build(
    units: list[DemoUnit], first_id: int, first_user_id: int, today: date, rng: Random
) -> list[DemoPerson]:
    """Everybody, unit by unit. Ids count up from `first_id`, those of their accounts from `first_user_id`."""
    return list(_Maker(first_id, first_user_id, today, rng).everybody(units))


class _Maker:
    def __init__(self, first_id: int, first_user_id: int, today: date, rng: Random) -> None:
        self.id, self.user_id, self.today, self.rng = first_id, first_user_id, today, rng
        self.name = names.maker(rng)
        self.taken: dict[str, int] = {}
        self.others = 0
        self.activities, self.activity_weights = (
            [a for a, _ in _ACTIVITIES],
            _cumulate(w for _, w in _ACTIVITIES),
        )
        self.years, self.year_weights = [y for y, _ in _SERVICE], _cumulate(w for _, w in _SERVICE)

    def everybody(self, units: list[DemoUnit]):
        for unit in units:
            leading = positions.heads(unit.kind, unit.place, unit.staff)
            for family, position in leading:
                yield self.person(unit, FAMILIES[family], position, "PNS")
            left = unit.staff - len(leading)
            families = [name for name, _ in positions.STAFFING[unit.kind]]
            weights = _cumulate(weight for _, weight in positions.STAFFING[unit.kind])
            chosen = self.rng.choices(families, cum_weights=weights, k=left)
            statuses = self.rng.choices(
                [name for name, _ in _STATUSES], cum_weights=_cumulate(w for _, w in _STATUSES), k=left
            )
            for family_name, status in zip(chosen, statuses, strict=True):
                yield self.person(unit, FAMILIES[family_name], "", status)

    def person(self, unit: DemoUnit, family: Family, position: str, status: str) -> DemoPerson:
        rng = self.rng
        if status == "CPNS" and family.name in ("pengawas", "widyaiswara", "juru"):
            family = FAMILIES["ahli"]
        elif status in ("PPPK", "PPPK_PW") and family.name in ("pengawas", "widyaiswara", "juru"):
            family = FAMILIES["pelaksana"]
        elif status == "NON_ASN":
            family = FAMILIES["juru"]
        sex = (
            "P"
            if rng.random() < (0.56 if family.name == "guru" else 0.22 if family.kind == "JPT" else 0.42)
            else "L"
        )
        start, born, grade, level = self.service(family, status)
        if status == "NON_ASN":
            position = _SUPPORT[int(rng.random() * len(_SUPPORT))]
        else:
            position = position or positions.title(family, level, rng)
        kind = family.kind
        activity = "AKTIF"
        if kind not in ("JPT", "ADMINISTRATOR"):
            activity = rng.choices(self.activities, cum_weights=self.activity_weights)[0]
        age = positions.retirement_age(kind, level, position)
        if activity == "PENSIUN":
            if status == "PNS":
                born = date(self.today.year - age - 1, born.month, min(born.day, 28))
            else:
                activity = "AKTIF"
        retires = retirement_day(born, age)
        nip, other_id = None, None
        if status == "NON_ASN":
            self.others += 1
            other_id = f"NA{self.others:07d}"
        else:
            born, nip = self.nip(born, start, sex, status)
            retires = retirement_day(born, age)
        name = self.name(sex, unit.province)
        front, back = self.titles(family, level, sex, (self.today - born).days / 365.25, status)
        email = ""
        if rng.random() >= 0.04:
            email = f"{name.lower().replace(' ', '.')}.{self.id}@contoh.invalid"
        # 08000… is not given to anybody: 0800 is the toll-free prefix, whose numbers go on with 1.
        phone = f"08000{int(rng.random() * 10_000_000):07d}"
        columns = (
            self.id, nip, other_id, name, front, back, sex, born, status, activity, grade, kind, level,
            position, unit.id, start, retires, email, phone, self.user_id,
        )  # fmt: skip
        made = DemoPerson(
            self.id, unit, family.name, status, level, activity == "AKTIF", start.toordinal(),
            nip or other_id or "", columns,
        )  # fmt: skip
        self.id += 1
        self.user_id += 1
        return made

    def service(self, family: Family, status: str) -> tuple[date, date, str, str]:
        """First day of service, birthday, grade and level that fit each other and a person still working."""
        rng, today = self.rng, self.today
        if status == "PNS":
            years = rng.choices(self.years, cum_weights=self.year_weights)[0]
            if family.entry >= 10:
                years = max(years, 11 + int(rng.random() * 12))
            month = (3, 12, 1, 4, 2)[int(rng.random() * 5)]
            start = date(today.year - years, month, 1)
            if start > today - timedelta(days=400):
                start = date(start.year - 1, month, 1)
            grade_index, level = positions.career(family, (today - start).days / 365.25, rng)
            grade = GRADES[grade_index]
            begun_at = 21 + 13 * rng.random() ** 1.6 + (4 if family.name == "dosen" else 0)
        elif status == "CPNS":
            start = months_before(today, 2 + int(rng.random() * 10))
            level = positions.level(family, family.entry)
            grade, begun_at = GRADES[family.entry], 21 + 12 * rng.random()
        elif status == "NON_ASN":
            start = months_before(today, 8 + int(rng.random() * 140))
            grade, level, begun_at = "", "", 20 + 20 * rng.random()
        else:
            recent = status == "PPPK_PW"
            start = months_before(today, 1 + int(rng.random() * (11 if recent else 64)))
            skilled = family.skilled or family.kind == "PELAKSANA"
            level = ("TERAMPIL" if family.skilled else "AHLI_PERTAMA") if family.kind == "FUNGSIONAL" else ""
            grade = (
                ("VII" if rng.random() < 0.5 else "V") if skilled else "X" if family.name == "dosen" else "IX"
            )
            begun_at = 23 + 27 * rng.random()
        served = (today - start).days / 365.25
        begun_at = max(16.5, min(begun_at, family.oldest - served - rng.random()))
        born = start - timedelta(days=int(begun_at * 365.25) + int(rng.random() * 300))
        return start, born, grade, level

    def nip(self, born: date, start: date, sex: str, status: str) -> tuple[date, str]:
        """A number nobody has: birthday (moved by a day where the serials are used up) and NIP."""
        middle = f"{start:%Y%m}" if status in ("PNS", "CPNS") else f"{start.year}2{1 + (start.month > 6)}"
        while True:
            stem = f"{born:%Y%m%d}{middle}{'1' if sex == 'L' else '2'}"
            serial = self.taken.get(stem, FIRST_SERIAL)
            if serial <= 999:
                self.taken[stem] = serial + 1
                return born, f"{stem}{serial:03d}"
            born += timedelta(days=1)

    def titles(self, family: Family, level: str, sex: str, age: float, status: str) -> tuple[str, str]:
        """Titles before and after the name."""
        rng = self.rng
        back = family.titles[int(rng.random() * len(family.titles))] if status != "NON_ASN" else ""
        front = ""
        if family.name == "dosen" and (level in ("AHLI_MADYA", "AHLI_UTAMA") or rng.random() < 0.3):
            front = "Prof. Dr." if level == "AHLI_UTAMA" else "Dr."
        elif age > 53 and back and rng.random() < 0.25:
            front, back = ("Drs." if sex == "L" else "Dra."), back.partition(", ")[2]
        if age > 45 and rng.random() < 0.15:
            front = f"{front} {'H.' if sex == 'L' else 'Hj.'}".strip()
        return front, back


def retirement_day(born: date, age: int) -> date:
    """The first day of the month after the birthday at the age of retirement (formats.md)."""
    return date(born.year + age + born.month // 12, born.month % 12 + 1, 1)


def _cumulate(weights) -> list[float]:
    total, sums = 0.0, []
    for weight in weights:
        total += weight
        sums.append(total)
    return sums
