"""Getting in: the personal join link of a session, the committee's own way in, self-enrolment."""

from datetime import timedelta

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import PUBLIC, SIGNED_IN, access
from accounts.roles import Permission
from audit.errors import Refusal
from trainings import actions, meetings, passes
from trainings.delivery import checkin
from trainings.models import Attendance, Participation, Session, TrainingClass
from trainings.views.common import class_address, plannable_class

#: Minutes before the beginning from which the room can be entered.
OPENS_MINUTES = 30
#: The button of a join page works for so many minutes after the page was shown.
_KEY_MINUTES = 20
_SALT = "trainings.enter"


@access(PUBLIC)
@never_cache
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a personal join link: no name to type, no signing in; a button that enters the room.

    Reading it marks nobody present, since mail scanners open links; entering does.
    """
    session, seat = _opened(token)
    key = signing.TimestampSigner(salt=_SALT).sign(token)
    now = timezone.now()
    opens = session.starts_at - timedelta(minutes=OPENS_MINUTES) if session.starts_at else now
    context = {
        "title": session.name,
        "subtitle": str(session.training_class),
        "session": session,
        "seat": seat,
        "enter_url": f"{reverse('trainings:enter', args=[token])}?k={key}",
        "is_open": opens <= now <= (session.ends_at or now),
        "is_over": session.ends_at is not None and session.ends_at < now,
        "opens": opens,
    }
    return render(request, "trainings/join.html", context)


@access(PUBLIC)
@never_cache
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Mark the participant present and lead into the room under the own name."""
    session, seat = _opened(token)
    try:
        signed = signing.TimestampSigner(salt=_SALT).unsign(
            request.GET.get("k", ""), max_age=timedelta(minutes=_KEY_MINUTES)
        )
    except signing.BadSignature:
        signed = ""
    now = timezone.now()
    early = session.starts_at is None or now < session.starts_at - timedelta(minutes=OPENS_MINUTES)
    if signed != token or early or session.ends_at is None or now > session.ends_at:
        return redirect("trainings:join", token=token)
    guest = meetings.Guest(name=seat.employee.full_name, key=f"p{seat.pk}")
    try:
        address = meetings.address(session, guest)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect("trainings:join", token=token)
    checkin.mark(session.pk, participation_id=seat.pk, at=now, channel=Attendance.Channel.JOIN)
    return redirect(address)


def _opened(token: str) -> tuple[Session, Participation]:
    """Session and seat of a join link; 404 for a forged one, a seat that was given back, a room that went."""
    found = passes.read_join_token(token)
    if found is None:
        raise Http404
    sessions = Session.objects.filter(active=True, mode=Session.Mode.LIVE).exclude(meeting="")
    session = get_object_or_404(
        sessions.select_related(
            "subject", "trainer", "training_class__programme", "training_class__organiser"
        ),
        pk=found[0],
    )
    seats = Participation.objects.confirmed().filter(training_class=session.training_class_id)
    return session, get_object_or_404(seats.select_related("employee"), pk=found[1])


@access(Permission.PLAN_CLASSES)
def host(request: HttpRequest, pk: int) -> HttpResponse:
    """The committee's way into a session's room, as its moderator."""
    classes = TrainingClass.objects.plannable_by(request.user)
    sessions = Session.objects.filter(training_class__in=classes).select_related("subject", "training_class")
    session = get_object_or_404(sessions, pk=pk)
    guest = meetings.Guest(name=str(request.user), key=f"u{request.user.pk}", moderator=True)
    try:
        return redirect(meetings.address(session, guest))
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect("trainings:agenda", pk=session.training_class_id)


@access(SIGNED_IN)
def open_classes(request: HttpRequest) -> HttpResponse:
    """Classes that an employee can enrol in: of the own area, with a free seat, not begun."""
    person = getattr(request.user, "employee", None)
    found = []
    if person is not None:
        classes = TrainingClass.objects.open_for_enrolment().held_for(person.unit.path)
        mine = set(
            Participation.objects.of_user(request.user).taken().values_list("training_class_id", flat=True)
        )
        found = [
            (one, one.pk in mine)
            for one in classes.select_related("programme", "organiser").order_by("first_day", "pk")[:100]
        ]
    context = {
        "title": _("Classes open for enrolment"),
        "crumbs": [(_("My training"), reverse("invitations:mine"))],
        "found": found,
    }
    return render(request, "trainings/open_classes.html", context)


@access(SIGNED_IN)
@require_POST
def enrol(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a seat."""
    training_class = get_object_or_404(
        TrainingClass.objects.open_for_enrolment().select_related("programme"), pk=pk
    )
    try:
        seat = actions.enrol(training_class=training_class, by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect("trainings:open_classes")
    messages.success(request, _("You have a seat. The agenda and your way in are on this page."))
    return redirect("trainings:my_class", pk=seat.pk)


@access(SIGNED_IN)
@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one's own seat back."""
    seat = get_object_or_404(Participation.objects.of_user(request.user), pk=pk)
    try:
        actions.leave(participation=seat, by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect("trainings:my_class", pk=pk)
    messages.success(request, _("Your seat is free for somebody else."))
    return redirect("trainings:open_classes")


@access(Permission.PLAN_CLASSES)
@require_POST
def open_enrolment(request: HttpRequest, pk: int) -> HttpResponse:
    """Open or close a class for self-enrolment."""
    training_class = plannable_class(request, pk)
    is_open = request.POST.get("open") == "1"
    try:
        actions.open_enrolment(training_class=training_class, by=request.user, is_open=is_open)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
    else:
        messages.success(
            request,
            _("Employees of its areas can enrol now.") if is_open else _("The enrolment is closed."),
        )
    return redirect(class_address(training_class, "plan"))
