"""A signed-in browser without a network: what a page costs in the web process, every layer included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import include, path

from accounts.models import User
from simdiklat import collector
from simdiklat.demo.accounts import PLANNER


def empty(request: HttpRequest) -> HttpResponse:
    """What every page costs: sessions, sign-in, security headers, and nothing else."""
    return HttpResponse("")


#: The portal's addresses and the empty page, while measuring only.
urlpatterns = [path("empty/", empty), path("", include("simdiklat.urls"))]


@contextmanager
def signed_in() -> Iterator[Callable[[str], None]]:
    """A function that fetches an address as the central planner, and fails on anything but a page."""
    plain: dict[str, Any] = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    with override_settings(
        # Signed in by force: there is nobody to show a second factor.
        ROOT_URLCONF=__name__,
        STORAGES=plain,
        SECURE_SSL_REDIRECT=False,
        ALLOWED_HOSTS=["*"],
        REQUIRE_SECOND_FACTOR=False,
    ):
        client = Client()
        client.force_login(User.objects.get(username=PLANNER))
        client.get("/empty/")  # what the first request loads is there
        collector.settle()  # as in the web process

        def get(address: str) -> None:
            response = client.get(address)
            if response.status_code != 200:
                raise AssertionError(f"{address} answered {response.status_code}")

        yield get
