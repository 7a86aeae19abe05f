"""Evaluation: the participant's form, the link months later, figures from five answers on, trends."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.access import PUBLIC, SIGNED_IN, access
from accounts.roles import Permission
from audit.errors import Refusal
from trainings import actions, questions
from trainings.delivery import evaluating
from trainings.forms.evaluation import RatingsForm
from trainings.models import (
    Evaluated,
    EvaluationAnswer,
    FollowUp,
    Participation,
    Trainer,
    TrainingClass,
)
from trainings.views.common import head, plans, visible_class

#: Trainers on one page.
PER_PAGE = 50


@access(SIGNED_IN)
def evaluate(request: HttpRequest, pk: int) -> HttpResponse:
    """Evaluate one's own class once: the organiser and each trainer."""
    seats = Participation.objects.of_user(request.user).confirmed()
    seat = get_object_or_404(seats.select_related("training_class__programme", "employee"), pk=pk)
    back = reverse("trainings:my_class", args=[pk])
    trainers = evaluating.trainers_of(seat.training_class)
    data = request.POST or None
    organiser = RatingsForm(data, asked=questions.ORGANISER, prefix="o")
    forms = [
        (trainer, RatingsForm(data, asked=questions.TRAINER, prefix=f"t{trainer.pk}")) for trainer in trainers
    ]
    if request.method == "POST":
        valid = [form.is_valid() for form in (organiser, *(form for _trainer, form in forms))]
        if all(valid):
            try:
                actions.evaluate(
                    participation=seat, by=request.user, organiser=organiser.answer(),
                    trainers={trainer.pk: form.answer() for trainer, form in forms},
                )  # fmt: skip
            except Refusal as refusal:
                messages.error(request, refusal.user_message)
            else:
                messages.success(request, _("Thank you. Your answers are stored without your name."))
            return redirect(back)
    context = {
        "title": _("Evaluate this class"),
        "subtitle": str(seat.training_class),
        "crumbs": [(_("My training"), reverse("invitations:mine")), (str(seat.training_class), back)],
        "organiser": organiser,
        "forms": forms,
        "answered": Evaluated.objects.filter(pk=seat.pk).exists(),
        "open": evaluating.open_for_evaluation(seat.training_class),
        "back_url": back,
    }
    return render(request, "trainings/evaluate.html", context)


@access(PUBLIC)
@never_cache
def follow_up(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link in the mail months later; it takes one answer and shows nothing else."""
    found = evaluating.follow_up_of(token)
    if found is None:
        raise Http404
    form = RatingsForm(request.POST or None, asked=questions.FOLLOW_UP)
    if request.method == "POST" and form.is_valid():
        ratings, comment = form.answer()
        try:
            actions.answer_follow_up(follow_up=found, by=None, ratings=ratings, comment=comment)
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
        else:
            messages.success(request, _("Thank you. Your answer is stored."))
        return redirect(request.path)
    context = {
        "title": _("Three months after the training"),
        "follow_up": found,
        "superior": found.role == FollowUp.Role.SUPERIOR,
        "form": form,
    }
    return render(request, "trainings/follow_up.html", context)


@access(Permission.SEE_CLASSES)
def class_evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """What the participants of a class think, from five answers on; and the view three months later."""
    training_class = visible_class(request, pk)
    answers = EvaluationAnswer.objects.filter(training_class=training_class)
    by_trainer: dict[int, list[EvaluationAnswer]] = {}
    for answer in answers.about_trainer():
        by_trainer.setdefault(answer.trainer_id or 0, []).append(answer)
    later = FollowUp.objects.filter(participation__training_class=training_class)
    programme = TrainingClass.objects.visible_to(request.user).filter(programme=training_class.programme_id)
    context: dict[str, Any] = {
        **head(training_class, _("Evaluation")),
        "organiser": evaluating.figures(answers.about_organiser(), questions.ORGANISER),
        "trainers": [
            (trainer, evaluating.figures(by_trainer.get(trainer.pk, []), questions.TRAINER))
            for trainer in evaluating.trainers_of(training_class)
        ],
        "participants": training_class.participations.confirmed().count(),
        "shown_from": questions.SHOWN_FROM,
        "later": [
            (label, later.filter(role=role).count(), _later_figures(later.filter(role=role)))
            for role, label in FollowUp.Role.choices
        ],
        "trend": evaluating.trend(EvaluationAnswer.objects.about_organiser(), programme),
        "runs": plans(request, training_class),
    }
    return render(request, "trainings/evaluation.html", context)


def _later_figures(asked: Any) -> evaluating.Figures:
    """The follow-ups' answers in the shape of the others; shown from five on as well."""
    answers = [
        EvaluationAnswer(
            ratings=one.ratings, mean=sum(one.ratings.values()) / len(one.ratings), comment=one.comment
        )
        for one in asked.filter(answered_at__isnull=False)
        if one.ratings
    ]
    return evaluating.figures(answers, questions.FOLLOW_UP)


@access(Permission.SEE_CLASSES)
def trainer_list(request: HttpRequest) -> HttpResponse:
    """The trainers of classes in scope, with the number of their lessons there."""
    classes = TrainingClass.objects.visible_to(request.user)
    found = (
        Trainer.objects.filter(sessions__training_class__in=classes)
        .annotate(lessons=Count("sessions"))
        .order_by("name", "pk")
    )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "trainings/trainers.html", {"title": _("Trainers"), "page": page})


@access(Permission.SEE_CLASSES)
def trainer_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One trainer's trend over the classes in scope; classes with fewer than five answers are left out."""
    classes = TrainingClass.objects.visible_to(request.user)
    found = Trainer.objects.filter(sessions__training_class__in=classes).distinct()
    trainer = get_object_or_404(found, pk=pk)
    answers = EvaluationAnswer.objects.about_trainer(trainer)
    taught = classes.filter(agenda__trainer=trainer).distinct()
    context = {
        "title": trainer.name,
        "subtitle": trainer.institution,
        "crumbs": [(_("Trainers"), reverse("trainings:trainer_list"))],
        "trainer": trainer,
        "trend": evaluating.trend(answers, taught),
        "taught": taught.select_related("programme").order_by("-last_day")[:20],
        "shown_from": questions.SHOWN_FROM,
    }
    return render(request, "trainings/trainer.html", context)
