"""The plan of a year: holidays, clashes of classes, the next batch, and the plan as a file."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import combinations
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trainings.actions import Plan, plan_of
from trainings.models import Session, TrainingClass

#: The columns of the classes file (formats.md).
COLUMNS = (
    "KODE_KELAS", "KODE_PROGRAM", "ANGKATAN", "MULAI", "SELESAI", "PENYELENGGARA", "TEMPAT", "KURSI",
    "CADANGAN", "WILAYAH", "ALOKASI", "KURSI_WILAYAH", "MAKS_PER_SATKER", "BATAS_KONFIRMASI",
)  # fmt: skip


def holidays_between(first: date, last: date) -> dict[date, str]:
    """Public holidays and joint leave (cuti bersama) of Indonesia by day, in the active language.

    Days that follow the moon are the library's estimates until the government's decree is in it.
    """
    found: dict[date, str] = {}
    for year in range(first.year, last.year + 1):
        known = _holidays_of(year, "en_US" if get_language() == "en" else "id")
        found |= {day: name for day, name in known.items() if first <= day <= last}
    return found


@lru_cache(maxsize=16)
def _holidays_of(year: int, language: str) -> dict[date, str]:
    # Takes half a second to load, and most processes never need it.
    from holidays import country_holidays

    return dict(country_holidays("ID", years=year, language=language, categories=("public", "government")))


@dataclass(frozen=True)
class Clash:
    """Two classes of overlapping dates that want the same, in words."""

    one: TrainingClass
    other: TrainingClass
    words: str


def clashes(classes: Iterable[TrainingClass]) -> list[Clash]:
    """What the classes of a plan want at the same time: a trainer, a room, or the same people.

    The same people: two classes of one programme for the same areas. Sessions at the very same hour cannot
    be stored; here are those of the same day, which a person can hardly keep. Cancelled classes want nothing.
    """
    planned = {c.pk: c for c in classes if c.state != TrainingClass.State.CANCELLED}
    found: list[Clash] = []
    in_order = sorted(planned.values(), key=lambda c: (c.first_day, c.pk))
    areas = {c.pk: {area.unit_id for area in c.areas.all()} for c in in_order}
    for i, one in enumerate(in_order):
        for other in in_order[i + 1 :]:
            if other.first_day > one.last_day:
                break
            if one.programme_id == other.programme_id and areas[one.pk] == areas[other.pk]:
                found.append(Clash(one, other, _("The same programme for the same people at the same time.")))
    return found + _shared(planned)


def _shared(planned: dict[int, TrainingClass]) -> list[Clash]:
    """Trainers and rooms that two classes have on the same day."""
    sessions = Session.objects.filter(training_class__in=list(planned), active=True).exclude(
        mode="self_paced"
    )
    taken: dict[tuple[str, int], dict[tuple[date, int], str]] = defaultdict(dict)
    for who in ("trainer", "room"):
        rows = sessions.filter(**{f"{who}__isnull": False}).values_list(
            "day", "training_class", who, f"{who}__name"
        )
        for day, class_id, owner, name in rows:
            taken[who, owner][day, class_id] = name
    found: dict[tuple[int, int, str, str], date] = {}
    for (who, _owner), days in taken.items():
        per_day: dict[date, list[int]] = defaultdict(list)
        for day, class_id in days:
            per_day[day].append(class_id)
        for day, ids in sorted(per_day.items()):
            for one, other in combinations(sorted(ids), 2):
                found.setdefault((one, other, who, days[day, one]), day)
    words = {
        "trainer": _("%(name)s teaches in both on the same day (first on %(day)s)."),
        "room": _("%(name)s is used by both on the same day (first on %(day)s)."),
    }
    return [
        Clash(planned[one], planned[other], words[who] % {"name": name, "day": day.strftime("%d-%m-%Y")})
        for (one, other, who, name), day in sorted(found.items(), key=lambda item: (item[1], item[0]))
    ]


# --- The next batch -------------------------------------------------------------------------------

_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def roman(number: int) -> str:
    """A number from 1 to 399 in Roman digits."""
    text = ""
    for value, letters in _ROMAN:
        while number >= value:
            text, number = text + letters, number - value
    return text


def next_batch_name(name: str) -> str:
    """The name after this one: "Angkatan III Tahun 2026" → "Angkatan IV Tahun 2026"; Roman or plain digits.

    A name without a number stays as it is.
    """
    for number in range(399, 0, -1):
        found = re.search(rf"\b{roman(number)}\b", name)
        if found:
            return name[: found.start()] + roman(number + 1) + name[found.end() :]
    # A year is no batch.
    found = re.search(r"\b\d{1,3}\b", name)
    return name[: found.start()] + str(int(found.group()) + 1) + name[found.end() :] if found else name


def next_batch(training_class: TrainingClass, on: date | None = None) -> Plan:
    """The plan of the class's next batch: the same in all, begun a week after it, or in a month when past.

    A batch that is planned already is passed over, and its weeks with it. The same days of the week are kept,
    and the same time to answer. The code is left to be made.
    """
    on = on or timezone.localdate()
    planned = TrainingClass.objects.filter(
        programme_id=training_class.programme_id, organiser_id=training_class.organiser_id
    ).exclude(state=TrainingClass.State.CANCELLED)
    taken = set(planned.values_list("batch", flat=True))
    plan = _following(plan_of(training_class), on)
    # A name without a number stays as it is: there is nothing to pass over.
    while plan.batch in taken and next_batch_name(plan.batch) != plan.batch:
        plan = _following(plan, on)
    return replace(plan, code="")


def _following(plan: Plan, on: date) -> Plan:
    """The same with the next name and the next weeks, a month ahead at least."""
    weeks = (plan.last_day - plan.first_day).days // 7 + 1
    if plan.first_day + timedelta(weeks=weeks) <= on + timedelta(days=28):
        weeks = -((plan.first_day - on - timedelta(days=28)).days // 7)
    moved = timedelta(weeks=weeks)
    batch = next_batch_name(plan.batch)
    return replace(
        plan,
        batch=batch.replace(str(plan.first_day.year), str((plan.first_day + moved).year)),
        first_day=plan.first_day + moved,
        last_day=plan.last_day + moved,
        confirm_by=plan.confirm_by + moved,
    )


# --- The plan as a file ---------------------------------------------------------------------------


class _Echo:
    """Hands each line of the csv writer back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def as_csv(classes: Any) -> Iterator[str]:
    """The classes as a file that can be imported again (formats.md), line by line. Cancelled ones are not in it."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(COLUMNS)
    wanted = classes.exclude(state=TrainingClass.State.CANCELLED)
    for c in (
        wanted.select_related("programme", "organiser")
        .prefetch_related("areas__unit")
        .order_by("first_day", "code")
    ):
        areas = list(c.areas.all())
        yield writer.writerow(
            [
                c.code, c.programme.code, c.batch, c.first_day.isoformat(), c.last_day.isoformat(), c.organiser.code,
                c.place, c.seats, c.reserve, "|".join(a.unit.code for a in areas), c.allocation,
                "|".join(str(a.seats) for a in areas if a.seats is not None), c.unit_cap or 0, c.confirm_by.isoformat(),
            ]
        )  # fmt: skip
