"""Self-enrolment: a class that is open for it, a seat that is taken or given back."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.deadlocks import retrying
from audit.errors import Refusal
from employees.models import Employee
from trainings.actions.guards import lock_class
from trainings.models import Participation, RuleSettings, TrainingClass
from trainings.trail import record


@transaction.atomic
def open_enrolment(*, training_class: TrainingClass, by: Any, is_open: bool) -> TrainingClass:
    """Open or close a class for self-enrolment; returns it. Refusal: not scheduled, or begun."""
    training_class = lock_class(training_class, by)
    if training_class.state != TrainingClass.State.SCHEDULED:
        raise Refusal(_("Only a scheduled class can be opened for enrolment."), code="state")
    if is_open and training_class.ended():
        raise Refusal(_("This class has ended."), code="state")
    training_class.self_enrolment = is_open
    training_class.save(update_fields=["self_enrolment"])
    record("class.enrolment_opened" if is_open else "class.enrolment_closed", training_class, by)
    return training_class


@retrying
@transaction.atomic
def enrol(*, training_class: TrainingClass, by: Any) -> Participation:
    """Take a free seat for oneself; returns it.

    The database decides about the last seat and about overlapping classes; however many come at once,
    nobody gets a seat too many. Refusal with the reason.
    """
    person = _person(by)
    problem = enrolment_problem(training_class, person)
    if problem:
        raise Refusal(problem, code="enrolment")
    try:
        with transaction.atomic():
            seat = Participation.objects.create(
                training_class=training_class,
                employee=person,
                state=Participation.State.CONFIRMED,
                source=Participation.Source.SELF,
            )
    except IntegrityError as error:
        raise Refusal(_why(str(error)), code="seat") from error
    log.record(
        "class.enrolled", by=by, object_type="class", object_id=training_class.pk,
        unit_path=person.unit.path, data={"class": training_class.code, "participation": seat.pk},
    )  # fmt: skip
    return seat


@transaction.atomic
def leave(*, participation: Participation, by: Any) -> Participation:
    """Give a seat back that one took oneself, before the class begins. Refusal otherwise."""
    seat = (
        Participation.objects.of_user(by).select_for_update(of=("self",)).filter(pk=participation.pk).first()
    )
    if (
        seat is None
        or seat.source != Participation.Source.SELF
        or seat.state != Participation.State.CONFIRMED
    ):
        raise Refusal(_("You did not take this seat yourself."), code="seat")
    if seat.first_day <= timezone.localdate():
        raise Refusal(_("The class has begun. Tell the committee that you cannot come."), code="begun")
    seat.state = Participation.State.RELEASED
    seat.save(update_fields=["state"])
    log.record(
        "class.enrolment_left", by=by, object_type="class", object_id=seat.training_class_id,
        unit_path=seat.employee.unit.path, data={"participation": seat.pk},
    )  # fmt: skip
    return seat


def enrolment_problem(training_class: TrainingClass, person: Employee) -> str:
    """Why the person cannot enrol, as a sentence; empty when nothing stands against it but a full class."""
    classes = TrainingClass.objects.open_for_enrolment().held_for(person.unit.path)
    if not classes.filter(pk=training_class.pk).exists():
        return _("This class is not open for your enrolment.")
    programme = training_class.programme
    for wanted, own in (
        (programme.target_statuses, person.status),
        (programme.target_positions, person.position_kind),
        (programme.target_levels, person.level),
    ):
        if wanted and own not in wanted:
            return _("This programme is meant for another status, position or level.")
    today = timezone.localdate()
    if person.activity != "AKTIF":
        return _("Only people in active service can enrol.")
    hold = person.holds.filter(until__gt=today).order_by("-until").first()
    if hold is not None:
        return _("You stayed away from a class without notice; you can enrol again after %(day)s.") % {
            "day": hold.until.isoformat()
        }
    rule = RuleSettings.current()
    if person.status in ("PPPK", "PPPK_PW") and not programme.pppk_exempt:
        hours = person.history.in_year(training_class.last_day.year).took_part().hours()
        if hours + programme.jp > rule.pppk_ceiling_jp:
            return _(
                "With this class you would have more than the %(jp)d JP a year that a PPPK may have."
            ) % {"jp": rule.pppk_ceiling_jp}
    return ""


def _why(error: str) -> str:
    if "trainings_seats_not_exceeded" in error:
        return _("The last seat has just been taken.")
    if "trainings_one_seat_per_person" in error:
        return _("You have a seat in this class already.")
    if "trainings_no_overlapping_seats" in error:
        return _("You have a seat in another class on these days.")
    return _("The seat could not be taken. Try again.")


def _person(by: Any) -> Employee:
    person = getattr(by, "employee", None)
    if person is None:
        raise Refusal(_("Only employees enrol themselves."), code="permission")
    return Employee.objects.select_related("unit").get(pk=person.pk)
