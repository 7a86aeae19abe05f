"""Curriculum versions of a programme: draft, publish, files."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import access, holds
from accounts.roles import Permission
from audit.errors import Refusal
from trainings import actions
from trainings.forms.agenda import CurriculumForm, FileForm, SubjectRows
from trainings.models import CurriculumVersion, Programme, SubjectFile
from trainings.views.downloads import as_download


@access(Permission.PLAN_CLASSES)
@require_POST
def curriculum_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the programme's draft, or begin one from the latest version."""
    programme = get_object_or_404(Programme, pk=pk)
    draft = actions.draft_curriculum(programme=programme, by=request.user)
    return redirect("trainings:curriculum_edit", pk=draft.pk)


@access(Permission.SEE_CLASSES)
def curriculum(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: subjects by group with their hours and files."""
    version = get_object_or_404(CurriculumVersion.objects.select_related("programme"), pk=pk)
    edits = holds(request.user, Permission.PLAN_CLASSES)
    form = FileForm(request.POST or None, request.FILES or None, version=version)
    if request.method == "POST" and edits and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            actions.add_file(
                subject=form.cleaned_data["subject"],
                by=request.user,
                kind=form.cleaned_data["kind"],
                name=upload.name,
                content=upload.read(),
            )
        except Refusal as refusal:
            form.add_error("file", refusal.user_message)
        else:
            messages.success(request, _("The file is added."))
            return redirect("trainings:curriculum", pk=pk)
    files = SubjectFile.objects.filter(subject__version=version).defer("content")
    by_subject: dict[int, list[SubjectFile]] = {}
    for file in files:
        by_subject.setdefault(file.subject_id, []).append(file)
    subjects = [(subject, by_subject.get(subject.pk, [])) for subject in version.subjects.all()]
    context = {
        "title": _("Curriculum, version %(number)d") % {"number": version.number},
        "subtitle": version.programme.name,
        "crumbs": _crumbs(version),
        "version": version,
        "subjects": subjects,
        "total": sum(subject.jp for subject, _files in subjects),
        "edits": edits,
        "form": form,
    }
    if edits and version.published_at is None:
        context |= {
            "action_url": reverse("trainings:curriculum_edit", args=[pk]),
            "action_label": _("Change the draft"),
        }
    return render(request, "trainings/curriculum.html", context)


@access(Permission.PLAN_CLASSES)
def curriculum_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft: its subjects in their order, the planned share online; then publish it."""
    version = get_object_or_404(
        CurriculumVersion.objects.filter(published_at=None).select_related("programme"), pk=pk
    )
    initial = list(version.subjects.values("pk", "group", "name", "jp", "syllabus"))
    own = {"online_percent": version.online_percent, "tolerance": version.tolerance, "note": version.note}
    form = CurriculumForm(request.POST or None, initial=own)
    rows = SubjectRows(request.POST or None, initial=initial, prefix="s")
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        planned = [
            actions.SubjectPlan(**{**row, "jp": row["jp"] or 0})
            for row in rows.cleaned_data
            if row and row["name"]
        ]
        try:
            actions.save_curriculum(version=version, by=request.user, subjects=planned, **form.cleaned_data)
            if "publish" in request.POST:
                actions.publish_curriculum(version=version, by=request.user)
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, _("The curriculum is saved."))
            return redirect("trainings:curriculum", pk=pk)
    context = {
        "title": _("Curriculum, version %(number)d") % {"number": version.number},
        "subtitle": version.programme.name,
        "crumbs": _crumbs(version),
        "form": form,
        "rows": rows,
    }
    return render(request, "trainings/curriculum_form.html", context)


@access(Permission.SEE_CLASSES)
def subject_file(request: HttpRequest, pk: int) -> HttpResponse:
    """A module or guide as a download."""
    file = get_object_or_404(SubjectFile, pk=pk)
    return as_download(bytes(file.content), file.name, file.content_type)


def _crumbs(version: CurriculumVersion) -> list[tuple[str, str]]:
    return [
        (_("Catalogue"), reverse("trainings:programme_list")),
        (version.programme.name, reverse("trainings:programme_detail", args=[version.programme_id])),
    ]
