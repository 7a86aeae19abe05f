"""The certificates of one class: state, files, ZIP, revocation and new versions; one's own certificate."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import SIGNED_IN, access
from accounts.requests import HtmxRequest
from accounts.roles import Permission
from audit import origin
from audit.errors import Refusal
from audit.marks import Mark
from certificates import actions, rendering, signing
from certificates.delivery import zips
from certificates.models import Certificate, CertificateVersion
from certificates.tables import CertificateTable
from certificates.texts import texts_of
from trainings.forms.reason import ReasonForm
from trainings.models import HistoryRecord, TrainingClass
from trainings.views.common import crumbs as class_crumbs
from trainings.views.common import plannable_class, plannable_classes, visible_class
from trainings.views.downloads import as_pdf


@access(Permission.DOWNLOAD_LISTS)
def class_certificates(request: HtmxRequest, pk: int) -> HttpResponse:
    """The certificates of one class: all for those who plan it, one's own people's for a regional office."""
    training_class = visible_class(request, pk)
    plans = TrainingClass.objects.plannable_by(request.user).filter(pk=pk).exists()
    certificates = Certificate.objects.visible_to(request.user).filter(training_class=pk)
    table = CertificateTable(certificates.for_table(), order_by="number")
    table.may_change = plans
    context: dict[str, Any] = {
        "title": _("Certificates"),
        "subtitle": str(training_class),
        "crumbs": class_crumbs(training_class),
        "training_class": training_class,
        "table": table.paged(request),
        "plans": plans,
    }
    if request.htmx:
        return render(request, "_table.html", context)
    if plans:
        took_part = HistoryRecord.objects.took_part().filter(training_class=pk)
        context |= {
            "took_part": took_part.count(),
            "issued": Certificate.objects.filter(training_class=pk).count(),
            "missing": took_part.filter(certificate=None).count(),
            "valid": CertificateVersion.objects.valid().of_class(pk).count(),
            "template_version": texts_of(training_class.organiser)[1],
            "signer": _signer(training_class),
        }
    return render(request, "certificates/class.html", context)


def _signer(training_class: TrainingClass) -> Any:
    signer = signing.signer_for(training_class.organiser)
    return signer.signed_by() if signer else None


@access(Permission.PLAN_CLASSES)
@require_POST
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue the certificates that records of one's own class still lack."""
    training_class = plannable_class(request, pk)
    try:
        made = actions.issue_missing(training_class=training_class, by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
    else:
        words = ngettext("%(n)d certificate is issued.", "%(n)d certificates are issued.", len(made))
        messages.success(request, words % {"n": len(made)})
    return redirect("certificates:class", pk=pk)


@access(Permission.DOWNLOAD_LISTS)
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The valid paper of a certificate in scope; recorded before it leaves."""
    certificate = get_object_or_404(_with_class(Certificate.objects.visible_to(request.user)), pk=pk)
    return _paper(request, certificate, reverse("certificates:class", args=[certificate.training_class_id]))


@access(SIGNED_IN)
def own_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own certificate."""
    certificate = get_object_or_404(_with_class(Certificate.objects.of_user(request.user)), pk=pk)
    return _paper(request, certificate, reverse("home"))


def _paper(request: HttpRequest, certificate: Certificate, back: str) -> HttpResponse:
    version = certificate.latest
    if version.state != CertificateVersion.State.VALID:
        messages.error(request, _("This certificate is revoked; there is no valid file of it."))
        return redirect(back)
    version.certificate = certificate
    try:
        content = rendering.pdf_bytes(version)
    except Refusal as refusal:
        messages.error(request, refusal.user_message)
        return redirect(back)
    name = f"sertifikat {zips.file_name(version)}"
    actions.record_download(
        versions=[version],
        training_class=certificate.training_class,
        by=request.user,
        name=name,
        sha256=version.sha256,
    )
    return as_pdf(content, name[:-4])


@access(Permission.PLAN_CLASSES)
def archive(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All valid certificates of one's own class as ZIP; a job makes it first, with its progress."""
    training_class = plannable_class(request, pk)
    versions = zips.versions_of(pk)
    if not versions:
        raise Http404
    stream = zips.opened(versions)
    if stream is None:
        job = actions.prepare_zip(training_class=training_class, by=request.user)
        return redirect("jobs:progress", pk=job.pk)
    name = f"{slugify(f'sertifikat {training_class.code} {Mark.of(request.user).name_part}')}.zip"
    actions.record_download(
        versions=versions,
        training_class=training_class,
        by=request.user,
        name=name,
        sha256=zips.sha256_of(stream),
    )
    stream.seek(0)
    response = FileResponse(stream, as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response


@access(Permission.PLAN_CLASSES)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a certificate of one's own class with a reason; its address goes on answering."""
    return _change(
        request,
        pk,
        actions.revoke,
        title=_("Revoke certificate %(number)s"),
        text=_(
            "The public page will say that it is revoked; the reason is shown to officers only. Training history and standing stay as they are."
        ),
        label=_("Revoke"),
        done=_("The certificate is revoked. It stays on record, and its address goes on answering."),
        tone="bad",
    )


@access(Permission.PLAN_CLASSES)
def reissue(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a new version of a certificate of one's own class under the same number."""
    return _change(
        request,
        pk,
        actions.reissue,
        title=_("Issue certificate %(number)s anew"),
        text=_(
            "A new version is made from the data, the template and the signature of today, under the same number. The address of the present one goes on answering and says that it is replaced."
        ),
        label=_("Issue anew"),
        done=_("The new version is valid; the one before says that it is replaced."),
    )


def _change(request: HttpRequest, pk: int, action: Any, **words: str) -> HttpResponse:
    certificates = Certificate.objects.filter(training_class__in=plannable_classes(request))
    certificate = get_object_or_404(_with_class(certificates), pk=pk)
    origin.show(certificate.record.employee_id)  # the name is that on the paper
    back = reverse("certificates:class", args=[certificate.training_class_id])
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            action(certificate=certificate, by=request.user, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(request, words["done"])
            return redirect(back)
    context = {
        "title": words["title"] % {"number": certificate.number},
        "subtitle": certificate.latest.public["name"],
        "crumbs": [*class_crumbs(certificate.training_class), (_("Certificates"), back)],
        "text": words["text"],
        "form": form,
        "label": words["label"],
        "tone": words.get("tone", ""),
        "back_url": back,
    }
    return render(request, "confirm.html", context)


def _with_class(certificates: Any) -> Any:
    return certificates.for_table().select_related("training_class__organiser", "organiser")
