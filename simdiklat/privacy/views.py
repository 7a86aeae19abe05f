"""Pages on personal data: in plain words, one's own copy, breach reports, changes with before and after."""

import hashlib
import io
import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import PUBLIC, SIGNED_IN, access, holds
from accounts.roles import Permission
from audit import log, reading
from audit.errors import Refusal
from audit.marks import Mark
from employees.correction_models import CorrectionRequest
from employees.privacy.views import crumbs, own_person
from simdiklat.privacy import breach, own_data
from simdiklat.privacy.changes import KINDS, changes_of
from simdiklat.privacy.forms import BreachForm

#: People listed on the page of a breach report; the CSV has them all.
LISTED = 200


@access(PUBLIC)
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about people, why, for how long, who sees it, and what each person can do."""
    user = request.user
    corrects = holds(user, Permission.CORRECT)
    context = {
        "title": _("Personal data protection"),
        "person": getattr(user, "employee", None),
        "corrects": corrects,
        "corrections": CorrectionRequest.objects.for_officer(user).open().count() if corrects else 0,
        "audits": holds(user, Permission.SEE_AUDIT),
    }
    return render(request, "simdiklat/privacy/privacy.html", context)


@access(SIGNED_IN)
def own(request: HttpRequest) -> HttpResponse:
    """Everything kept about oneself, readable on one page, with the copies to take along."""
    person = own_person(request)
    context = {
        "title": _("My data"),
        "crumbs": crumbs(),
        "parts": own_data.in_words(own_data.collect(person)),
    }
    return render(request, "simdiklat/privacy/own.html", context)


@access(SIGNED_IN)
def own_file(request: HttpRequest, kind: str) -> HttpResponse:
    """The same as a file, JSON or XLSX; noted, and a few times an hour at most."""
    person = own_person(request)
    if kind not in ("json", "xlsx"):
        raise Http404
    try:
        own_data.check_pace(request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect("own_data")
    parts, mark = own_data.collect(person), Mark.of(request.user)
    if kind == "json":
        content = json.dumps(parts, ensure_ascii=False, indent=2).encode()
        content_type = "application/json"
    else:
        content = own_data.workbook(parts, mark)
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"data-saya-{mark.name_part}.{kind}"
    # The person's own reading is no reading by somebody: it names no subject.
    reading.note(
        reading.Kind.OWN, by=request.user, what=name, object_type="employee", object_id=person.pk,
        row_count=1, sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    return _file(content, name, content_type)


@access(Permission.SEE_AUDIT)
def breach_page(request: HttpRequest) -> HttpResponse:
    """Whose data an account or a download has touched: counts, names, and the CSV for the notice."""
    form = BreachForm(request.GET or None)
    found = None
    if form.is_valid():
        try:
            found = breach.report(by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
    if found is not None:
        asked = {name: str(value) for name, value in form.cleaned_data.items() if value}
        as_csv = request.GET.get("format") == "csv"
        counts = {"people": len(found.people), "hidden": found.hidden, "readings": found.readings}
        log.record("breach.report", by=request.user, object_type="breach", data={**asked, **counts})
        if as_csv and not holds(request.user, Permission.SEE_NIP):
            raise Http404
        stream = io.StringIO()
        breach.write_csv(found, stream)
        content = stream.getvalue().encode() if as_csv else b""
        name = f"insiden-{Mark.of(request.user).name_part}.csv" if as_csv else "breach"
        reading.note(
            reading.Kind.DOWNLOADED if as_csv else reading.Kind.SEARCHED, by=request.user, what=name,
            subjects=[one.person.pk for one in (found.people if as_csv else found.people[:LISTED])],
            object_type="breach", filters=asked, sha256=hashlib.sha256(content).hexdigest() if as_csv else "",
        )  # fmt: skip
        if as_csv:
            return _file(content, name, "text/csv; charset=utf-8")
    context = {
        "title": _("Breach report"),
        "crumbs": crumbs(),
        "form": form,
        "found": found,
        "listed": found.people[:LISTED] if found else [],
        "query": request.GET.urlencode(),
        "may_download": holds(request.user, Permission.SEE_NIP),
    }
    return render(request, "simdiklat/privacy/breach.html", context)


@access(Permission.SEE_AUDIT, Permission.PLAN_CLASSES)
def changes(request: HttpRequest, record: str, pk: int) -> HttpResponse:
    """What a record in scope said before and after each change."""
    kind = KINDS.get(record)
    if kind is None:
        raise Http404
    found: Any = get_object_or_404(kind.visible(request.user), pk=pk)
    if record in ("employee", "history"):
        person = pk if record == "employee" else found.employee_id
        reading.note(reading.Kind.OPENED, by=request.user, subjects=[person], what="changes", object_type=record, object_id=pk)  # fmt: skip
    context = {
        "title": _("Changes"),
        "subtitle": kind.label if record == "rule" else f"{kind.label} · {found}",
        "crumbs": [(kind.label, reverse(kind.page, args=[] if record == "rule" else [pk]))]
        if kind.page
        else [],
        "changes": changes_of(found),
    }
    return render(request, "simdiklat/privacy/changes.html", context)


def _file(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
