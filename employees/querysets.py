"""The vocabulary of units and employees."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Length
from django.utils import timezone

from accounts.roles import Permission
from employees.scoping import ScopedQuerySet, scope_roots, within

#: Letters that make a trigram: what is shorter is found by the index only where a word begins.
TRIGRAM = 3
#: People who are named one by one where something of theirs is looked for.
NAMED = 1_000


def containing(field: str, text: str) -> dict[str, str]:
    """Filter of a column with a trigram index: it contains the text, or begins with it when that is short."""
    return {f"{field}__{'contains' if len(text) >= TRIGRAM else 'startswith'}": text}


def named(field: str, words: list[str]) -> Q:
    """Condition: the name in `field` contains every word; short ones begin one of its parts."""
    condition = Q()
    for word in words:
        if len(word) >= TRIGRAM:
            condition &= Q(**{f"{field}__icontains": word})
        else:
            condition &= Q(**{f"{field}__istartswith": word}) | Q(**{f"{field}__icontains": f" {word}"})
    return condition


class UnitQuerySet(ScopedQuerySet):
    unit_path = "path"

    def active(self) -> Self:
        return self.filter(active=True)

    def organising_for(self, user: Any) -> Self:
        """Units for which the user may plan classes: their own, not those a centre only serves."""
        roots = scope_roots(user, Permission.PLAN_CLASSES, service_areas=False)
        return self.filter(within(roots, "path"))

    def highest_first(self) -> Self:
        """Units near the root first, then by name: what people usually mean."""
        return self.order_by(Length("path"), "name", "pk")

    def search(self, text: str) -> Self:
        """Units whose name contains every word, or whose code begins with the text."""
        words = text.split()
        named = Q()
        for word in words:
            named &= Q(name__icontains=word)
        return self.filter(named | Q(code__startswith=text.strip())) if words else self


class EmployeeQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """People in scope; a record that was merged into another is nobody."""
        return super().visible_to(user, permission).filter(merged_into=None)

    def active(self) -> Self:
        """People in active service (KEAKTIFAN = AKTIF)."""
        return self.filter(activity="AKTIF")

    def search(self, text: str) -> Self:
        """People whose name contains every word, or whose NIP contains the digits (blanks dropped), or whose
        ID is the text. Words of one or two letters, and so few digits, must begin a part of the name or the NIP.
        """
        words = text.split()
        if not words:
            return self
        digits = text.replace(" ", "").replace(".", "")
        if digits.isdigit():
            return self.filter(Q(**containing("nip", digits)) | Q(external_id=digits))
        return self.filter(named("name", words) | Q(external_id=text.strip()))

    def found(self, text: str, most: int = NAMED) -> list[int] | models.QuerySet[Any, Any]:
        """For a condition on what belongs to the people found by `search`: their keys where they are at most `most`,
        else their queryset.

        Few are named one by one, so that an index finds what belongs to them; of many, nearly any page of the
        latest has some. The planner cannot tell the two apart: of two words in a name it takes each for itself.
        """
        people = self.search(text).order_by().values_list("pk", flat=True)
        named = list(people[: most + 1])
        return named if len(named) <= most else people

    def for_table(self) -> Self:
        """With unit and standing, so that a list costs the same at any length."""
        # Everybody has a standing; saying so lets the ranking index give the order of a list.
        return self.select_related("unit", "standing").filter(standing__isnull=False)

    def in_province(self, code: str) -> Self:
        """People whose own unit stands in the province."""
        return self.filter(unit__province_code=code)

    def untrained_since(self, day: date) -> Self:
        """People whose last qualifying training ended before the day, or who never had one."""
        return self.filter(Q(standing__last_training=None) | Q(standing__last_training__lt=day))

    def waiting_since_before(self, day: date) -> Self:
        """People who have been waiting since the day or longer: since the last training, or the start of service."""
        return self.filter(standing__waiting_since__lte=day)

    def with_hours(self, since: date, *, least: int = 0, most: int | None = None) -> Self:
        """People whose trainings taken part in, ended on the day or later, add up to `least` to `most` JP."""
        history: Any = self.model._meta.get_field("history").related_model
        records = history.objects.took_part().filter(last_day__gte=since).order_by()
        total = models.Sum("jp")
        if least > 0:
            # Few: added up together from one index, and joined.
            limits = {"total__gte": least} | ({} if most is None else {"total__lte": most})
            some = records.values("employee_id").annotate(total=total).filter(**limits)
            return self.filter(pk__in=some.values("employee_id"))
        if most is None:
            return self
        # Many, and whoever has no record too: added up for each as the list is read, which stops after a page.
        own = records.filter(employee=OuterRef("pk")).values("employee").annotate(total=total).values("total")
        return self.alias(history_total=Coalesce(Subquery(own), 0)).filter(history_total__lte=most)

    def trained_times(self, since: date, *, least: int = 0, most: int | None = None) -> Self:
        """People with `least` to `most` trainings taken part in that ended on the day or later."""
        numbered: Any = self.model._meta.get_field("nth_trainings").related_model
        found = self
        for number, wanted in ((least, True), (None if most is None else most + 1, False)):
            if number:
                # The N-th latest is that late: there are N since the day.
                there = Exists(
                    numbered.objects.filter(employee=OuterRef("pk"), number=number, last_day__gte=since)
                )
                found = found.filter(there if wanted else ~there)
        return found

    def never_trained(self) -> Self:
        return self.filter(standing__ever_trained=False)

    def find(self, number: str) -> Any:
        """The person with this NIP, else a former NIP, else this ID_PEGAWAI; None when nobody has it."""
        cleaned = number.replace(" ", "").replace(".", "")
        return (
            self.filter(nip=cleaned).first()
            or self.filter(former_nips__nip=cleaned).first()
            or self.filter(external_id=number.strip(), merged_into=None).first()
            or self.filter(merged_records__external_id=number.strip()).first()
        )


class ServiceAreaQuerySet(models.QuerySet):
    def current(self, on: date | None = None) -> Self:
        on = on or timezone.localdate()
        return self.filter(Q(until=None) | Q(until__gte=on), since__lte=on)
