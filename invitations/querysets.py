"""The vocabulary of selections, candidates and invitations."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.roles import Permission
from employees.models import Employee
from employees.scoping import ScopedQuerySet, scope_roots, within
from trainings.models import TrainingClass

#: The candidates of these people, in every selection: the pages that hold them, then each by its rank.
_OF_PEOPLE = """
SELECT c.id FROM unnest(%s::bigint[]) AS person (id)
JOIN invitations_rankpage p ON p.page = person.id >> 8
JOIN invitations_candidate c ON c.selection_id = p.selection_id AND c.employee_id = person.id
    AND c.rank = p.ranks[array_position(p.people, (person.id & 255)::smallint)]
"""
#: The candidates with a mark of these kinds, found in the same way.
_MARKED = """
SELECT c.id FROM invitations_candidatemark m
JOIN invitations_rankpage p ON p.page = m.employee_id >> 8 AND p.selection_id = m.selection_id
JOIN invitations_candidate c ON c.selection_id = m.selection_id AND c.employee_id = m.employee_id
    AND c.rank = p.ranks[array_position(p.people, (m.employee_id & 255)::smallint)]
WHERE m.kind = ANY (%s)
"""
#: States of an invitation that still holds a seat: live (issued) and accepted.
LIVE = ("issued", "accepted")


class SelectionQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """Selections of the classes the user sees; their names are scoped apart, candidate by candidate."""
        return self.filter(training_class__in=TrainingClass.objects.visible_to(user))

    def run_by(self, user: Any) -> Self:
        """Selections of the classes the user plans."""
        return self.filter(training_class__in=TrainingClass.objects.plannable_by(user))

    def awaiting_approval(self) -> Self:
        """Proposed, in review or not; the earliest class first."""
        return self.filter(state__in=("proposed", "in_review")).order_by("training_class__first_day", "pk")

    def for_table(self) -> Self:
        return self.select_related("training_class__programme", "training_class__organiser")

    def in_review(self, on: date | None = None) -> Self:
        """Proposals that the regional offices may still review; those that close first come first."""
        on = on or timezone.localdate()
        return self.filter(state="in_review", review_until__gte=on).order_by("review_until", "pk")

    def reviewed(self) -> Self:
        """Proposals that have or had a review window and are not set aside."""
        return self.filter(review_until__isnull=False).exclude(state="void")

    def issued_to(self, person: Any) -> Self:
        """Issued selections that concern a person, the latest first: held for the own area, or ranked in."""
        RankPage = apps.get_model("invitations", "RankPage")
        ranked = RankPage.objects.filter(
            selection=OuterRef("pk"),
            page=person.pk >> RankPage.BITS,
            people__contains=[person.pk % (1 << RankPage.BITS)],
        )
        held = Q(training_class__in=TrainingClass.objects.held_for(person.unit.path))
        return self.filter(held | Exists(ranked), state="issued").order_by("-pk")

    def with_void_reason(self) -> Self:
        """Each with `void_reason`, the words with which it was set aside (None when it was not)."""
        steps = apps.get_model("invitations", "Transition").objects.filter(
            selection=OuterRef("pk"), to_state="void"
        )
        return self.annotate(void_reason=Subquery(steps.values("reason")[:1]))

    def pending(self) -> Self:
        """Asked for and neither issued nor ended."""
        return self.filter(state__in=("queued", "ranking", "proposed", "in_review", "approved"))


class CandidateQuerySet(ScopedQuerySet):
    unit_path = "employee__unit__path"
    permission = Permission.SEE_SELECTIONS

    def for_table(self) -> Self:
        """With what a list shows of each, so that it costs the same at any length."""
        return self.select_related("employee", "unit", "area", "stratum")

    def of_people(self, people: Iterable[int]) -> Self:
        """Those of these people. There is no index by person (RankPage): a plain filter reads every row."""
        return self.filter(pk__in=RawSQL(_OF_PEOPLE, [list(people)]))  # noqa: S611 - fixed text; the keys are a parameter

    def with_outcome(self, outcome: str) -> Self:
        return self.filter(outcome=outcome)

    def with_mark(self) -> Self:
        """Each with `mark_kind`, `mark_code`, `mark_detail` of the latest mark (None without one)."""
        marks = apps.get_model("invitations", "CandidateMark").objects.filter(
            selection=OuterRef("selection"), employee=OuterRef("employee")
        )
        latest = marks.order_by("-id")
        return self.annotate(
            mark_kind=Subquery(latest.values("kind")[:1]),
            mark_code=Subquery(latest.values("code")[:1]),
            mark_detail=Subquery(latest.values("detail")[:1]),
        )

    def _with_outcome_or_mark(self, outcome: str, *kinds: str) -> Self:
        """Those of this outcome and those who carry one of these marks, each found by its index.

        Asked in one condition, the whole pool would be read for the few of them.
        """
        plain = self.select_related(None).order_by()
        marked = plain.filter(pk__in=RawSQL(_MARKED, [list(kinds)]))  # noqa: S611 - fixed text; the kinds are a parameter
        return self.filter(pk__in=plain.filter(outcome=outcome).values("pk").union(marked.values("pk")))

    def chosen(self) -> Self:
        """Who holds a seat of the proposal as it stands: selected, moved up or included, and not set aside."""
        return (
            self._with_outcome_or_mark("selected", "moved_up", "included")
            .with_mark()
            .filter(Q(outcome="selected", mark_kind=None) | Q(mark_kind__in=("moved_up", "included")))
            .order_by("rank")
        )

    def proposed_per_selection(self, selections: Any) -> dict[int, int]:
        """Selection id → how many of these people hold a seat of its proposal; none: left out."""
        chosen = self.filter(selection__in=selections).chosen().order_by()
        return dict(chosen.values_list("selection").annotate(n=models.Count("pk")))

    def callable(self) -> Self:
        """Who may be called up: the reserve without a mark, and the displaced; in pool order."""
        return (
            self._with_outcome_or_mark("reserve", "displaced")
            .with_mark()
            .filter(Q(outcome="reserve", mark_kind=None) | Q(mark_kind="displaced"))
            .order_by("rank")
        )


class MarkQuerySet(ScopedQuerySet):
    unit_path = "employee__unit__path"
    permission = Permission.SEE_SELECTIONS

    def for_list(self) -> Self:
        """With the people and officers a list names, so that it costs the same at any length."""
        return self.select_related("employee__unit", "because_of__employee__unit", "by")


class OverrideQuerySet(ScopedQuerySet):
    unit_path = "employee__unit__path"
    permission = Permission.SEE_SELECTIONS

    def run_by(self, user: Any) -> Self:
        """Overrides in selections of the classes the user plans."""
        return self.filter(selection__training_class__in=TrainingClass.objects.plannable_by(user))

    def requested(self) -> Self:
        """Those that wait for the second officer."""
        return self.filter(state="requested")

    def decidable_by(self, user: Any) -> Self:
        """Those that wait and that this officer did not ask for, of proposals that still stand."""
        waiting = self.run_by(user).requested().exclude(requested_by=user)
        return waiting.filter(selection__state__in=("proposed", "in_review"))

    def approved(self) -> Self:
        return self.filter(state="approved")

    def for_list(self) -> Self:
        """With the people and officers a list names."""
        return self.select_related("employee__unit", "requested_by", "decided_by")


class ObjectionQuerySet(models.QuerySet):
    def for_officer(self, user: Any) -> Self:
        """What this officer answers: about the classes planned, or about no class by people in scope."""
        roots = scope_roots(user, Permission.APPROVE)
        return self.filter(
            Q(training_class__in=TrainingClass.objects.plannable_by(user))
            | Q(training_class=None) & within(roots, "employee__unit__path")
        )

    def of_user(self, user: Any) -> Self:
        """The user's own objections."""
        return self.filter(employee__user=user) if user.is_authenticated else self.none()

    def open(self) -> Self:
        """Not answered yet; those due first come first."""
        return self.filter(state="open").order_by("due_on", "pk")

    def answered(self) -> Self:
        return self.filter(state="answered").order_by("-answered_at", "-pk")

    def for_list(self) -> Self:
        return self.select_related("employee__unit", "training_class__programme", "selection", "answered_by")


#: Whole years from the day since which the person waited to the invitation, as the reason on record has it.
_WAITED_YEARS = Func(
    F("issued_at"),
    Cast(KeyTextTransform("waiting_since", "reason"), models.DateField()),
    template="extract(year FROM age(%(expressions)s))::int",
    output_field=models.IntegerField(),
)


class InvitationQuerySet(ScopedQuerySet):
    unit_path = "employee__unit__path"
    permission = Permission.SEE_SELECTIONS

    def live(self) -> Self:
        """Issued or accepted: each holds a seat."""
        return self.filter(state__in=LIVE)

    def of_selection_planned_by(self, selection: Any, user: Any) -> Self:
        """The selection's invitations that the user plans, else those in scope."""
        mine = self.filter(selection=selection)
        planned = mine.of_classes_planned_by(user)
        return planned if planned.exists() else mine.visible_to(user)

    def awaiting_reply(self) -> Self:
        return self.filter(state="issued")

    def overdue(self, on: date | None = None) -> Self:
        """Unanswered after the last day to answer."""
        return self.awaiting_reply().filter(answer_by__lt=on or timezone.localdate())

    def issued_since(self, day: date) -> Self:
        """Issued on the day or later."""
        return self.filter(issued_at__gte=timezone.make_aware(datetime.combine(day, time.min)))

    def of_the_never_trained(self) -> Self:
        """Of people who had no training when they were invited; the reason on record says so."""
        return self.filter(reason__ever_trained=False)

    def after_years(self, least: int, most: int | None = None) -> Self:
        """Of people whose last training was `least` to `most` whole years before the invitation."""
        waited = self.alias(waited_years=_WAITED_YEARS).filter(
            reason__ever_trained=True, waited_years__gte=least
        )
        return waited if most is None else waited.filter(waited_years__lte=most)

    def of_number(self, number: str) -> Self:
        """Invitations of the person with this NIP, else with this ID_PEGAWAI; oldest first."""
        person = Employee.objects.find(number)
        return self.filter(employee=person).order_by("id") if person else self.none()

    def for_table(self) -> Self:
        """With what a list shows of each, so that it costs the same at any length."""
        return self.select_related("employee__unit", "training_class__programme", "stratum")

    def search(self, text: str) -> Self:
        """Of the people found by this text, or to the classes of programmes whose name contains every word."""
        words = text.split()
        if not words:
            return self
        classes = list(TrainingClass.objects.search(text).values_list("pk", flat=True))
        people = Employee.objects.found(text)
        return self.filter(Q(employee__in=people) | Q(training_class__in=classes))

    def of_classes_planned_by(self, user: Any) -> Self:
        """Invitations to the classes the user plans."""
        return self.filter(training_class__in=TrainingClass.objects.plannable_by(user))

    def state_counts(self) -> dict[str, int]:
        """Number of invitations per state; states without any are left out."""
        counted = self.order_by().values_list("state").annotate(n=models.Count("pk"))
        return dict(counted)

    def of_user(self, user: Any) -> Self:
        """The user's own invitations."""
        return self.filter(employee__user=user) if user.is_authenticated else self.none()
