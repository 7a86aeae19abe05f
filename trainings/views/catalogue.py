"""Catalogue and classes: lists, the plan form, scheduling.

The class page itself is the workspace in invitations/views: it also shows the names. Moving and cancelling
a class is there too, because whoever is invited has to be told.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import access, holds
from accounts.requests import HtmxRequest, number_in
from accounts.roles import Permission
from audit.errors import Refusal
from employees.actions import note_found
from employees.listing import respond
from employees.models import Unit
from trainings import actions
from trainings.filters import ClassFilter, HistoryFilter, ProgrammeFilter
from trainings.forms import ClassForm, initial_of
from trainings.forms.planning import initial_of_plan
from trainings.models import HistoryRecord, Programme, TrainingClass
from trainings.tables import ClassTable, HistoryTable, ProgrammeTable
from trainings.views.common import plannable_class, plannable_classes
from trainings.yearplan import next_batch


@access(Permission.SEE_CLASSES)
def programme_list(request: HtmxRequest) -> HttpResponse:
    """The catalogue."""
    filtered = ProgrammeFilter(request.GET, queryset=Programme.objects.all())
    context = {
        "title": _("Catalogue"),
        "filter": filtered,
        "table": ProgrammeTable(filtered.qs).paged(request),
    }
    return render(request, "_table.html" if request.htmx else "trainings/list.html", context)


@access(Permission.SEE_CLASSES)
def programme_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One programme with the classes of it that the user sees."""
    programme = get_object_or_404(Programme, pk=pk)
    classes = TrainingClass.objects.visible_to(request.user).filter(programme=programme).for_table()
    table = ClassTable(classes.order_by("-first_day", "code"), exclude=("organiser",)).paged(request)
    table.empty_text, table.empty_hint = _("No class of this programme is planned."), ""
    context: dict[str, Any] = {
        "title": programme.name,
        "crumbs": [(_("Catalogue"), reverse("trainings:programme_list"))],
        "programme": programme,
        "table": table,
    }
    if holds(request.user, Permission.PLAN_CLASSES):
        context |= {
            "action_url": f"{reverse('trainings:class_create')}?programme={programme.pk}",
            "action_label": _("Plan a class"),
            "action_icon": "plus",
        }
    return render(request, "trainings/programme.html", context)


@access(Permission.SEE_CLASSES)
def class_list(request: HtmxRequest) -> HttpResponse:
    """The classes in scope, the latest first; filters live in the address."""
    classes = TrainingClass.objects.visible_to(request.user).for_table().order_by("-first_day", "code")
    filtered = ClassFilter(request.GET, queryset=classes, user=request.user)
    context: dict[str, Any] = {
        "title": _("Classes"),
        "filter": filtered,
        "table": ClassTable(filtered.qs).paged(request),
    }
    if holds(request.user, Permission.PLAN_CLASSES):
        context |= {
            "action_url": reverse("trainings:class_create"),
            "action_label": _("Plan a class"),
            "action_icon": "plus",
        }
    return render(request, "_table.html" if request.htmx else "trainings/list.html", context)


@access(Permission.SEE_PEOPLE)
def history_list(request: HtmxRequest) -> HttpResponse:
    """The training history of everybody in scope, the latest first."""
    records = HistoryRecord.objects.visible_to(request.user)
    filtered = HistoryFilter(request.GET, queryset=records, user=request.user)
    table = HistoryTable(filtered.qs.for_table()).paged(request, counted=filtered.qs)
    if filtered.searches:
        note_found(
            people=table.keys("employee_id"),
            by=request.user,
            where="trainings:history_list",
            filters=filtered.given,
        )
    context = {"title": _("Training history"), "filter": filtered, "table": table}
    return respond(request, "trainings/list.html", context)


@access(Permission.PLAN_CLASSES)
def class_create(request: HttpRequest) -> HttpResponse:
    """Plan a new class, or with `?copy=` the next batch of one; it begins as a draft."""
    copied = number_in(request.GET.get("copy"))
    if copied is not None:
        original = get_object_or_404(plannable_classes(request), pk=copied)
        plan = next_batch(original)
        form = ClassForm(request.POST or None, user=request.user, initial=initial_of_plan(plan))
        if not request.POST:
            form.fields["areas"].widget.seats_chosen = {unit.pk: seats for unit, seats in plan.areas}
        return _edit(request, None, form)
    own = list(Unit.objects.organising_for(request.user).active().highest_first()[:2])
    initial: dict[str, Any] = {"programme": request.GET.get("programme")}
    if own:
        # Whoever plans for one centre finds it filled in.
        initial["organiser"] = own[0].pk if len(own) == 1 else None
    return _edit(request, None, ClassForm(request.POST or None, user=request.user, initial=initial))


@access(Permission.PLAN_CLASSES)
def class_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the plan of a class whose names are not being chosen yet."""
    training_class = plannable_class(request, pk)
    if not actions.editable(training_class):
        messages.warning(
            request, _("The names of this class are already being chosen; its plan stays as it is.")
        )
        return redirect("invitations:class", pk=pk)
    form = ClassForm(
        request.POST or None,
        user=request.user,
        training_class=training_class,
        initial=initial_of(training_class),
    )
    return _edit(request, training_class, form)


def _edit(request: HttpRequest, training_class: TrainingClass | None, form: ClassForm) -> HttpResponse:
    if request.method == "POST" and form.is_valid() and form.plan is not None:
        try:
            saved = actions.save_draft(by=request.user, plan=form.plan, training_class=training_class)
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("The plan is saved."))
            return redirect("invitations:class", pk=saved.pk)
    crumbs = [(_("Classes"), reverse("trainings:class_list"))]
    if training_class is not None:
        crumbs.append((str(training_class), reverse("invitations:class", args=[training_class.pk])))
    context = {
        "title": _("Change the plan") if training_class else _("Plan a class"),
        "crumbs": crumbs,
        "form": form,
    }
    return render(request, "trainings/class_form.html", context)


@access(Permission.PLAN_CLASSES)
@require_POST
def class_schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """Schedule a draft: its seed is drawn and its commitment shown."""
    training_class = plannable_class(request, pk)
    try:
        actions.schedule(training_class=training_class, by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
    else:
        messages.success(
            request, _("The class is scheduled and its seed is drawn. Names can now be selected.")
        )
    return redirect("invitations:class", pk=pk)
