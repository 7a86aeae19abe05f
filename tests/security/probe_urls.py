"""The portal's addresses, a page that breaks and a file that is streamed."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from accounts.access import PUBLIC, SIGNED_IN, access
from simdiklat.urls import *  # noqa: F403 - the portal's own addresses
from simdiklat.urls import urlpatterns as portal


@access(PUBLIC)
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a mistake, on purpose: secret-in-a-traceback")


@access(SIGNED_IN)
def file(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse([b"NIP\n"], content_type="text/csv")


urlpatterns = [*portal, path("probe/broken/", broken), path("probe/file/", file)]
