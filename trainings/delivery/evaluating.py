"""Evaluation in figures, who may answer, and the question three months later."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Avg, Count
from django.urls import reverse
from django.utils import timezone

from employees.models import Employee
from outbox.models import Message
from trainings import questions
from trainings.codes import TOOK_PART
from trainings.delivery.completing import months_after
from trainings.models import (
    Completion,
    EvaluationAnswer,
    FollowUp,
    Participation,
    Trainer,
    TrainingClass,
)

_SALT = "trainings.follow_up"
#: A link lives this long after it was made.
LINK_LIFETIME = timedelta(days=120)
#: Classes that ended longer ago than this are not asked about any more.
NOT_LATER_MONTHS = 6


def open_for_evaluation(training_class: TrainingClass, on: date | None = None) -> bool:
    """From the last day until thirty days after it."""
    on = on or timezone.localdate()
    return training_class.last_day <= on <= training_class.last_day + timedelta(days=questions.OPEN_DAYS)


def trainers_of(training_class: TrainingClass) -> list[Trainer]:
    """The trainers of the agenda, each once, by name."""
    ids = training_class.agenda.lessons().filter(trainer__isnull=False).values("trainer")
    return list(Trainer.objects.filter(pk__in=ids))


@dataclass(frozen=True)
class Figures:
    """Answers about one subject: the number, and from five on the means and the comments."""

    number: int
    mean: Decimal | None = None
    #: (question, mean, percent of the bar).
    questions: tuple[tuple[Any, Decimal, int], ...] = ()
    comments: tuple[str, ...] = ()

    @property
    def shown(self) -> bool:
        return self.mean is not None


def figures(answers: Iterable[EvaluationAnswer], asked: Sequence[tuple[str, Any]]) -> Figures:
    """What may be shown of these answers. Below SHOWN_FROM only their number; comments in random order."""
    found = list(answers)
    if len(found) < questions.SHOWN_FROM:
        return Figures(len(found))
    means = []
    for code, words in asked:
        ratings = [answer.ratings[code] for answer in found if code in answer.ratings]
        if ratings:
            mean = _mean(ratings)
            means.append((words, mean, int(mean * 20)))
    comments = [answer.comment for answer in found if answer.comment]
    random.shuffle(comments)
    return Figures(len(found), _mean([answer.mean for answer in found]), tuple(means), tuple(comments))


def _mean(values: Sequence[Any]) -> Decimal:
    total = sum((Decimal(value) for value in values), Decimal(0))
    return (total / len(values)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Point:
    """One class of a trend: mean and number of its answers, shown from five on."""

    training_class: TrainingClass
    mean: Decimal
    number: int

    @property
    def percent(self) -> int:
        return int(self.mean * 20)


def trend(answers: Any, classes: Any) -> list[Point]:
    """Means by class of these answers, in the order of the classes' dates; classes with fewer than five left out."""
    rows = (
        answers.filter(training_class__in=classes.values("pk"))
        .values("training_class")
        .annotate(mean_of=Avg("mean"), n=Count("pk"))
        .filter(n__gte=questions.SHOWN_FROM)
    )
    by_class = {row["training_class"]: row for row in rows}
    found = classes.filter(pk__in=by_class).select_related("programme").order_by("last_day", "pk")
    return [
        Point(
            one,
            Decimal(by_class[one.pk]["mean_of"]).quantize(Decimal("0.01"), ROUND_HALF_UP),
            by_class[one.pk]["n"],
        )
        for one in found
    ]


# --- Three months later ---------------------------------------------------------------------------


def token_for(follow_up_id: int) -> str:
    """The token of a follow-up's link: it opens this one question and nothing else."""
    return signing.TimestampSigner(salt=_SALT).sign_object(follow_up_id)


def follow_up_of(token: str) -> FollowUp | None:
    """The follow-up a token opens; None when it is forged, damaged or too old."""
    try:
        pk = signing.TimestampSigner(salt=_SALT).unsign_object(token, max_age=LINK_LIFETIME)
    except signing.BadSignature:
        return None
    found = FollowUp.objects.select_related(
        "participation__employee", "participation__training_class__programme",
        "participation__training_class__organiser",
    )  # fmt: skip
    return found.filter(pk=pk).first()


def ask_due(on: date | None = None) -> int:
    """Ask about every class that was completed and ended three months ago or more; how many were asked.

    Class by class, each in a transaction of its own; who was asked is not asked again.
    """
    on = on or timezone.localdate()
    latest, earliest = months_after(on, -questions.LATER_MONTHS), months_after(on, -NOT_LATER_MONTHS)
    asked = 0
    due = Completion.objects.filter(
        training_class__last_day__lte=latest, training_class__last_day__gte=earliest
    ).exclude(training_class__participations__follow_ups__isnull=False)
    for class_id in due.values_list("pk", flat=True).distinct():
        asked += _ask(class_id)
    return asked


@transaction.atomic
def _ask(class_id: int) -> int:
    training_class = (
        TrainingClass.objects.select_for_update(no_key=True, of=("self",))
        .select_related("programme", "organiser")
        .get(pk=class_id)
    )
    seats = list(
        Participation.objects.confirmed()
        .filter(training_class=class_id, results__current=True, results__outcome__in=TOOK_PART)
        .exclude(follow_ups__isnull=False)
        .select_related("employee__unit", "employee__user")
    )
    superiors = superiors_of([seat.employee for seat in seats])
    wanted = [(seat, FollowUp.Role.PARTICIPANT, seat.employee) for seat in seats]
    wanted += [
        (seat, FollowUp.Role.SUPERIOR, superiors[seat.employee_id])
        for seat in seats
        if seat.employee_id in superiors
    ]
    made = FollowUp.objects.bulk_create(
        [FollowUp(participation=seat, role=role) for seat, role, _to in wanted], batch_size=2000
    )
    messages = [
        _message(follow_up, seat.employee, to, training_class)
        for follow_up, (seat, _role, to) in zip(made, wanted, strict=True)
    ]
    Message.objects.bulk_create(messages, batch_size=2000)
    return len(made)


def superiors_of(people: Sequence[Employee]) -> dict[int, Employee]:
    """The head of each person's unit, or of the nearest unit above that has one, with an address.

    The portal knows no line of command: the head is taken to be the leader of highest rank in the unit
    (JPT, then administrator, then supervisor), by name where two are equal. Nobody is one's own superior.
    """
    paths = {person.unit_id: person.unit.path for person in people}
    above = {int(part) for path in paths.values() for part in path.strip("/").split("/") if part}
    order = {"JPT": 0, "ADMINISTRATOR": 1, "PENGAWAS": 2}
    heads: dict[int, list[Employee]] = defaultdict(list)
    leaders = (
        Employee.objects.active()
        .filter(unit__in=above, position_kind__in=order)
        .exclude(email="")
        .select_related("unit", "user")
    )
    for leader in leaders.order_by("name", "pk"):
        heads[leader.unit_id].append(leader)
    for found in heads.values():
        found.sort(key=lambda one: order[one.position_kind])
    superiors = {}
    for person in people:
        for part in reversed(person.unit.path.strip("/").split("/")):
            head = next((one for one in heads.get(int(part), []) if one.pk != person.pk), None)
            if head is not None:
                superiors[person.pk] = head
                break
    return superiors


def _message(follow_up: FollowUp, about: Employee, to: Employee, training_class: TrainingClass) -> Message:
    return Message(
        key=f"follow-up:{follow_up.pk}",
        kind=f"follow_up_{follow_up.role}",
        recipient_id=to.user_id,
        to_name=to.full_name,
        to_address=to.email,
        language=to.user.language if to.user else settings.LANGUAGE_CODE,
        unit_path=to.unit.path,
        about_type="follow_up",
        about_id=follow_up.pk,
        state=Message.State.PENDING if to.email else Message.State.NO_ADDRESS,
        context={
            "name": to.full_name,
            "participant": about.full_name,
            "class_name": str(training_class),
            "programme": training_class.programme.name,
            "batch": training_class.batch,
            "first_day": training_class.first_day.isoformat(),
            "last_day": training_class.last_day.isoformat(),
            "organiser": training_class.organiser.name,
            "url_path": reverse("trainings:follow_up", args=[token_for(follow_up.pk)]),
        },
    )
