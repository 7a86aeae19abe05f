"""Letters: those of a class, downloads, the texts of an organiser, and the public page behind the QR."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from accounts.access import PUBLIC, access, holds
from accounts.requests import HtmxRequest
from accounts.roles import Permission
from audit.errors import Refusal
from audit.marks import Mark
from employees.models import Unit
from invitations.letters import bundles, files, making, rendering
from invitations.letters.forms import TextsForm
from invitations.letters.tables import LetterTable
from invitations.letters.texts import texts_of
from invitations.models import Letter
from trainings.forms.reason import ReasonForm
from trainings.models import TrainingClass
from trainings.views.common import crumbs as class_crumbs
from trainings.views.common import plannable_class, plannable_classes, visible_class
from trainings.views.downloads import as_pdf


@access(Permission.DOWNLOAD_LISTS)
def letter_list(request: HtmxRequest) -> HttpResponse:
    """The letters addressed to the offices in scope, or of one's own classes, the latest first."""
    table = LetterTable(Letter.objects.visible_to(request.user).for_table().order_by("-pk"))
    context = {"title": _("Letters"), "table": table.paged(request)}
    return render(request, "_table.html" if request.htmx else "invitations/letter_list.html", context)


@access(Permission.DOWNLOAD_LISTS)
def class_letters(request: HtmxRequest, pk: int) -> HttpResponse:
    """The letters of one class: all for those who plan it, the office's own for a regional office."""
    training_class = visible_class(request, pk)
    plans = TrainingClass.objects.plannable_by(request.user).filter(pk=pk).exists()
    letters = Letter.objects.visible_to(request.user).filter(training_class=pk).for_table().order_by("-pk")
    unnamed = training_class.invitations.live().exclude(named_on__current=True).count() if plans else 0
    table = LetterTable(letters, exclude=("training_class",))
    table.may_withdraw = plans
    context: dict[str, Any] = {
        "title": _("Letters"),
        "subtitle": str(training_class),
        "crumbs": class_crumbs(training_class),
        "training_class": training_class,
        "table": table.paged(request),
        "plans": plans,
        "unnamed": unnamed,
        "template_version": texts_of(training_class.organiser)[1] if plans else None,
        "has_valid": letters.valid().exists(),
    }
    if plans and holds(request.user, Permission.SELECT):
        context |= {
            "action_url": reverse("invitations:letters_make", args=[pk]),
            "action_label": _("Make the letters"),
            "action_icon": "letter",
        }
    return render(request, "_table.html" if request.htmx else "invitations/letter_class.html", context)


@access(Permission.SELECT)
def make(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what will be written, then write it; many letters go on as a job with its progress."""
    training_class = plannable_class(request, pk)
    back = reverse("invitations:letters", args=[pk])
    if request.method == "POST":
        try:
            made = making.make(training_class=training_class, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
            return redirect(back)
        if made.job:
            return redirect("jobs:progress", pk=made.job.pk)
        messages.success(request, _result(made))
        return redirect(back)
    unnamed = training_class.invitations.live().exclude(named_on__current=True).count()
    text = ngettext(
        "%(n)d invited person is on no valid letter yet.",
        "%(n)d invited people are on no valid letter yet.",
        unnamed,
    ) % {"n": unnamed}
    explained = _(
        "One letter goes to each office concerned, with a number of its own. Who is on a valid letter stays there; if dates or place of the class changed, new letters replace all of them."
    )
    context = {
        "title": _("Make the letters"),
        "crumbs": [*class_crumbs(training_class), (_("Letters"), back)],
        "text": f"{text} {explained}",
        "label": _("Make the letters"),
        "back_url": back,
    }
    return render(request, "confirm.html", context)


def _result(made: making.Made) -> str:
    if not made.letters and not made.ended:
        return _("Nothing changed: everybody invited is on a valid letter already.")
    return ngettext("%(n)d letter is made.", "%(n)d letters are made.", len(made.letters)) % {
        "n": len(made.letters)
    }


@access(Permission.DOWNLOAD_LISTS)
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter in scope as PDF; recorded before it leaves."""
    letter = get_object_or_404(Letter.objects.visible_to(request.user).for_table(), pk=pk)
    try:
        content = rendering.pdf_bytes(letter)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect("invitations:letters", pk=letter.training_class_id)
    making.record_download([letter], by=request.user, sha256=letter.sha256)
    return as_pdf(content, f"surat {letter.number.replace('/', '-')} {Mark.of(request.user).name_part}")


@access(Permission.SELECT)
def bundle(request: HttpRequest, pk: int) -> HttpResponse:
    """All valid letters of one's own class in one PDF; each is recorded as downloaded."""
    training_class = plannable_class(request, pk)
    letters = bundles.letters_of(training_class.pk)
    if not letters:
        raise Http404
    content = bundles.prepared(letters)
    if content is None:
        if making.is_large(letters):
            job = making.prepare(training_class=training_class, by=request.user)
            return redirect("jobs:progress", pk=job.pk)
        try:
            content = bundles.bundle(letters)
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
            return redirect("invitations:letters", pk=pk)
    making.record_download(letters, by=request.user, sha256=files.digest(content))
    return as_pdf(content, f"surat {training_class.code} {Mark.of(request.user).name_part}")


@access(Permission.SELECT)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """End a letter of one's own class with a reason; it stays on record."""
    letter = get_object_or_404(
        Letter.objects.filter(training_class__in=plannable_classes(request)).for_table(), pk=pk
    )
    back = reverse("invitations:letters", args=[letter.training_class_id])
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            making.withdraw(letter=letter, by=request.user, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("The letter is withdrawn and stays on record."))
            return redirect(back)
    context = {
        "title": _("Withdraw letter %(number)s") % {"number": letter.number},
        "crumbs": [*class_crumbs(letter.training_class), (_("Letters"), back)],
        "text": _(
            "The public page will say that it is withdrawn. Its people can then be put on a new letter."
        ),
        "form": form,
        "label": _("Withdraw"),
        "tone": "bad",
        "back_url": back,
    }
    return render(request, "confirm.html", context)


@access(Permission.PLAN_CLASSES)
def template(request: HttpRequest, pk: int) -> HttpResponse:
    """The texts of one's own organiser: a form, a preview, the versions."""
    organiser = get_object_or_404(Unit.objects.organising_for(request.user), pk=pk)
    texts, version = texts_of(organiser)
    form = TextsForm(request.POST or None, initial=texts.as_json())
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            content = making.sample(organiser=organiser, texts=form.texts(), on=timezone.localdate())
            return as_pdf(content, f"pratinjau {organiser.code}", inline=True)
        try:
            saved = making.save_texts(organiser=organiser, texts=form.texts(), by=request.user)
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("Version %(n)d is in force for new letters.") % {"n": saved.version})
            return redirect("invitations:letter_template", pk=pk)
    context = {
        "title": _("Letter template"),
        "subtitle": organiser.name,
        "crumbs": [(_("Letters"), reverse("invitations:letter_list"))],
        "form": form,
        "organiser": organiser,
        "version": version,
        "versions": organiser.letter_templates.select_related("made_by").order_by("-version"),
    }
    return render(request, "invitations/letter_template.html", context)


@access(PUBLIC)
@never_cache
def check(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the QR on a letter confirms: number, date, class, count of names, state. No names."""
    letter = get_object_or_404(Letter.objects.for_table(), public_id=public_id)
    cancelled = letter.training_class.state == TrainingClass.State.CANCELLED
    context = {
        "title": _("Checking a letter"),
        "letter": letter,
        "cancelled": cancelled,
        "valid": letter.state == Letter.State.VALID and not cancelled,
        "first_day": date.fromisoformat(letter.facts["first_day"]),
        "last_day": date.fromisoformat(letter.facts["last_day"]),
    }
    response = render(request, "invitations/letter_check.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
