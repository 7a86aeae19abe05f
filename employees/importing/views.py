"""Imports in the portal: upload, what the file would do, decide, write with progress, mend and repeat."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from accounts.access import access
from accounts.requests import HtmxRequest, number_in
from accounts.roles import Permission
from audit.errors import Refusal
from employees.codes import Activity
from employees.importing import named, running, store
from employees.importing.importer import Faults
from employees.importing.models import ImportKind, ImportRun
from employees.importing.registry import importer_for
from employees.importing.staged import Lines, Outcome
from employees.importing.staging import Stage
from employees.importing.tables import ImportTable
from jobs.views import seconds_left

#: Rows of a preview list on one page.
PER_PAGE = 50
State = ImportRun.State

#: Where a list of an outcome leads: what it is about, in words.
_NOTES: dict[str, Any] = {
    Outcome.NEW: gettext_lazy("Not stored yet: will be added."),
    Outcome.CHANGED: gettext_lazy("Stored, and the file says something else: each field before and after."),
    Outcome.UNCHANGED: gettext_lazy("Stored exactly so: nothing happens."),
    Outcome.LIKELY: gettext_lazy(
        "Nobody has this number, but somebody of much the same name was born on the same day: you decide."
    ),
    Outcome.CONFLICTING: gettext_lazy("At odds with what is stored or with another row: left out."),
    Outcome.REJECTED: gettext_lazy("Something is wrong in the row itself: left out."),
    Outcome.MISSING: gettext_lazy(
        "Stored, and the file could have named them but does not. This is only told: nothing happens to them."
    ),
}


class UploadForm(forms.Form):
    """A file and what it is."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What is in the file?"), choices=ImportKind.choices, initial=ImportKind.EMPLOYEES,
        widget=forms.RadioSelect,
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("File"), allow_empty_file=True,
        help_text=gettext_lazy("XLSX, or CSV in UTF-8. Nothing is written before you have seen what would change."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )  # fmt: skip


class ConfirmForm(forms.Form):
    """The number of rows to be written, where it has to be typed."""

    def __init__(self, *args: Any, run: ImportRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if running.must_type(run):
            self.fields["typed"] = forms.IntegerField(
                label=_("Type the number of rows to be written, %(n)d, to confirm") % {"n": run.to_write}
            )


class MissingForm(forms.Form):
    """What the people missing from a file are now, and how many they are."""

    activity = forms.ChoiceField(
        label=gettext_lazy("What are these people now?"), widget=forms.RadioSelect,
        choices=[choice for choice in Activity.choices if choice[0] != Activity.AKTIF],
    )  # fmt: skip
    typed = forms.IntegerField(label=gettext_lazy("Type the number of people to confirm"))


@access(Permission.IMPORT)
def import_list(request: HtmxRequest) -> HttpResponse:
    """All imports, the latest first."""
    runs = ImportRun.objects.visible_to(request.user).for_table()
    context = {
        "title": _("Imports"),
        "subtitle": _("Units, people, catalogue, classes and training history from CSV and XLSX files."),
        "action_url": reverse("employees:import_upload"),
        "action_label": _("Upload a file"),
        "action_icon": "plus",
        "table": ImportTable(runs).paged(request),
    }
    return render(request, "_table.html" if request.htmx else "_list.html", context)


@access(Permission.IMPORT)
def import_upload(request: HttpRequest) -> HttpResponse:
    """Upload a file; it is checked in the background."""
    form = UploadForm(
        request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind") or "employees"}
    )
    if request.method == "POST" and form.is_valid():
        try:
            run = running.upload(by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            return redirect("employees:import", pk=run.pk)
    context = {
        "title": _("Upload a file"),
        "crumbs": [(_("Imports"), reverse("employees:imports"))],
        "form": form,
    }
    return render(request, "employees/importing/upload.html", context)


@access(Permission.IMPORT)
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: its progress, or what the file would do, or what it did."""
    run = _run(request, pk)
    job = run.job
    context = {
        "title": run.file_name,
        "subtitle": run.get_kind_display(),
        "crumbs": [(_("Imports"), reverse("employees:imports"))],
        "run": run,
        "outcomes": [
            (outcome, outcome.label, run.count(outcome), _NOTES[outcome])
            for outcome in Outcome
            if run.count(outcome) or outcome in (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED)
        ],
        "left_out": run.count(Outcome.REJECTED) + run.count(Outcome.CONFLICTING) + run.count(Outcome.LIKELY),
        "job": job if job is not None and job.owner_id == request.user.pk and not job.finished else None,
        "interrupted": run.state == State.STOPPED
        or (run.state == State.WRITING and (job is None or job.finished)),
        "seconds_left": seconds_left(job) if job else None,
        "can_set_missing": run.kind == ImportKind.EMPLOYEES and run.state == State.DONE and run.files_kept,
        "written": run.written,
    }
    return render(request, "employees/importing/detail.html", context)


@access(Permission.IMPORT)
def import_rows(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The rows of one outcome (`kind`), a page at a time."""
    run = _run(request, pk)
    if kind not in Outcome.values or not run.files_kept or run.state in (State.CHECKING, State.FAILED):
        raise Http404
    outcome = Outcome(kind)
    importer = importer_for(run.kind)(present=frozenset(run.present), faults=Faults(), stage=Stage(()))
    lines: Any = Lines(run.pk, outcome, run.count(outcome), importer.comparison())
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    named.note_page(run=run, outcome=outcome, lines=list(page.object_list), page=page.number, by=request.user)
    context = {
        "title": outcome.label,
        "subtitle": _NOTES[outcome],
        "crumbs": [
            (_("Imports"), reverse("employees:imports")),
            (run.file_name, reverse("employees:import", args=[run.pk])),
        ],
        "run": run,
        "outcome": outcome,
        "page": page,
        "people": run.kind == ImportKind.EMPLOYEES,
        "decide": outcome == Outcome.LIKELY and run.decidable,
    }
    return render(request, "employees/importing/rows.html", context)


@access(Permission.IMPORT)
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes to a preview; above a hundred rows, and for a run that stopped by itself, by typing the number."""
    run = _run(request, pk)
    if not run.decidable:
        messages.warning(request, _("This import no longer waits for a decision."))
        return redirect("employees:import", pk=pk)
    form = ConfirmForm(request.POST or None, run=run)
    if request.method == "POST" and form.is_valid():
        try:
            running.confirm(run=run, by=request.user, typed=form.cleaned_data.get("typed"))
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            return redirect("employees:import", pk=pk)
    counted = ngettext("%(n)d row will be written", "%(n)d rows will be written", run.to_write) % {
        "n": run.to_write
    }
    context = {
        "title": counted,
        "subtitle": run.file_name,
        "crumbs": [
            (_("Imports"), reverse("employees:imports")),
            (run.file_name, reverse("employees:import", args=[run.pk])),
        ],
        "text": _(
            "%(new)d new and %(changed)d changed rows. They are written in batches; you can stop at any time "
            "and go on later. What somebody changes meanwhile is left as it is and reported."
        )
        % {"new": run.count("new"), "changed": run.count("changed")},
        "form": form,
        "label": _("Write these rows"),
        "back_url": reverse("employees:import", args=[run.pk]),
    }
    return render(request, "confirm.html", context)


@access(Permission.IMPORT)
@require_POST
def import_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The same person, or somebody new: one row."""
    run = _run(request, pk)
    row = request.POST.get("row", "")
    try:
        running.decide(
            run=run,
            row=number_in(row) or 0,
            decision=request.POST.get("decision", ""),
            by=request.user,
        )
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
    return redirect("employees:import_rows", pk=pk, kind=Outcome.LIKELY)


def _step(request: HttpRequest, pk: int, action: Any) -> HttpResponse:
    try:
        action(run=_run(request, pk), by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
    return redirect("employees:import", pk=pk)


@access(Permission.IMPORT)
@require_POST
def import_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop the work that is going on."""
    return _step(request, pk, running.stop)


@access(Permission.IMPORT)
@require_POST
def import_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on behind the last batch that is in."""
    return _step(request, pk, running.resume)


@access(Permission.IMPORT)
@require_POST
def import_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an import away."""
    return _step(request, pk, running.discard)


@access(Permission.IMPORT)
def import_missing(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the state of the people whom a written file does not name; never done by itself."""
    run = _run(request, pk)
    if run.kind != ImportKind.EMPLOYEES or run.state != State.DONE or not run.count(Outcome.MISSING):
        raise Http404
    form = MissingForm(request.POST or None)
    form.fields["typed"].label = _("Type the number of people, %(n)d, to confirm") % {
        "n": run.count(Outcome.MISSING)
    }
    if request.method == "POST" and form.is_valid():
        try:
            changed = running.set_missing_activity(run=run, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(
                request,
                ngettext("%(n)d person was changed.", "%(n)d people were changed.", changed) % {"n": changed},
            )
            return redirect("employees:import", pk=pk)
    context = {
        "title": _("People missing from the file"),
        "subtitle": run.file_name,
        "crumbs": [
            (_("Imports"), reverse("employees:imports")),
            (run.file_name, reverse("employees:import", args=[run.pk])),
        ],
        "text": _(
            "These people are in service and work in units that the file names, but the file does not name "
            "them. Whoever is no longer in service is not invited any more. Look at the list first."
        ),
        "form": form,
        "label": _("Change these people"),
        "tone": "bad",
        "back_url": reverse("employees:import_rows", args=[run.pk, "missing"]),
    }
    return render(request, "confirm.html", context)


@access(Permission.IMPORT)
def import_errors(request: HttpRequest, pk: int, kind: str) -> FileResponse:
    """The rows that are left out, to be mended and uploaded again; `kind`: csv or xlsx."""
    run = _run(request, pk)
    if kind not in ("csv", "xlsx"):
        raise Http404
    path = store.errors_path(run.stored_name, kind)
    if not path.is_file():
        raise Http404
    stem = running.note_downloaded(run=run, path=path, ending=kind, by=request.user)
    name = _("%(file)s - to mend") % {"file": stem}
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{name}.{kind}")


def _run(request: HttpRequest, pk: int) -> ImportRun:
    return get_object_or_404(
        ImportRun.objects.visible_to(request.user).select_related("job", "owner", "confirmed_by"), pk=pk
    )
