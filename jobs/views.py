"""Progress of long work, and its result.

These rooms lie below accounts, so the access of their views is declared where they get their addresses:
simdiklat/urls.py.
"""

from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs import results
from jobs.models import Job

#: Jobs shown in the list of one's own.
LISTED = 50


def job_list(request: HttpRequest) -> HttpResponse:
    """The user's own jobs, the latest first."""
    own = Job.objects.visible_to(request.user)[:LISTED]
    return render(request, "jobs/list.html", {"title": _("Tasks"), "jobs": own})


def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """One job with its progress; htmx asks for the part that changes, until the job has finished."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    context = {"title": job.title, "job": job, "seconds_left": seconds_left(job)}
    return render(
        request, "jobs/_progress.html" if request.headers.get("HX-Request") else "jobs/progress.html", context
    )


def seconds_left(job: Job) -> int | None:
    """Seconds the job will still take at its pace so far, or None while that cannot be said."""
    if not job.started_at or not job.done or job.finished or job.done >= job.total:
        return None
    spent = (timezone.now() - job.started_at).total_seconds()
    return round(spent * (job.total - job.done) / job.done)


def result_file(request: HttpRequest, pk: int) -> FileResponse | HttpResponseRedirect:
    """The file a job produced, for its owner only, and only as long as the owner may still see what is in it."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk, state=Job.State.DONE)
    path = (Path(settings.RESULTS_DIR) / job.result_file).resolve()
    if not job.result_file or Path(settings.RESULTS_DIR).resolve() not in path.parents or not path.is_file():
        raise Http404
    if not results.may_fetch(job):
        messages.error(
            request,
            _(
                "What you may see has changed since this file was made. Make it again, and it holds what you may see now."
            ),
        )
        return redirect("jobs:progress", pk=pk)
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)
