"""The page on personal data in plain words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.access import PUBLIC, access


@access(PUBLIC)
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about people, why, for how long, who sees it, and what each person can do."""
    context = {
        "title": _("Personal data protection"),
        "person": getattr(request.user, "employee", None),
    }
    return render(request, "simdiklat/privacy/privacy.html", context)
