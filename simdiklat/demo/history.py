"""Ten years of training history that look like the problem (docs/demo-data.md).

Among people in active service a third has never taken part in anything that resets the wait, a further
8 % not for two years, and a small group goes again and again. Webinars and the like reach everybody.
"""

from collections.abc import Iterator
from datetime import date
from random import Random

from simdiklat.demo import catalogue, regions
from simdiklat.demo.catalogue import Entry
from simdiklat.demo.people import DemoPerson
from trainings.codes import TOOK_PART

#: Shares of the people in active service.
NEVER = 0.33
LONG_AGO = 0.08
AGAIN_AND_AGAIN = 0.028
#: Days from which a training lies two years back; nobody is placed within days of that border.
_TWO_YEARS = 731
_TEN_YEARS = 3652
_FAILED = (("TIDAK_LULUS", 0.5), ("TIDAK_HADIR", 0.35), ("MENGUNDURKAN_DIRI", 0.15))

NEVER_TRAINED, TRAINED_LONG_AGO, TRAINED, FREQUENT = range(4)


def categories(people: list[DemoPerson], today: date, rng: Random) -> list[int]:
    """For each person which kind of history they have; the shares hold exactly at any size."""
    now = today.toordinal()
    order = list(range(len(people)))
    rng.shuffle(order)
    found = [TRAINED] * len(people)
    active = [i for i in order if people[i].active]
    new = {i for i in active if now - people[i].start < 120}
    for i in _draw(active, [_neglect(people[i], i in new) for i in active], NEVER * len(active), rng):
        found[i] = NEVER_TRAINED
    rest = [i for i in active if found[i] == TRAINED and now - people[i].start > _TWO_YEARS + 400]
    for i in _draw(rest, [people[i].unit.neglect for i in rest], LONG_AGO * len(active), rng):
        found[i] = TRAINED_LONG_AGO
    rest = [i for i in active if found[i] == TRAINED and now - people[i].start > 4 * 365]
    for i in _draw(rest, [_closeness(people[i]) for i in rest], AGAIN_AND_AGAIN * len(active), rng):
        found[i] = FREQUENT
    for i in order:
        if not people[i].active and (rng.random() < 0.5 or now - people[i].start < 120):
            found[i] = NEVER_TRAINED
    return found


def _neglect(person: DemoPerson, new: bool) -> float:
    if new:
        return 1e9  # came a few weeks ago: nothing to have taken part in
    weight = person.unit.neglect
    if person.status == "NON_ASN":
        return weight * 4
    if person.status in ("CPNS", "PPPK_PW"):
        return weight * 3
    if person.family in ("pelaksana", "juru", "terampil"):
        return weight * 1.7
    if person.unit.kind == "KUA":
        return weight * 1.2
    return weight * 0.2 if person.family in ("jpt", "administrator", "widyaiswara") else weight


def _closeness(person: DemoPerson) -> float:
    """How likely somebody is among those who are sent again and again."""
    if person.status != "PNS":
        return 0.0
    near = person.unit.kind in ("ESELON_I", "KANWIL", "PUSDIKLAT", "BDK", "LDK")
    leads = person.family in ("jpt", "administrator", "seksi")
    return (8 if near else 1) * (6 if leads else 1)


def _draw(items: list[int], weights: list[float], count: float, rng: Random) -> list[int]:
    """About `count` of the items, each with a chance in proportion to its weight, at most 1.

    Systematic sampling: one random start, then equal steps, so the number drawn never strays.
    """
    certain: set[int] = set()
    while True:
        whole = sum(w for item, w in zip(items, weights, strict=True) if item not in certain)
        step = (count - len(certain)) / whole if whole else 0.0
        more = {i for i, w in zip(items, weights, strict=True) if i not in certain and w * step > 1}
        if not more:
            break
        certain |= more
    drawn, position = sorted(certain), rng.random()
    for item, weight in zip(items, weights, strict=True):
        if item in certain:
            continue
        position += weight * step
        if position >= 1:
            position -= 1
            drawn.append(item)
    return drawn


class HistoryWriter:
    """Lines for COPY, person by person; `count` counts them."""

    columns = (
        "employee_id", "programme_code", "title", "identity", "kind", "organiser", "jp", "result",
        "certificate_number", "first_day", "last_day", "training_class_id",
    )  # fmt: skip

    def __init__(self, today: date, rng: Random) -> None:
        self.today, self.now, self.rng, self.count = today, today.toordinal(), rng, 0
        self.days = [date.fromordinal(self.now - back).isoformat() for back in range(_TEN_YEARS + 400)]
        self.main = catalogue.by_family(resetting=True)
        self.short = catalogue.by_family(resetting=True, most_jp=24)
        self.side = catalogue.by_family(resetting=False)
        self.general = [e for e in catalogue.ENTRIES if e.families == ("*",) and not e.resets_wait]
        by_code = {entry.code: entry for entry in catalogue.ENTRIES}
        self.exempt = {entry.code for entry in catalogue.ENTRIES if entry.pppk_exempt}
        #: Hours (JP) of the person at hand by year.
        self.hours: dict[str, int] = {}
        self.latsar, self.orientation = by_code["LTS-CPNS"], by_code["ORI-PPPK"]

    def lines(
        self, people: list[DemoPerson], found: list[int], in_class: dict[int, tuple[int, Entry, int, int]]
    ) -> Iterator[str]:
        """One line per record. `in_class`: person → class, programme, first and last day in days ago."""
        for person, category in zip(people, found, strict=True):
            taken: set[tuple[str, int]] = set()
            self.hours = {}
            if person.id in in_class:
                class_id, entry, first, last = in_class[person.id]
                taken.add((entry.code, last))
                yield self.line(
                    person, entry.code, entry.name, entry.kind, entry.jp, "LULUS",
                    regions.centre_of(person.unit.province)[1], first, last, str(class_id),
                )  # fmt: skip
            if category != NEVER_TRAINED:
                yield from self.qualifying(person, category, taken)
            yield from self.others(person, taken)

    def qualifying(self, person: DemoPerson, category: int, taken: set) -> Iterator[str]:
        """Trainings that reset the wait, the last of them where the category wants it."""
        rng = self.rng
        oldest = min(self.now - person.start - 20, _TEN_YEARS)
        newest = _TWO_YEARS + 6 if category == TRAINED_LONG_AGO else 1
        if category == TRAINED_LONG_AGO:
            last = newest + int((oldest - newest) * rng.random() ** 1.6)
        else:
            last = 3 + int((min(oldest, _TWO_YEARS - 8) - 3) * rng.random())
        chance = rng.random()
        if category == FREQUENT:
            number = 10 + int(16 * chance**1.5)
        elif person.status == "PPPK":
            number = 1 if chance < 0.6 else 2
        else:
            number = 1 + int(4.5 * chance**1.25)
        backs = [last]
        for _ in range(number - 1):
            backs.append(last + int((oldest - last) * rng.random()))
        choices = (self.main if person.status == "PNS" else self.short).get(person.family) or self.main[
            "juru"
        ]
        for back in backs:
            chance = rng.random()
            if chance < 0.06 and back > 1500 and person.status == "PNS":
                code, title, kind, jp = catalogue.FORMER[int(rng.random() * len(catalogue.FORMER))]
                organiser = regions.centre_of(person.unit.province)[1]
                days = 6
            elif chance < 0.09 and person.status == "PNS":
                title, kind, jp, organiser = catalogue.OUTSIDE[int(rng.random() * len(catalogue.OUTSIDE))]
                code, days = "", 4
            else:
                entry = choices[int(rng.random() * len(choices))]
                code, title, kind, jp, days = entry.code, entry.name, entry.kind, entry.jp, entry.days
                organiser = self.organiser(person, entry)
            yield from self.once(
                person, code, title, kind, jp, "HADIR" if rng.random() < 0.12 else "LULUS", organiser, days, back,
                newest, taken,
            )  # fmt: skip

    def others(self, person: DemoPerson, taken: set) -> Iterator[str]:
        """What resets nothing: webinars, MOOC, short guidance, beginnings, failed and missed trainings."""
        rng = self.rng
        served = self.now - person.start
        if served < 40:
            return
        if person.status == "CPNS" and served > 150 and rng.random() < 0.7:
            yield from self.once(person, *self._as_row(self.latsar, "LULUS"), 10, 1, taken)
        if person.status in ("PPPK", "PPPK_PW") and served > 60 and rng.random() < 0.6:
            back = max(5, served - 50)
            if back <= _TEN_YEARS:
                yield from self.once(person, *self._as_row(self.orientation, "LULUS"), back, 1, taken)
        chance = rng.random()
        number = (
            0 if chance < 0.46 else 1 if chance < 0.75 else 2 if chance < 0.9 else 3 if chance < 0.97 else 5
        )
        side = self.side.get(person.family) or self.general
        reach = min(served - 30, 2000)
        for _ in range(number):
            back = 1 + int(reach * rng.random() ** 1.3)
            if rng.random() < 0.08:
                title, kind, jp, organiser = catalogue.SHORT[int(rng.random() * len(catalogue.SHORT))]
                yield from self.once(person, "", title, kind, jp, "HADIR", organiser, 1, back, 1, taken)
                continue
            entry = side[int(rng.random() * len(side))]
            result = "LULUS" if entry.method == "MOOC" else "HADIR"
            yield from self.once(person, *self._as_row(entry, result), back, 1, taken)
        if rng.random() < 0.09:
            choices = self.main.get(person.family) or self.general
            entry = choices[int(rng.random() * len(choices))]
            result = rng.choices([name for name, _ in _FAILED], weights=[w for _, w in _FAILED])[0]
            back = 1 + int(min(served - 30, _TEN_YEARS) * rng.random())
            code, title, kind, jp, _, organiser, days = self._as_row(entry, result)
            yield from self.once(person, code, title, kind, jp, result, organiser, days, back, 1, taken)

    @staticmethod
    def _as_row(entry: Entry, result: str) -> tuple[str, str, str, int, str, str, int]:
        organiser = "Pintar Kemenag" if entry.method == "MOOC" else "BMBPSDM"
        return entry.code, entry.name, entry.kind, entry.jp, result, organiser, entry.days

    @staticmethod
    def organiser(person: DemoPerson, entry: Entry) -> str:
        """Who held it: the training centre of the area; leadership courses and the centre's own: Pusdiklat."""
        if entry.kind == "STRUKTURAL" or person.unit.kind in ("ESELON_I", "PTKN"):
            return "Pusbangkom MKMB"
        return regions.centre_of(person.unit.province)[1]

    def once(
        self, person: DemoPerson, code: str, title: str, kind: str, jp: int, result: str, organiser: str,
        days: int, back: int, newest: int, taken: set,
    ) -> Iterator[str]:  # fmt: skip
        """The line, or nothing where the person has the same training on the same day already."""
        if (self.now - back) % 7 == 0:  # a Sunday: it ended on the Friday before
            back += 2
        back = max(back, newest)
        key = (code or title, back)
        # Nobody takes part before the first day of service.
        first = min(back + days - 1, max(back, self.now - person.start))
        if key in taken or first >= len(self.days):
            return
        year = self.days[back][:4]
        if person.status == "PPPK" and result in TOOK_PART and code not in self.exempt:
            if self.hours.get(year, 0) + jp > 24:
                return  # PP 49/2018: at most 24 JP a year
            self.hours[year] = self.hours.get(year, 0) + jp
        taken.add(key)
        yield self.line(person, code, title, kind, jp, result, organiser, first, back, "\\N")

    def line(
        self, person: DemoPerson, code: str, title: str, kind: str, jp: int, result: str, organiser: str,
        first: int, last: int, class_id: str,
    ) -> str:  # fmt: skip
        """A record as one line for COPY; `first` and `last` in days ago."""
        self.count += 1
        identity = f"c:{code}" if code else f"t:{title.lower()}"
        end = self.days[last]
        number = f"{self.count:06d}/{kind}/{end[5:7]}/{end[:4]}" if result == "LULUS" else ""
        return (
            f"{person.id}\t{code}\t{title}\t{identity}\t{kind}\t{organiser}\t{jp}\t{result}\t{number}\t"
            f"{self.days[first]}\t{end}\t{class_id}\n"
        )
