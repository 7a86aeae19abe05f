"""Why me, why not: an employee's place in a class, in an earlier selection and in general; who looked."""

import hashlib
from datetime import date
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import SIGNED_IN, access
from audit import reading
from audit.errors import Refusal
from employees.formatting import day_text, wait_words
from invitations import explain, ranking
from invitations.changes import own_changes
from invitations.models import Objection, Selection
from invitations.report import exclusion_code
from invitations.tables import candidate_reason
from trainings.actions import values_of
from trainings.models import RuleSettings, TrainingClass

#: Classes, selections and objections listed.
LISTED = 20
#: Readings shown here; all of them have a page of their own.
LATEST_READINGS = 5
#: Seconds for which a person's place in a class is kept: working it out reads the whole pool.
PLACE_KEPT = 600
#: Seconds for which a code read from an evidence file is kept; the file never changes.
CODE_KEPT = 86_400


@access(SIGNED_IN)
def why(request: HttpRequest) -> HttpResponse:
    """Choose a class or an earlier selection; the standing in general; objections; who has looked."""
    person = _person(request)
    coming = (
        TrainingClass.objects.held_for(person.unit.path).scheduled().upcoming()
        .select_related("programme", "organiser").order_by("first_day", "code")[:LISTED]
    )  # fmt: skip
    past = Selection.objects.issued_to(person).for_table()[:LISTED]
    context = {
        "title": _("Why me, why not"),
        "crumbs": [(_("My training"), reverse("invitations:mine"))],
        "person": person,
        "standing": person.standing,
        "tuple": tuple_words(
            person.standing.ever_trained, person.standing.waiting_since, person.standing.service_start
        ),
        "coming": coming,
        "past": past,
        "objections": Objection.objects.of_user(request.user).for_list()[:LISTED],
        "readings": reading.of_person(*person.keys)[:LATEST_READINGS],
    }
    return render(request, "invitations/why.html", context)


@access(SIGNED_IN)
def why_class(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own place in a class that has not been issued yet, as it would be today."""
    person = _person(request)
    training_class = get_object_or_404(
        TrainingClass.objects.held_for(person.unit.path).scheduled().upcoming()
        .select_related("programme", "organiser"), pk=pk,
    )  # fmt: skip
    place = _place(training_class, person)
    context = {
        "title": str(training_class),
        "subtitle": _("Why me, why not"),
        "crumbs": _crumbs(),
        "training_class": training_class,
        "person": person,
        "place": place,
        "place_words": place_words(place),
        "code_text": explain.code_text(place.code) if place.code else "",
        "tuple": tuple_words(place.ever_trained, place.waiting_since, place.service_start),
        "selections": Selection.objects.issued_to(person).filter(training_class=training_class),
    }
    return render(request, "invitations/why_class.html", context)


@access(SIGNED_IN)
def why_selection(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own rank in an issued selection, or the code that kept one out of it."""
    person = _person(request)
    selection = get_object_or_404(
        Selection.objects.issued_to(person).for_table().select_related("seed"), pk=pk
    )
    candidate = selection.candidates.for_table().with_mark().of_people([person.pk]).first()
    code, problem = "", ""
    if candidate is None:
        try:
            code = _code(selection, person)
        except Refusal as refusal:
            problem = refusal.user_message
    elif candidate.code:
        code = candidate.code
    context: dict[str, Any] = {
        "title": str(selection.training_class),
        "subtitle": _("Why me, why not"),
        "crumbs": _crumbs(),
        "selection": selection,
        "training_class": selection.training_class,
        "person": person,
        "candidate": candidate,
        "code_text": explain.code_text(code) if code else "",
        "problem": problem,
        "not_considered": candidate is None and not code and not problem,
        "changes": own_changes(selection, person),
        "invitation": selection.invitations.filter(employee=person).first(),
    }
    if candidate is not None:
        context |= {
            "reason": explain.reason_text(candidate_reason(candidate, selection)),
            "tuple": tuple_words(
                candidate.ever_trained, candidate.waiting_since, candidate.service_start,
                on=selection.run_on, lottery=candidate.lottery,
            ),
        }  # fmt: skip
    return render(request, "invitations/why_selection.html", context)


def tuple_words(
    ever_trained: bool,
    waiting_since: date | None,
    service_start: date | None,
    *,
    on: date | None = None,
    lottery: str = "",
) -> list[tuple[str, str]]:
    """What orders the ranking, value by value in words: selection.md, "Order"."""
    if waiting_since is None or service_start is None:
        return []
    wait = {"day": day_text(waiting_since), "wait": wait_words(waiting_since, on)}
    rows = [
        (
            _("Trained before?"),
            _("Yes: after all who were never trained.") if ever_trained else _("Never: these come first."),
        ),
        (_("Waiting since"), _("%(day)s, that is %(wait)s. Whoever waits longer comes first.") % wait),
        (
            _("In service since"),
            _("%(day)s. It decides between people who wait equally long.") % {"day": day_text(service_start)},
        ),
    ]
    last = lottery or _("Decides what is still equal; drawn from a seed that was committed to beforehand.")
    return [*rows, (_("Lottery number"), last)]


def place_words(place: ranking.Place) -> str:
    """A place as a sentence; empty for somebody outside the pool."""
    if place.code:
        return ""
    if place.equal == 0:
        return _("Rank %(rank)d of %(pool)d if names were selected today.") % {
            "rank": place.first_rank, "pool": place.pool,
        }  # fmt: skip
    return ngettext(
        "Between rank %(first)d and %(last)d of %(pool)d if names were selected today: the lottery decides between you and %(n)d person with the same dates.",
        "Between rank %(first)d and %(last)d of %(pool)d if names were selected today: the lottery decides between you and %(n)d people with the same dates.",
        place.equal,
    ) % {"first": place.first_rank, "last": place.last_rank, "pool": place.pool, "n": place.equal}


def _place(training_class: TrainingClass, person: Any) -> ranking.Place:
    """The person's place today. What keeps the person out is asked anew each time; the place in the pool, which
    has to be counted, is kept: by the class, the catalogue and the settings of the rule as they are, so that
    a change of them is another place at once. What others do to the pool is seen after PLACE_KEPT seconds.
    """
    today = timezone.localdate()
    params = ranking.parameters(training_class)
    standing = person.standing
    known = (
        today,
        # Seats that are taken meanwhile change nobody's place.
        ranking.with_changes(params, free_seats=0).as_json(),
        values_of(RuleSettings.current()),
        (standing.ever_trained, standing.waiting_since, standing.service_start),
    )
    key = f"place:{person.pk}:{hashlib.sha256(repr(known).encode()).hexdigest()}"
    in_pool = not ranking.gate_codes(params, [person.pk], on=today).get(person.pk)
    place: ranking.Place | None = cache.get(key) if in_pool else None
    if place is None:
        place = ranking.place_today(training_class, person, on=today)
        if not place.code:
            cache.set(key, place, PLACE_KEPT)
    return place


def _code(selection: Selection, person: Any) -> str:
    key = f"code:{selection.evidence_sha256}:{person.pk}"
    code = cache.get(key)
    if code is None:
        code = exclusion_code(selection, person)
        cache.set(key, code, CODE_KEPT)
    return code


def _person(request: HttpRequest) -> Any:
    person = getattr(request.user, "employee", None)
    if person is None:
        raise Http404
    return person


def _crumbs() -> list[tuple[str, str]]:
    return [
        (_("My training"), reverse("invitations:mine")),
        (_("Why me, why not"), reverse("invitations:why")),
    ]
