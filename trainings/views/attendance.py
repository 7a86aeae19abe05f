"""Attendance for the committee: sessions and counts, the room's screen, scanning, the roll, corrections."""

import json
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import access
from accounts.requests import number_in, text_in
from accounts.roles import Permission
from audit import reading
from audit.errors import Refusal
from trainings import actions, passes
from trainings.delivery import checkin
from trainings.forms.attendance import (
    ApplyFileForm,
    CorrectionForm,
    MeetingFileForm,
    RollForm,
    TypedCodeForm,
)
from trainings.models import Attendance, MeetingFile, Participation, Session, TrainingClass
from trainings.tables import AttendanceTable
from trainings.views.common import head, plans, visible_class

#: Lines of the roll on one page.
ROLL_LINES = 60
#: Scans of one request, and bytes of it, at most.
MOST_SCANS, LARGEST_BATCH = 500, 200_000


@access(Permission.SEE_CLASSES)
def attendance(request: HttpRequest, pk: int) -> HttpResponse:
    """Sessions with their counts, and every participant's share; others see their own people only."""
    training_class = visible_class(request, pk)
    runs = plans(request, training_class)
    people = Participation.objects.readable_by(request.user).confirmed().filter(training_class=training_class)
    seen = Q(marks__participation__in=people)
    counted = {
        f"n_{status.lower()}": Count("marks", filter=seen & Q(marks__status=status))
        for status in Attendance.Status.values
    }
    late = Count("marks", filter=seen & Q(marks__late_minutes__gt=0))
    sessions = training_class.agenda.for_agenda().annotate(**counted, n_late=late)
    context = {
        **head(training_class, _("Attendance")),
        "sessions": sessions,
        "participants": people.count(),
        "runs": runs,
        "now": timezone.now(),
        "table": AttendanceTable(people.select_related("employee__unit")).of_class(request, training_class),
    }
    return render(request, "trainings/attendance.html", context)


def qr(text: str) -> SafeString:
    """The text as a QR code, an inline SVG that fills its box."""
    image = segno.make(text, error="m", micro=False).svg_inline(
        omitsize=True, border=2, lineclass="", svgclass="qr"
    )
    return mark_safe(image)  # noqa: S308 - made by segno: only paths and numbers


@access(Permission.PLAN_CLASSES)
@never_cache
def screen(request: HttpRequest, pk: int) -> HttpResponse:
    """The room's screen: the rotating QR; htmx asks for the fresh one every few seconds."""
    session = _own_session(request, pk)
    code = passes.room_code(session.pk, timezone.now())
    address = settings.PORTAL_URL + reverse("trainings:check_in", args=[code])
    present = session.marks.filter(status=Attendance.Status.HADIR).count()
    context = {
        **head(
            session.training_class, session.name,
            (_("Attendance"), reverse("trainings:attendance", args=[session.training_class_id])),
        ),
        "session": session,
        "qr": qr(address),
        "address": address,
        "present": present,
        "participants": session.training_class.participations.confirmed().count(),
    }  # fmt: skip
    part = request.headers.get("HX-Request") == "true"
    return render(request, "trainings/_screen.html" if part else "trainings/screen.html", context)


@access(Permission.PLAN_CLASSES)
def scan(request: HttpRequest, pk: int) -> HttpResponse:
    """Scan personal codes with the camera, or type a number; works without a camera and without a script."""
    session = _own_session(request, pk)
    form = TypedCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        participation = checkin.person_of(form.cleaned_data["code"], session)
        if participation is None:
            known = passes.read_person_code(form.cleaned_data["code"])
            answer = checkin.Answer.OTHER_CLASS if known else checkin.Answer.STRANGER
            form.add_error("code", str(answer.label))
        else:
            found = checkin.mark(
                session.pk, participation_id=participation, at=timezone.now(),
                channel=Attendance.Channel.SCAN, by_id=request.user.pk,
            )  # fmt: skip
            person = Participation.objects.select_related("employee").get(pk=participation).employee
            # The name stands on the page after this one, which does not know whose it is.
            reading.note(reading.Kind.SEARCHED, by=request.user, subjects=[person.pk], what="trainings:scan")
            tell = messages.success if found.accepted else messages.error
            tell(request, f"{person.full_name}: {_person_words(found)}")
            return redirect("trainings:scan", pk=pk)
    context = {
        **head(
            session.training_class, _("Scan personal codes"),
            (_("Attendance"), reverse("trainings:attendance", args=[session.training_class_id])),
        ),
        "session": session,
        "form": form,
        "send_to": reverse("trainings:scans", args=[pk]),
        "queue": f"session-{pk}",
        "no_camera": _("The camera cannot be used here. Type the number instead."),
    }  # fmt: skip
    return render(request, "trainings/scan.html", context)


def _person_words(found: checkin.CheckedIn) -> str:
    """The answer as the committee reads it."""
    if found.answer == checkin.Answer.OK:
        if found.late_minutes:
            return _("present, %(minutes)d minutes late") % {"minutes": found.late_minutes}
        return _("present")
    return str(found.answer.label)


@access(Permission.PLAN_CLASSES)
@require_POST
def scans(request: HttpRequest, pk: int) -> HttpResponse:
    """Take scans that a committee's device made, now or while it was offline; JSON in and out."""
    session = _own_session(request, pk)
    batch = read_batch(request)
    by = request.user.pk
    if batch is None or by is None:
        return HttpResponseBadRequest("scans")
    answers = [(sent, checkin.take_person_scan(sent, session=session, by_id=by)) for sent in batch]
    names = {
        seat.pk: seat.employee.full_name
        for seat in Participation.objects.select_related("employee").filter(
            pk__in=[found.participation_id for _sent, found in answers if found.participation_id]
        )
    }
    return JsonResponse(
        {
            "answers": [
                {
                    "id": str(sent.client_id),
                    "accepted": found.accepted,
                    "text": f"{names[found.participation_id]}: {_person_words(found)}"
                    if found.participation_id in names
                    else _person_words(found),
                }
                for sent, found in answers
            ]
        }
    )


def read_batch(request: HttpRequest) -> list[checkin.Sent] | None:
    """The scans of a request, `{"scans": [{"id", "code", "age"}]}`; None when it is nothing of the kind."""
    if len(request.body) > LARGEST_BATCH:
        return None
    try:
        given = json.loads(request.body)["scans"]
        found = [
            checkin.Sent(UUID(str(one["id"])), text_in(one["code"])[:300], float(one["age"])) for one in given
        ]
    except (ValueError, KeyError, TypeError):
        return None
    return found if len(found) <= MOST_SCANS else None


@access(Permission.PLAN_CLASSES)
def roll(request: HttpRequest, pk: int) -> HttpResponse:
    """The roll by hand; who is marked already is shown with a way to correct it."""
    session = _own_session(request, pk)
    here = reverse("trainings:roll", args=[pk])
    if request.method == "POST":
        try:
            if "absent" in request.POST:
                number = actions.mark_the_absent(session=session, by=request.user)
            else:
                number = actions.save_roll(
                    session=session, by=request.user, entries=RollForm(request.POST).entries
                )
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
        else:
            messages.success(request, _("%(number)d people are marked.") % {"number": number})
        number_of_page = number_in(request.GET.get("page"))
        return redirect(here if number_of_page is None else f"{here}?page={number_of_page}")
    seats = (
        session.training_class.participations.confirmed()
        .select_related("employee__unit")
        .order_by("employee__name", "pk")
    )
    page = Paginator(seats, ROLL_LINES).get_page(request.GET.get("page"))
    marks = {mark.participation_id: mark for mark in session.marks.filter(participation__in=list(page))}
    context = {
        **head(
            session.training_class, _("Roll"),
            (_("Attendance"), reverse("trainings:attendance", args=[session.training_class_id])),
        ),
        "session": session,
        "page": page,
        "lines": [(seat, marks.get(seat.pk)) for seat in page],
        "statuses": Attendance.Status.choices,
        "over": session.ends_at is not None and session.ends_at < timezone.now(),
        "unmarked": seats.count() - session.marks.count(),
    }  # fmt: skip
    return render(request, "trainings/roll.html", context)


@access(Permission.PLAN_CLASSES)
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a mark with a reason; what it was before stays readable."""
    classes = TrainingClass.objects.plannable_by(request.user)
    marks = Attendance.objects.filter(session__training_class__in=classes).select_related(
        "session__training_class__programme", "session__subject", "participation__employee"
    )
    mark = get_object_or_404(marks, pk=pk)
    form = CorrectionForm(
        request.POST or None, initial={"status": mark.status, "late_minutes": mark.late_minutes}
    )
    back = reverse("trainings:roll", args=[mark.session_id])
    if request.method == "POST" and form.is_valid():
        try:
            actions.correct(attendance=mark, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(refusal.code if refusal.code in form.fields else None, refusal.user_message)
        else:
            messages.success(request, _("The mark is corrected; the reason is kept with it."))
            return redirect(back)
    context = {
        **head(mark.session.training_class, _("Correct a mark"), (_("Roll"), back)),
        "mark": mark,
        "changes": mark.changes.select_related("by"),
        "form": form,
        "label": _("Correct"),
        "back_url": back,
    }
    return render(request, "trainings/correct.html", context)


@access(Permission.PLAN_CLASSES)
def meeting_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the attendance report of a session's meeting; its review follows."""
    session = _own_session(request, pk)
    form = MeetingFileForm(request.POST or None, request.FILES or None)
    back = reverse("trainings:attendance", args=[session.training_class_id])
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            made = actions.read_meeting_file(
                session=session, by=request.user, name=upload.name, content=upload.read()
            )
        except Refusal as refusal:
            form.add_error("file", refusal.user_message)
        else:
            return redirect("trainings:meeting_review", pk=made.pk)
    context = {
        **head(session.training_class, _("Attendance report of a meeting"), (_("Attendance"), back)),
        "session": session,
        "form": form,
        "back_url": back,
    }
    return render(request, "trainings/meeting_file.html", context)


@access(Permission.PLAN_CLASSES)
def meeting_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Who of the file is whom: matches to check, strangers to name; then mark those who stayed."""
    classes = TrainingClass.objects.plannable_by(request.user)
    files = MeetingFile.objects.filter(training_class__in=classes).select_related(
        "session__training_class__programme", "session__subject", "training_class__programme"
    )
    file = get_object_or_404(files, pk=pk)
    form = ApplyFileForm(request.POST or None)
    back = reverse("trainings:attendance", args=[file.training_class_id])
    if request.method == "POST" and form.is_valid():
        chosen, unknown = _chosen(request.POST, file)
        if unknown:
            messages.error(
                request, _("Not found in this class: %(numbers)s.") % {"numbers": ", ".join(unknown)}
            )
        else:
            try:
                marked, short = actions.apply_meeting_file(
                    file=file, by=request.user, chosen=chosen,
                    minimum_percent=form.cleaned_data["minimum_percent"],
                )  # fmt: skip
            except Refusal as refusal:
                messages.error(request, refusal.user_message)
            else:
                messages.success(
                    request,
                    _("%(marked)d people are marked present; %(short)d were there too short a time.")
                    % {"marked": marked, "short": short},
                )
                return redirect(back)
    seats = Participation.objects.in_bulk([row["participation"] for row in file.rows if row["participation"]])
    seats = {seat.pk: seat for seat in Participation.objects.filter(pk__in=seats).select_related("employee")}
    lines = [(row, seats.get(row["participation"] or 0)) for row in file.rows]
    context = {
        **head(file.training_class, _("Review the attendance report"), (_("Attendance"), back)),
        "file": file,
        "form": form,
        "lines": sorted(lines, key=lambda line: (line[1] is not None, line[0]["how"] != "name")),
        "matched": sum(seat is not None for _row, seat in lines),
    }
    return render(request, "trainings/meeting_review.html", context)


def _chosen(data: Any, file: MeetingFile) -> tuple[dict[int, int | None], list[str]]:
    """Matches the reviewer set by NIP or ID (`seat_<row>`) or took away (`drop_<row>`), and numbers not found."""
    chosen: dict[int, int | None] = {}
    unknown: list[str] = []
    for row in file.rows:
        number = row["number"]
        typed = str(data.get(f"seat_{number}", "")).strip()
        if typed:
            seat = checkin.person_of(typed, file.session)
            if seat is None:
                unknown.append(typed[:40])
            chosen[number] = seat
        elif f"drop_{number}" in data:
            chosen[number] = None
    return chosen, unknown


def _own_session(request: HttpRequest, pk: int) -> Session:
    """The session, for somebody who plans its class; 404 for anybody else."""
    classes = TrainingClass.objects.plannable_by(request.user)
    sessions = Session.objects.filter(training_class__in=classes).select_related(
        "training_class__programme", "training_class__organiser", "subject", "trainer", "room"
    )
    return get_object_or_404(sessions, pk=pk)
