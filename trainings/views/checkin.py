"""A participant's own pages of a class: agenda, personal code, check-in by the room's QR."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import PUBLIC, SIGNED_IN, access
from trainings import passes
from trainings.delivery import checkin, evaluating
from trainings.delivery.agenda import summary
from trainings.models import Attendance, Evaluated, Participation, Session
from trainings.times import today_of
from trainings.views.attendance import qr, read_batch

#: A code seen fresh before signing in is taken for so long afterwards.
SIGN_IN_MINUTES = 15
_SEEN = "room_code"


@access(PUBLIC)
@never_cache
def check_in(request: HttpRequest, token: str) -> HttpResponse:
    """The address in the room's QR: checks the person signed in; who is not signs in first.

    That the code was fresh when the server first saw it is kept in the session of the browser, so that
    signing in may take its time.
    """
    seen_at = _seen_before(request, token)
    if not request.user.is_authenticated:
        found = passes.read_room_code(token)
        if found is not None and found.fresh(seen_at or timezone.now()):
            if seen_at is None:
                request.session[_SEEN] = [token, timezone.now().isoformat()]
            return redirect_to_login(request.get_full_path())
        answer = checkin.CheckedIn(checkin.Answer.STALE if found else checkin.Answer.FORGED)
        return _answered(request, answer)
    person = getattr(request.user, "employee", None)
    if person is None:
        return _answered(request, checkin.CheckedIn(checkin.Answer.STRANGER))
    return _answered(request, checkin.by_room_code(token, employee_id=person.pk, seen_at=seen_at))


def _seen_before(request: HttpRequest, token: str) -> datetime | None:
    """When this browser showed the server the same code, if that is not long ago."""
    code, at = request.session.get(_SEEN, ("", ""))
    if code != token or not at:
        return None
    seen = datetime.fromisoformat(at)
    return seen if timezone.now() - seen <= timedelta(minutes=SIGN_IN_MINUTES) else None


def _answered(request: HttpRequest, found: checkin.CheckedIn) -> HttpResponse:
    session = None
    if found.participation_id and found.session_id:
        sessions = Session.objects.select_related(
            "subject", "room", "training_class__programme", "training_class__organiser"
        )
        session = sessions.filter(pk=found.session_id).first()
    context: dict[str, Any] = {"title": _("Attendance"), "found": found, "session": session}
    if found.participation_id and request.user.is_authenticated:
        context["back_url"] = reverse("trainings:my_class", args=[found.participation_id])
    return render(request, "trainings/checked_in.html", context)


@access(SIGNED_IN)
def my_class(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own class: the agenda with one's marks, the personal code, the way in to what is online."""
    seats = Participation.objects.of_user(request.user).confirmed()
    seat = get_object_or_404(
        seats.select_related(
            "training_class__programme", "training_class__organiser", "training_class__curriculum", "employee"
        ),
        pk=pk,
    )
    training_class = seat.training_class
    code = passes.person_code(seat.pk)
    found = summary(training_class)
    today = today_of(training_class)
    marks = {mark.session_id: mark for mark in Attendance.objects.filter(participation=seat)}
    context = {
        "title": str(training_class),
        "subtitle": training_class.place,
        "crumbs": [(_("My training"), reverse("invitations:mine"))],
        "training_class": training_class,
        "seat": seat,
        "days": [
            (day, [(session, marks.get(session.pk), join_address(session, seat)) for session in sessions])
            # Today and what comes first; the days that are over after them.
            for day, sessions, _jp in sorted(found.days, key=lambda one: (one[0] < today, one[0]))
        ],
        "code": code,
        "qr": qr(code),
        "today": today,
        "may_evaluate": evaluating.open_for_evaluation(training_class)
        and not Evaluated.objects.filter(pk=seat.pk).exists(),
        "may_leave": seat.source == Participation.Source.SELF and seat.first_day > timezone.localdate(),
        "result": seat.results.filter(current=True).first(),
    }
    return render(request, "trainings/my_class.html", context)


def join_address(session: Session, seat: Participation) -> str:
    """The participant's personal join link of a live session that is not over; empty for the others."""
    if session.mode != Session.Mode.LIVE or not session.meeting:
        return ""
    if session.ends_at is None or session.ends_at < timezone.now():
        return ""
    return reverse("trainings:join", args=[passes.join_token(session.pk, seat.pk)])


@access(SIGNED_IN)
def scanner(request: HttpRequest) -> HttpResponse:
    """Scan the room's QR inside the portal; what is scanned without a line is kept and sent later."""
    context = {
        "title": _("Check in"),
        "crumbs": [(_("My training"), reverse("invitations:mine"))],
        "send_to": reverse("trainings:send_scans"),
        # What somebody scanned is sent for that person only, whoever holds the device then.
        "queue": f"mine-{request.user.pk}",
        "no_camera": _(
            "The camera cannot be used here. Scan the code with the phone's own camera, or show yours to the committee."
        ),
    }
    return render(request, "trainings/scanner.html", context)


@access(SIGNED_IN)
@require_POST
def send_scans(request: HttpRequest) -> HttpResponse:
    """Take the scans that a participant's device kept; JSON in and out, the same scan once."""
    batch = read_batch(request)
    person = getattr(request.user, "employee", None)
    by = request.user.pk
    if batch is None or by is None:
        return HttpResponseBadRequest("scans")
    if person is None:  # an account of an office: answered, so that the device does not keep it for ever
        stranger = checkin.CheckedIn(checkin.Answer.STRANGER)
        answers = [(sent, stranger) for sent in batch]
    else:
        answers = [(sent, checkin.take_room_scan(sent, employee_id=person.pk, by_id=by)) for sent in batch]
    return JsonResponse(
        {
            "answers": [
                {"id": str(sent.client_id), "accepted": found.accepted, "text": found.message}
                for sent, found in answers
            ]
        }
    )
