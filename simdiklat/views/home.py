"""The first page after signing in: what waits for this person, by role."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import PUBLIC, access, holds
from accounts.roles import Permission
from invitations.models import Candidate, Invitation, Objection, Override, Selection
from invitations.undelivered import undelivered
from invitations.views.own import own_context
from reports import views as reports
from reports.figures.coverage import Group, everybody
from reports.scope import Scope
from simdiklat.views import front
from trainings.models import TrainingClass

#: Weeks of classes shown to planners, and classes at most.
WEEKS = 8
CLASSES_SHOWN = 15
#: Lines of each list on the page.
LISTED = 10


@access(PUBLIC)
def home(request: HttpRequest) -> HttpResponse:
    """Planner, region, auditor, leader or employee: the first of these that fits; else the public front."""
    user = request.user
    if not user.is_authenticated:
        return front.front(request)
    if holds(user, Permission.PLAN_CLASSES):
        return render(request, "simdiklat/home_planner.html", _planner(user))
    if holds(user, Permission.REVIEW):
        return render(request, "simdiklat/home_region.html", _region(user))
    if holds(user, Permission.SEE_SELECTIONS):
        return render(request, "simdiklat/home_auditor.html", _auditor(user))
    if holds(user, Permission.SEE_FIGURES):
        return render(request, "simdiklat/home_leader.html", _leader(user))
    person = getattr(user, "employee", None)
    if person is not None:
        context = own_context(user, person) | {"title": _hello(user)}
        return render(request, "simdiklat/home_employee.html", context)
    return render(
        request,
        "simdiklat/home_other.html",
        {"title": _hello(user), "accounts": holds(user, Permission.MANAGE_ACCOUNTS)},
    )


def _hello(user: Any) -> str:
    return _("Welcome, %(name)s") % {"name": user.get_short_name()}


def coverage(user: Any) -> Group:
    """Counts over the people whose figures the user may see; at most five minutes old."""
    return everybody(Scope.of(user))


def _planner(user: Any) -> dict[str, Any]:
    today = timezone.localdate()
    plannable = TrainingClass.objects.plannable_by(user)
    coming = plannable.starting_between(today, today + timedelta(weeks=WEEKS)).for_table()
    return {
        "title": _hello(user),
        "weeks": by_week(coming.order_by("first_day", "code")[:CLASSES_SHOWN]),
        "proposals": Selection.objects.run_by(user).awaiting_approval().for_table()[:LISTED],
        "overrides": Override.objects.decidable_by(user)
        .for_list()
        .select_related("selection__training_class__programme")[:LISTED],
        "objections": Objection.objects.for_officer(user).open().for_list()[:LISTED],
        "objection_count": Objection.objects.for_officer(user).open().count(),
        "undelivered": undelivered(user).count(),
        "drafts": plannable.drafts().for_table().order_by("first_day", "code")[:LISTED],
        "outstanding": _outstanding(user),
        "coverage": coverage(user),
        "blocks": [reports.block(key, Scope.of(user)) for key in ("lorenz", "trend")],
        "sees_people": True,
    }


def by_week(classes: Any) -> list[tuple[date, list[TrainingClass]]]:
    """Classes under the Monday of the week in which they begin, in order."""
    weeks: dict[date, list[TrainingClass]] = defaultdict(list)
    for training_class in classes:
        first = training_class.first_day
        weeks[first - timedelta(days=first.weekday())].append(training_class)
    return sorted(weeks.items())


def _outstanding(user: Any) -> int:
    return Invitation.objects.visible_to(user).awaiting_reply().count()


def _region(user: Any) -> dict[str, Any]:
    invited = Invitation.objects.visible_to(user)
    classes = (
        TrainingClass.objects.visible_to(user)
        .with_people_of(invited.values("training_class"))
        .not_ended()
        .for_table()
        .order_by("first_day", "code")[:LISTED]
    )
    reviews = list(Selection.objects.visible_to(user).in_review().for_table())
    proposed = Candidate.objects.visible_to(user, Permission.REVIEW).proposed_per_selection(reviews)
    awaiting = invited.awaiting_reply().for_table().order_by("answer_by", "pk")
    return {
        "title": _hello(user),
        "coverage": coverage(user),
        "reviews": [(one, one.review_days_left(), proposed[one.pk]) for one in reviews if one.pk in proposed],
        "undelivered": undelivered(user).count(),
        "classes": classes,
        "awaiting": awaiting[:LISTED],
        "outstanding": _outstanding(user),
        "blocks": [reports.block(key, Scope.of(user)) for key in ("units", "hours")],
        "sees_people": True,
    }


def _auditor(user: Any) -> dict[str, Any]:
    return {
        "title": _hello(user),
        "coverage": coverage(user),
        "selections": Selection.objects.visible_to(user).for_table().order_by("-pk")[:LISTED],
        "sees_people": True,
    }


def _leader(user: Any) -> dict[str, Any]:
    return reports.overview(user) | {
        "title": _hello(user),
        "coming": TrainingClass.objects.visible_to(user).scheduled().upcoming().count(),
    }
