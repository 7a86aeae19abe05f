"""What the rule knows of a class, and the shape of its result."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from employees.models import Unit
from trainings.codes import Allocation
from trainings.models import RuleSettings, TrainingClass

RULE_VERSION = "1"


@dataclass(frozen=True)
class Area:
    """An area of a class; `seats` only under MANUAL."""

    unit_id: int
    code: str
    name: str
    seats: int | None = None


@dataclass(frozen=True)
class Parameters:
    """Everything the rule needs to know of a class, as it was on the day of the run."""

    class_id: int
    class_code: str
    programme_code: str
    jp: int
    target_statuses: tuple[str, ...]
    target_positions: tuple[str, ...]
    target_levels: tuple[str, ...]
    grade_min: str
    grade_max: str
    pppk_exempt: bool
    first_day: date
    last_day: date
    seats: int
    #: Seats to give out now: all of them at first, later those that are free.
    free_seats: int
    reserve: int
    allocation: str
    unit_cap: int
    #: In ascending order of unit code (byte by byte): the strata.
    areas: tuple[Area, ...]
    retirement_months: int
    pppk_ceiling_jp: int

    @property
    def strata(self) -> tuple[Area | None, ...]:
        """The areas, or one None for all of them together under NASIONAL."""
        return (None,) if self.allocation == Allocation.NASIONAL else self.areas

    def as_json(self) -> dict[str, Any]:
        """The parameters as plain JSON, dates ISO."""
        values = asdict(self)
        return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}


@dataclass(frozen=True)
class Share:
    """What one stratum gets, and what came of it."""

    area: Area | None
    pool: int
    seats: int
    reserve: int
    selected: int = 0


@dataclass(frozen=True)
class Outcome:
    """The result of ranking and allocating one class."""

    pool_size: int
    selected: int
    reserve: int
    #: People per exclusion code.
    excluded: dict[str, int]
    shares: tuple[Share, ...]
    #: Taken seats per unit that counted for the cap before this run.
    taken_by_unit: dict[int, int]


def parameters(training_class: TrainingClass) -> Parameters:
    """Read the parameters of a class from the database."""
    programme = training_class.programme
    rule = RuleSettings.current()
    given = training_class.areas.select_related("unit").order_by("unit__code")
    areas = tuple(Area(a.unit_id, a.unit.code, a.unit.name, a.seats) for a in given)
    if not areas:
        root = Unit.objects.get(parent=None)
        # Without areas the root is the only one; under MANUAL it has all the seats.
        areas = (Area(root.pk, root.code, root.name, training_class.seats),)
    return Parameters(
        class_id=training_class.pk,
        class_code=training_class.code,
        programme_code=programme.code,
        jp=programme.jp,
        target_statuses=tuple(programme.target_statuses),
        target_positions=tuple(programme.target_positions),
        target_levels=tuple(programme.target_levels),
        grade_min=programme.grade_min,
        grade_max=programme.grade_max,
        pppk_exempt=programme.pppk_exempt,
        first_day=training_class.first_day,
        last_day=training_class.last_day,
        seats=training_class.seats,
        free_seats=training_class.free_seats,
        reserve=training_class.reserve,
        allocation=training_class.allocation,
        unit_cap=training_class.unit_cap,
        areas=areas,
        retirement_months=rule.retirement_months,
        pppk_ceiling_jp=rule.pppk_ceiling_jp,
    )


def with_changes(params: Parameters, **changes: Any) -> Parameters:
    """The same parameters with some of them changed, for a what-if."""
    return replace(params, **changes)
