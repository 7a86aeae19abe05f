"""The vocabulary of programmes, classes, seats and history."""

from datetime import date
from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import StrIndex
from django.utils import timezone

from accounts.roles import Permission
from employees.scoping import EVERYWHERE, ScopedQuerySet, scope_roots, within

#: States of a seat that is taken (see models.Participation).
SEAT_HELD = ("held", "confirmed")


class ProgrammeQuerySet(models.QuerySet):
    def search(self, text: str) -> Self:
        """Programmes whose name contains every word, or whose code begins with the text."""
        named = Q()
        for word in text.split():
            named &= Q(name__icontains=word)
        return self.filter(named | Q(code__istartswith=text.strip())) if text.strip() else self


class TrainingClassQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """Classes that the user's own units organise, or whose area meets the user's scope."""
        roots = scope_roots(user, Permission.SEE_CLASSES)
        if EVERYWHERE in roots:
            return self
        areas = apps.get_model("trainings", "ClassArea").objects
        meets = Q(pk__in=[])
        for root in roots:
            # The area lies below the root, or the root lies below the area.
            meets |= Q(unit__path__startswith=root) | Q(pk__in=_areas_above(root))
        in_area = areas.filter(meets, training_class=OuterRef("pk"))
        return self.filter(within(roots, "organiser__path") | Exists(in_area))

    def plannable_by(self, user: Any) -> Self:
        """Classes of the units for which the user plans."""
        roots = scope_roots(user, Permission.PLAN_CLASSES, service_areas=False)
        return self.filter(within(roots, "organiser__path"))

    def upcoming(self, on: date | None = None) -> Self:
        return self.filter(first_day__gt=on or timezone.localdate())

    def running(self, on: date | None = None) -> Self:
        """Classes of which today is a day, the first and the last included."""
        on = on or timezone.localdate()
        return self.filter(first_day__lte=on, last_day__gte=on)

    def ended(self, on: date | None = None) -> Self:
        """Classes whose last day is past."""
        return self.filter(last_day__lt=on or timezone.localdate())

    def not_ended(self, on: date | None = None) -> Self:
        """A class has ended when its last day is before today (selection.md)."""
        return self.filter(last_day__gte=on or timezone.localdate())

    def organised_under(self, unit: Any) -> Self:
        """Classes whose organiser lies at or below the unit."""
        return self.filter(within([unit.path], "organiser__path"))

    def for_table(self) -> Self:
        """With what a list shows of each class; the selections tell the stage it has reached."""
        return self.select_related("programme", "organiser").prefetch_related("selections")

    def starting_between(self, first: date, last: date) -> Self:
        """Classes whose first day lies between the two days, both inclusive."""
        return self.filter(first_day__gte=first, first_day__lte=last)

    def with_people_of(self, class_ids: Any) -> Self:
        """Classes among these ids (usually those of a scoped queryset of invitations)."""
        return self.filter(pk__in=class_ids)

    def held_for(self, unit_path: str) -> Self:
        """Classes held for the unit at this path: an area lies at or above it, or none is named."""
        areas = apps.get_model("trainings", "ClassArea").objects.filter(training_class=OuterRef("pk"))
        return self.filter(~Exists(areas) | Exists(areas.filter(pk__in=_areas_above(unit_path))))

    def open_for_enrolment(self, on: date | None = None) -> Self:
        """Scheduled classes that employees may enrol in themselves and that have not begun."""
        return self.filter(state="scheduled", self_enrolment=True, first_day__gte=on or timezone.localdate())

    def drafts(self) -> Self:
        return self.filter(state="draft")

    def scheduled(self) -> Self:
        return self.filter(state="scheduled")

    def search(self, text: str) -> Self:
        """Classes whose programme and batch contain every word, or whose code begins with the text."""
        named = Q()
        for word in text.split():
            named &= Q(programme__name__icontains=word) | Q(batch__icontains=word)
        return self.filter(named | Q(code__istartswith=text.strip())) if text.strip() else self


def _areas_above(root: str) -> Any:
    """Ids of class areas whose unit lies at or above the path `root`."""
    return (
        apps.get_model("trainings", "ClassArea")
        .objects.annotate(place=StrIndex(models.Value(root), F("unit__path")))
        .filter(place=1)
        .values("pk")
    )


class ParticipationQuerySet(ScopedQuerySet):
    unit_path = "employee__unit__path"

    def taken(self) -> Self:
        """Seats that count: held by a live invitation, or confirmed."""
        return self.filter(state__in=SEAT_HELD)

    def confirmed(self) -> Self:
        """Seats of those who take part: accepted, registered by hand or by themselves."""
        return self.filter(state="confirmed")

    def readable_by(self, user: Any) -> Self:
        """Seats of the people the user looks after, and all seats of the classes the user plans."""
        return self.filter(_own_people_or_class(user, self.unit_path, "training_class"))

    def of_user(self, user: Any) -> Self:
        """The user's own seats."""
        return self.filter(employee__user=user) if user.is_authenticated else self.none()


class HistoryQuerySet(ScopedQuerySet):
    unit_path = "employee__unit__path"

    def in_year(self, year: int) -> Self:
        """Records that ended in the calendar year."""
        return self.filter(last_day__year=year)

    def for_table(self) -> Self:
        """With the person and the unit, so that a list costs the same at any length."""
        return self.select_related("employee__unit")

    def search(self, text: str) -> Self:
        """Records of the people found by this text (part of a name or a NIP, an ID)."""
        if not text.strip():
            return self
        people: Any = apps.get_model("employees", "Employee").objects
        # A record in four thousand is theirs where they are more: that far one may walk from the latest on.
        return self.filter(employee__in=people.found(text, most=3_000))

    def of_programme(self, code: str) -> Self:
        """Records of the programme with this code."""
        return self.filter(programme_code=code.strip())

    def took_part(self) -> Self:
        """Records with result LULUS or HADIR."""
        return self.filter(result__in=("LULUS", "HADIR"))

    def hours(self) -> int:
        """Sum of the JP (45 minutes each) of these records."""
        return self.aggregate(total=models.Sum("jp"))["total"] or 0


def _own_people_or_class(user: Any, people: str, training_class: str) -> Q:
    """Condition: a person of the user's scope, or a class of the units for which the user plans."""
    return within(scope_roots(user, Permission.SEE_PEOPLE), people) | within(
        scope_roots(user, Permission.PLAN_CLASSES, service_areas=False), f"{training_class}__organiser__path"
    )


class AgendaQuerySet(models.QuerySet):
    def for_agenda(self) -> Self:
        """With what an agenda shows, in the order of the days; the organiser has the zone of its times."""
        return self.select_related("subject", "trainer", "room", "training_class__organiser").order_by(
            "day", "starts", "pk"
        )

    def lessons(self) -> Self:
        """Sessions that count as hours: those with a subject."""
        return self.filter(subject__isnull=False)

    def of_participant(self, user: Any) -> Self:
        """Sessions of the classes in which the user has a confirmed seat."""
        seats = apps.get_model("trainings", "Participation").objects.of_user(user).confirmed()
        return self.filter(training_class__in=seats.values("training_class"))


class TrainerQuerySet(models.QuerySet):
    def search(self, text: str) -> Self:
        """Trainers whose name contains every word."""
        named = Q()
        for word in text.split():
            named &= Q(name__icontains=word)
        return self.filter(named)


class AttendanceQuerySet(ScopedQuerySet):
    unit_path = "participation__employee__unit__path"

    def readable_by(self, user: Any) -> Self:
        """Marks of the people the user looks after, and all of the classes the user plans."""
        return self.filter(_own_people_or_class(user, self.unit_path, "session__training_class"))


class ResultQuerySet(ScopedQuerySet):
    unit_path = "employee__unit__path"

    def current(self) -> Self:
        """The version that counts of each participant's result."""
        return self.filter(current=True)

    def readable_by(self, user: Any) -> Self:
        """Results of the people the user looks after, and all of the classes the user plans."""
        return self.filter(_own_people_or_class(user, self.unit_path, "training_class"))


class EvaluationQuerySet(models.QuerySet):
    def about_organiser(self) -> Self:
        return self.filter(about="organiser")

    def about_trainer(self, trainer: Any = None) -> Self:
        """Answers about trainers, or about this one."""
        found = self.filter(about="trainer")
        return found if trainer is None else found.filter(trainer=trainer)
