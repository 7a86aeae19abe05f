"""The participants of a class as the papers list them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.roles import Permission
from employees.models import Employee, Unit
from employees.provinces import province_name
from trainings.models import HistoryRecord, ParticipantResult, Participation, TrainingClass

#: Kinds of unit whose head sends people away and takes them back.
_SENDING = ("KANKEMENAG", "KANWIL", "PTKN", "ESELON_I")


@dataclass
class Participant:
    """One participant. `result` and `record` are None until the class has them."""

    person: Employee
    seat: Participation
    #: The unit at or above the person's own whose head assigns the person.
    sender: Unit
    province: str
    result: ParticipantResult | None = None
    record: HistoryRecord | None = None

    @property
    def outcome(self) -> str:
        """The result as a code; empty until there is one."""
        if self.record is not None:
            return self.record.result
        return self.result.outcome if self.result is not None else ""


@dataclass
class Group:
    """The participants sent by one unit."""

    sender: Unit
    people: list[Participant] = field(default_factory=list)


def participants(training_class: TrainingClass, user: Any) -> list[Participant]:
    """Confirmed participants in the order of their names: all for who plans the class, else one's own.

    A fixed number of queries, however many they are.
    """
    seats = Participation.objects.filter(training_class=training_class).confirmed()
    if not TrainingClass.objects.plannable_by(user).filter(pk=training_class.pk).exists():
        seats = seats.visible_to(user, Permission.DOWNLOAD_LISTS)
    found = list(seats.select_related("employee__unit").order_by("employee__name", "employee_id"))
    units = _units_above(seat.employee.unit for seat in found)
    results = {
        result.participation_id: result
        for result in ParticipantResult.objects.current().filter(participation__in=found)
    }
    records = {
        record.employee_id: record
        for record in HistoryRecord.objects.filter(training_class=training_class).select_related(
            "certificate"
        )
    }
    return [
        Participant(
            person=seat.employee,
            seat=seat,
            sender=_sender(seat.employee.unit, units),
            province=_province(seat.employee.unit, units),
            result=results.get(seat.pk),
            record=records.get(seat.employee_id),
        )
        for seat in found
    ]


def by_sender(people: Sequence[Participant]) -> list[Group]:
    """The participants grouped by the unit that sends them, in the order of the units' codes."""
    groups: dict[int, Group] = {}
    for one in people:
        groups.setdefault(one.sender.pk, Group(one.sender)).people.append(one)
    return sorted(groups.values(), key=lambda group: group.sender.code)


def _units_above(units: Iterable[Unit]) -> dict[int, Unit]:
    keys = {key for unit in units for key in _keys(unit)}
    return Unit.objects.only("pk", "code", "name", "kind", "path", "province_code").in_bulk(keys)


def _keys(unit: Unit) -> list[int]:
    """From the root down to the unit itself: its path names them."""
    return [int(key) for key in unit.path.strip("/").split("/") if key]


def _sender(unit: Unit, units: dict[int, Unit]) -> Unit:
    for key in reversed(_keys(unit)):
        if units[key].kind in _SENDING:
            return units[key]
    return unit


def _province(unit: Unit, units: dict[int, Unit]) -> str:
    for key in reversed(_keys(unit)):
        if units[key].province_code:
            return province_name(units[key].province_code)
    return ""
