"""One way to answer for a list: the page, its table alone for htmx, or its rows counted to the end."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import holds
from accounts.requests import HtmxRequest
from employees.exporting.lists import find

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
    table = context["table"]
    exported = find(table.export_name)
    table.may_export = exported is not None and holds(request.user, exported.permission)
    return render(request, TABLE if request.htmx else template, context)
