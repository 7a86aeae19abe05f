"""The papers of one class: the list of what there is, and the downloads."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.access import access
from accounts.roles import Permission
from audit.errors import Refusal
from certificates.forms import PaperForm
from certificates.papers import making
from certificates.papers.blocks import Options
from trainings.views.common import crumbs as class_crumbs
from trainings.views.common import visible_class


@access(Permission.DOWNLOAD_LISTS)
def papers(request: HttpRequest, pk: int) -> HttpResponse:
    """All papers of a class that this person may have."""
    training_class = visible_class(request, pk)
    context = {
        "title": _("Papers"),
        "subtitle": str(training_class),
        "crumbs": class_crumbs(training_class),
        "training_class": training_class,
        "papers": [
            (paper, PaperForm(auto_id=f"{paper.key}-%s") if paper.numbered else None)
            for paper in making.papers_for(training_class, request.user)
        ],
    }
    return render(request, "certificates/papers.html", context)


@access(Permission.DOWNLOAD_LISTS)
def download(request: HttpRequest, pk: int, key: str, kind: str) -> HttpResponse:
    """One paper in one format; number and day come with the address."""
    training_class = visible_class(request, pk)
    offered = {paper.key: paper for paper in making.papers_for(training_class, request.user)}
    paper = offered.get(key)
    if paper is None or kind not in paper.formats:
        raise Http404
    form = PaperForm(request.GET)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(str(error) for error in errors))
        return redirect("certificates:papers", pk=pk)
    options = Options(form.cleaned_data["number"], form.cleaned_data["dated"])
    try:
        made = making.make(
            training_class=training_class, paper=paper, fmt=kind, by=request.user, options=options
        )
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect("certificates:papers", pk=pk)
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    response["Cache-Control"] = "private, no-store"
    return response
