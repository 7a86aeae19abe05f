"""The public pages: what the QR on a certificate confirms, and the search by number and name."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.access import PUBLIC, access
from accounts.limits import TooMany
from audit import origin
from certificates import limits, lookup
from certificates.forms import CheckForm
from certificates.models import CertificateVersion
from trainings.codes import Result


@access(PUBLIC)
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """Find a certificate by its number together with the name on it; a number alone could be counted through."""
    form = CheckForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            limits.count(request)
        except TooMany as stop:
            return _too_many(request, stop, form)
        version = lookup.find(form.cleaned_data["number"], form.cleaned_data["name"])
        if version:
            limits.found(request)
            return _private(redirect("certificates:check", public_id=version.public_id))
        # One sentence for both, so that it cannot be found out which numbers exist.
        form.add_error(
            None,
            _(
                "No certificate with this number and this name is on record. Compare both with the paper, letter by letter."
            ),
        )
        status = 404
    context = {"title": _("Checking a certificate"), "form": form}
    return _private(render(request, "certificates/search.html", context, status=status))


@access(PUBLIC)
@never_cache
def check(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the QR on a certificate confirms: name, programme, hours, dates, number, state. Nothing else.

    The address of a paper answers for ever, also when it was replaced or revoked, and whoever has it is
    never stopped: it cannot be guessed. Addresses that do not exist count as guesses.
    """
    version = CertificateVersion.objects.with_certificate().filter(public_id=public_id).first()
    if version is not None:
        if request.user.is_authenticated:
            origin.show(version.certificate.record.employee_id)
        response = _private(render(request, "certificates/check.html", _context(version)))
        # The address is a key of its own. Not on pages with a form: a browser then posts without an origin.
        response["Referrer-Policy"] = "no-referrer"
        return response
    try:
        limits.count(request)
    except TooMany as stop:
        return _too_many(request, stop, CheckForm())
    context = {"title": _("Checking a certificate"), "form": CheckForm(), "unknown": True}
    return _private(render(request, "certificates/search.html", context, status=404))


def _context(version: CertificateVersion) -> dict[str, Any]:
    public = version.public
    successor = None
    if version.state == CertificateVersion.State.REPLACED:
        successor = version.certificate.versions.filter(version=version.version + 1).first()
    return {
        "title": _("Checking a certificate"),
        "version": version,
        "certificate": version.certificate,
        "public": public,
        "result": Result(public["result"]).label,
        "first_day": date.fromisoformat(public["first_day"]),
        "last_day": date.fromisoformat(public["last_day"]),
        "valid": version.state == CertificateVersion.State.VALID,
        "successor": successor,
    }


def _too_many(request: HttpRequest, stop: TooMany, form: CheckForm) -> HttpResponse:
    """How long to wait, over the form with what was typed: it is sent again then."""
    context = {"title": _("Checking a certificate"), "form": form, "message": stop.user_message}
    response = _private(render(request, "certificates/search.html", context, status=429))
    response["Retry-After"] = str(stop.seconds)
    return response


def _private(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
