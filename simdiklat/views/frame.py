"""Language switch and the pages for errors."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts.access import PUBLIC, access


@access(PUBLIC, before_second_factor=True)
@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Change the language of the pages; remembered with the account of whoever is signed in."""
    code = request.POST.get("language", "")
    if request.user.is_authenticated and check_for_language(code) and code in ("id", "en"):
        request.user.language = code
        request.user.save(update_fields=["language"])
    return set_language(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Too large, or not understood: each with what to do about it."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return render(request, "400.html", status=400)
