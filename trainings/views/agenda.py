"""The agenda of a class: days and sessions, hours and shares, clashes refused with their reason."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import access
from accounts.roles import Permission
from audit.errors import Refusal
from employees.models import Employee
from trainings import actions
from trainings.delivery.agenda import summary
from trainings.forms.agenda import (
    ChooseCurriculumForm,
    DraftAgendaForm,
    ExternalTrainerForm,
    SessionForm,
    initial_of_session,
)
from trainings.models import Room, Session, Trainer, TrainingClass
from trainings.times import reckoned_elsewhere
from trainings.views.common import head, plannable_class, plans, visible_class

#: Trainers and employees offered by the search.
OFFERED = 8


@access(Permission.SEE_CLASSES)
def agenda(request: HttpRequest, pk: int) -> HttpResponse:
    """The agenda by days, the hours by subject and the shares held against the plan."""
    training_class = visible_class(request, pk)
    edits = plans(request, training_class)
    found = summary(training_class)
    context: dict[str, Any] = {
        **head(training_class, _("Agenda")),
        "summary": found,
        "edits": edits,
        "elsewhere": ", ".join(sorted(reckoned_elsewhere(found.sessions))),
    }
    if edits and training_class.state != TrainingClass.State.CANCELLED:
        context |= {
            "curriculum_form": ChooseCurriculumForm(
                training_class=training_class, initial={"version": training_class.curriculum_id}
            ),
            "draft_form": DraftAgendaForm(training_class=training_class),
            "action_url": reverse("trainings:session_add", args=[pk]),
            "action_label": _("Add a session"),
            "action_icon": "plus",
        }
    return render(request, "trainings/agenda.html", context)


@access(Permission.PLAN_CLASSES)
@require_POST
def take_curriculum(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the class follow a published version."""
    training_class = plannable_class(request, pk)
    form = ChooseCurriculumForm(request.POST, training_class=training_class)
    if form.is_valid():
        _tell(
            request,
            lambda: actions.take_curriculum(
                training_class=training_class, by=request.user, version=form.cleaned_data["version"]
            ),
            _("The class follows this curriculum."),
        )
    else:
        messages.error(request, _("Choose a published version of this class's programme."))
    return redirect("trainings:agenda", pk=pk)


@access(Permission.PLAN_CLASSES)
@require_POST
def draft_agenda(request: HttpRequest, pk: int) -> HttpResponse:
    """Lay the curriculum's subjects into the days."""
    training_class = plannable_class(request, pk)
    form = DraftAgendaForm(request.POST, training_class=training_class)
    if form.is_valid():
        _tell(
            request,
            lambda: actions.draft_agenda(training_class=training_class, by=request.user, days=form.plan()),
            _("The agenda is drafted. Add trainers and rooms to its sessions."),
        )
    else:
        messages.error(request, _("Give every time as hours and minutes, such as 08:00."))
    return redirect("trainings:agenda", pk=pk)


@access(Permission.PLAN_CLASSES)
def session_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a session; the form begins where the last session of the agenda ended."""
    training_class = plannable_class(request, pk)
    last = training_class.agenda.exclude(mode=Session.Mode.SELF_PACED).order_by("-day", "-starts").first()
    initial: dict[str, Any] = {"day": training_class.first_day, "mode": "classroom"}
    if last is not None:
        initial = {"day": last.day, "starts": last.ends, "mode": last.mode}
    return _edit(request, training_class, None, initial)


@access(Permission.PLAN_CLASSES)
def session_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a session."""
    session = _own_session(request, pk)
    return _edit(request, session.training_class, session, initial_of_session(session))


def _edit(
    request: HttpRequest, training_class: TrainingClass, session: Session | None, initial: dict[str, Any]
) -> HttpResponse:
    form = SessionForm(
        request.POST or None, training_class=training_class, user=request.user, initial=initial
    )
    back = reverse("trainings:agenda", args=[training_class.pk])
    if request.method == "POST" and form.is_valid():
        plan = form.plan()
        if plan.trainer is not None and plan.trainer.pk is None:
            plan.trainer.save()
        try:
            actions.save_session(training_class=training_class, by=request.user, plan=plan, session=session)
        except Refusal as refusal:
            form.add_error(refusal.code if refusal.code in form.fields else None, refusal.user_message)
        else:
            messages.success(request, _("The session is saved."))
            return redirect(back)
    context = {
        **head(
            training_class,
            _("Change the session") if session else _("Add a session"),
            (_("Agenda"), back),
        ),
        "form": form,
        "session": session,
        "rooms": Room.objects.filter(unit=training_class.organiser_id),
        "back_url": back,
    }
    return render(request, "trainings/session_form.html", context)


@access(Permission.PLAN_CLASSES)
@require_POST
def session_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a session out of the agenda."""
    session = _own_session(request, pk)
    _tell(
        request,
        lambda: actions.remove_session(session=session, by=request.user),
        _("The session is removed."),
    )
    return redirect("trainings:agenda", pk=session.training_class_id)


@access(Permission.PLAN_CLASSES)
def trainer_search(request: HttpRequest) -> HttpResponse:
    """Trainers on record and employees in scope for the search field, as options."""
    text = request.GET.get("q", "").strip()
    found: list[tuple[str, str, str]] = []
    if len(text) >= 3:
        trainers = Trainer.objects.search(text)[:OFFERED]
        found = [(f"t{trainer.pk}", trainer.name, trainer.institution) for trainer in trainers]
        people = (
            Employee.objects.visible_to(request.user).active().search(text).filter(as_trainer=None)
        ).select_related("unit")[: OFFERED - len(found)]
        found += [(f"e{person.pk}", person.full_name, person.unit.name) for person in people]
    return render(request, "trainings/_trainers.html", {"found": found, "text": text})


@access(Permission.PLAN_CLASSES)
def trainer_add(request: HttpRequest) -> HttpResponse:
    """Record a trainer from outside the ministry."""
    form = ExternalTrainerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        trainer = form.save()
        messages.success(
            request, _("%(name)s is on record and can be chosen in every agenda.") % {"name": trainer.name}
        )
        return redirect("trainings:class_list")
    context = {
        "title": _("Trainer from outside"),
        "crumbs": [(_("Classes"), reverse("trainings:class_list"))],
        "text": _("Trainers who work in the ministry are found by name in the agenda; only others are recorded here."),
        "form": form,
        "label": _("Record"),
        "back_url": reverse("trainings:class_list"),
    }  # fmt: skip
    return render(request, "confirm.html", context)


def _own_session(request: HttpRequest, pk: int) -> Session:
    """The session, for somebody who plans its class; 404 for anybody else."""
    classes = TrainingClass.objects.plannable_by(request.user)
    sessions = Session.objects.filter(training_class__in=classes).select_related(
        "training_class__programme", "training_class__organiser", "subject", "trainer", "room"
    )
    return get_object_or_404(sessions, pk=pk)


def _tell(request: HttpRequest, work: Any, done: str) -> None:
    """Do it and say so, or say why not."""
    try:
        work()
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
    else:
        messages.success(request, done)
