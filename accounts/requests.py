"""The request as views know it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request with `htmx`, set by the middleware: true when a part of a page is asked for."""

    htmx: HtmxDetails
