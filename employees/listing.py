"""One way to answer for a list: the page, its table alone for htmx, or its rows counted to the end."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.requests import HtmxRequest

#: The table alone, which a list's page includes.
TABLE = "_table.html"


def respond(request: HtmxRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The list in `context["table"]`, a paged table that `counts_exactly`.

    Its page shows at once that there are more rows than it counted, and asks for their number afterwards.
    """
    if request.GET.get("count") == "exact":
        return HttpResponse(
            context["table"].paginator.exact_words(), content_type="text/plain; charset=utf-8"
        )
    return render(request, TABLE if request.htmx else template, context)
